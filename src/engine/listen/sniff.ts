// Tells from the first bytes of a connection what is spoken on it.

/** `more`: too few bytes to tell. */
export type Spoken = 'http/1' | 'http/2' | 'tls' | 'bytes' | 'more';

const PREFACE = 'PRI * HTTP/2.0';
// The type of a TLS record that opens a connection.
const HANDSHAKE = 0x16;
const LONGEST_METHOD = 24;
const METHOD_SO_FAR = /^[A-Z][A-Z-]*(?: |$)/;
// What may follow the method and its space: a path, `*`, or an absolute URL. Any word would do for IRC and SMTP too.
const TARGET_STARTS = ['/', '*', 'http://', 'https://'];
const LONGEST_START = 8;

/** Looks at the first bytes; decides as soon as they can mean only one thing. */
export function sniff(first: Buffer): Spoken {
  if (first.length === 0) return 'more';
  return first[0] === HANDSHAKE
    ? sniffTls(first)
    : sniffText(first.toString('latin1', 0, LONGEST_METHOD + 1 + LONGEST_START));
}

/** RFC 8446 §5.1: the record's version is 3.something. */
function sniffTls(first: Buffer): Spoken {
  if (first.length < 2) return 'more';
  return first[1] === 0x03 ? 'tls' : 'bytes';
}

/** Whether a server opens with the SETTINGS frame of HTTP/2, which may come before its client says anything (RFC 9113 §3.4). */
export function opensHttp2(first: Buffer): boolean {
  const isSettings = first.length >= 9 && first[3] === 0x04 && first[4] === 0 && first.readUInt32BE(5) === 0;
  return isSettings && first.readUIntBE(0, 3) % 6 === 0;
}

function sniffText(text: string): Spoken {
  if (text.startsWith(PREFACE)) return 'http/2';
  if (PREFACE.startsWith(text)) return 'more';
  // A tunnel inside the tunnel is the business of the proxy at its end; its target matches none of the starts.
  if (!METHOD_SO_FAR.test(text)) return 'bytes';
  const space = text.indexOf(' ');
  if (space < 0) return text.length > LONGEST_METHOD ? 'bytes' : 'more';
  const target = text.slice(space + 1).toLowerCase();
  if (TARGET_STARTS.some((start) => target.startsWith(start))) return 'http/1';
  return TARGET_STARTS.some((start) => start.startsWith(target)) ? 'more' : 'bytes';
}
