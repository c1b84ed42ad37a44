// Reads the name and the protocols that a TLS client asks for out of its first bytes (RFC 8446 §4.1.2), however they are cut.

/** What the ClientHello says to everybody who listens. */
export interface ClientHello {
  /** Lower case; undefined where none was sent (RFC 6066 §3). */
  readonly serverName?: string;
  /** ALPN in the client's order (RFC 7301 §3.1), latin1. */
  readonly protocols: readonly string[];
}

export type HelloReading =
  | { readonly kind: 'hello'; readonly hello: ClientHello }
  /** Too few bytes so far. */
  | { readonly kind: 'more' }
  /** No ClientHello, or one beyond all measure. */
  | { readonly kind: 'other' };

const HANDSHAKE_RECORD = 0x16;
const CLIENT_HELLO = 1;
const RECORD_HEAD = 5;
const MESSAGE_HEAD = 4;
/** RFC 8446 §5.1. */
const LONGEST_RECORD = 16_384;
/** More than any client sends, key shares of post-quantum methods counted in; in bytes. */
const LONGEST_HELLO = 65_536;
const SERVER_NAME = 0;
const PROTOCOLS = 16;

class Malformed extends Error {}

/** Reads numbers and vectors one after the other; what is cut short is malformed. */
class Reader {
  readonly #bytes: Buffer;
  #at = 0;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  get done(): boolean {
    return this.#at >= this.#bytes.length;
  }

  number(size: 1 | 2): number {
    return this.take(size).readUIntBE(0, size);
  }

  take(size: number): Buffer {
    const end = this.#at + size;
    if (end > this.#bytes.length) throw new Malformed();
    const taken = this.#bytes.subarray(this.#at, end);
    this.#at = end;
    return taken;
  }

  /** A vector with its length before it (RFC 8446 §3.4). */
  vector(sizeOfLength: 1 | 2): Buffer {
    return this.take(this.number(sizeOfLength));
  }
}

/** @param bytes all that came so far, from the first byte on. */
export function readClientHello(bytes: Buffer): HelloReading {
  const message = joinRecords(bytes);
  if (message === 'other') return { kind: 'other' };
  if (message.length > 0 && message[0] !== CLIENT_HELLO) return { kind: 'other' };
  if (message.length < MESSAGE_HEAD) return { kind: 'more' };
  const size = message.readUIntBE(1, 3);
  if (size > LONGEST_HELLO) return { kind: 'other' };
  if (message.length < MESSAGE_HEAD + size) return { kind: 'more' };
  try {
    return { kind: 'hello', hello: parse(message.subarray(MESSAGE_HEAD, MESSAGE_HEAD + size)) };
  } catch (error) {
    if (error instanceof Malformed) return { kind: 'other' };
    throw error;
  }
}

/** The content of the records, as far as it has come: a message may be spread over several (RFC 8446 §5.1). */
function joinRecords(bytes: Buffer): Buffer | 'other' {
  const contents: Buffer[] = [];
  let at = 0;
  while (at < bytes.length) {
    if (bytes[at] !== HANDSHAKE_RECORD) return contents.length > 0 ? Buffer.concat(contents) : 'other';
    if (at + 1 < bytes.length && bytes[at + 1] !== 3) return 'other';
    if (at + RECORD_HEAD > bytes.length) break;
    const length = bytes.readUInt16BE(at + 3);
    if (length === 0 || length > LONGEST_RECORD) return 'other';
    contents.push(bytes.subarray(at + RECORD_HEAD, at + RECORD_HEAD + length));
    at += RECORD_HEAD + length;
  }
  return contents.length === 1 ? (contents[0] as Buffer) : Buffer.concat(contents);
}

function parse(body: Buffer): ClientHello {
  const reader = new Reader(body);
  // Version and random.
  reader.take(2 + 32);
  // Session id, cipher suites, compression methods.
  reader.vector(1);
  reader.vector(2);
  reader.vector(1);
  let serverName: string | undefined;
  let protocols: readonly string[] = [];
  const extensions = new Reader(reader.done ? Buffer.alloc(0) : reader.vector(2));
  while (!extensions.done) {
    const type = extensions.number(2);
    const content = extensions.vector(2);
    if (type === SERVER_NAME) serverName = nameIn(new Reader(content));
    else if (type === PROTOCOLS) protocols = protocolsIn(new Reader(content));
  }
  return serverName === undefined ? { protocols } : { serverName, protocols };
}

/** RFC 6066 §3: a list in which only host names (type 0) exist. What is no name is left out, as if none was sent. */
function nameIn(extension: Reader): string | undefined {
  const list = new Reader(extension.vector(2));
  while (!list.done) {
    const type = list.number(1);
    const name = list.vector(2).toString('latin1').toLowerCase();
    if (type === 0) return /^[a-z0-9_]([a-z0-9._-]{0,253})$/.test(name) ? name.replace(/\.$/, '') : undefined;
  }
  return undefined;
}

function protocolsIn(extension: Reader): readonly string[] {
  const list = new Reader(extension.vector(2));
  const found: string[] = [];
  while (!list.done) found.push(list.vector(1).toString('latin1'));
  return found;
}
