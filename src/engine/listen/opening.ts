// Tells by its first byte what a client of a port speaks: HTTP/1 and HTTP/2 begin with a letter, TLS and SOCKS do not.

/** What is not text. */
export type OtherOpening = 'tls' | 'socks';

/** RFC 8446 §5.1: the type of the record that a ClientHello stands in. */
const TLS_HANDSHAKE = 0x16;
const SOCKS_4 = 4;
const SOCKS_5 = 5;

/** @param first at least one byte. */
export function openingOf(first: Buffer): OtherOpening | 'text' {
  const byte = first[0];
  if (byte === TLS_HANDSHAKE) return 'tls';
  return byte === SOCKS_4 || byte === SOCKS_5 ? 'socks' : 'text';
}
