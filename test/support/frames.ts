// Frames of HTTP/2 byte by byte, for what no library sends.

export const PREFACE = Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', 'latin1');

/** A frame (RFC 9113 §4.1). */
export function frame(type: number, flags: number, stream: number, payload: Buffer = Buffer.alloc(0)): Buffer {
  const head9 = Buffer.alloc(9);
  head9.writeUIntBE(payload.length, 0, 3);
  head9.writeUInt8(type, 3);
  head9.writeUInt8(flags, 4);
  head9.writeUInt32BE(stream, 5);
  return Buffer.concat([head9, payload]);
}

/** A field line of HPACK without indexing (RFC 7541 §6.2.2); names and values below 127 bytes. */
export function line(name: string, value: string): Buffer {
  const text = (one: string): Buffer => Buffer.concat([Buffer.from([one.length]), Buffer.from(one, 'latin1')]);
  return Buffer.concat([Buffer.from([0]), text(name), text(value)]);
}

export const SETTINGS = frame(4, 0, 0);

/** The header block of a GET. */
export function request(authority: string, ...more: readonly Buffer[]): Buffer {
  const start = [line(':method', 'GET'), line(':scheme', 'http'), line(':path', '/'), line(':authority', authority)];
  return Buffer.concat([...start, ...more]);
}
