// Finds where responses end in what a connection delivers, with as little work as correctness allows.

export interface ResponseEvents {
  /** A piece of a body, as it came, without chunk framing. */
  body?(piece: Buffer): void;
  /** A whole response has arrived. */
  end(status: number): void;
}

type State = 'head' | 'length' | 'chunk-line' | 'chunk-data' | 'trailers' | 'until-close';

const headEnd = Buffer.from('\r\n\r\n');
const lineEnd = Buffer.from('\r\n');

/** Reads answers to GET and CONNECT, framed as RFC 9112 §6 says. Throws where the bytes are no HTTP. */
export class ResponseReader {
  readonly #events: ResponseEvents;
  #state: State = 'head';
  #status = 0;
  /** Bytes of the body, or of the chunk with its line end, that are still to come. */
  #left = 0;
  #held: Buffer | undefined;

  constructor(events: ResponseEvents) {
    this.#events = events;
  }

  push(piece: Buffer): void {
    let rest = this.#held === undefined ? piece : Buffer.concat([this.#held, piece]);
    this.#held = undefined;
    while (rest.length > 0) {
      const used = this.#step(rest);
      if (used === 0) {
        // A reused buffer of the socket must not be kept.
        this.#held = Buffer.from(rest);
        return;
      }
      rest = rest.subarray(used);
    }
  }

  /** The connection was closed: says whether that was the proper end of a body or of everything. */
  close(): boolean {
    if (this.#state === 'until-close') {
      this.#finish();
      return true;
    }
    return this.#state === 'head' && this.#held === undefined;
  }

  /** Takes what it can from the beginning and says how many bytes that was; 0 asks for more. */
  #step(bytes: Buffer): number {
    switch (this.#state) {
      case 'head':
        return this.#head(bytes);
      case 'length':
        return this.#data(bytes);
      case 'chunk-data':
        return this.#chunkData(bytes);
      case 'chunk-line':
        return this.#chunkLine(bytes);
      case 'trailers':
        return this.#trailers(bytes);
      case 'until-close':
        this.#events.body?.(bytes);
        return bytes.length;
    }
  }

  #head(bytes: Buffer): number {
    const end = bytes.indexOf(headEnd);
    if (end < 0) return 0;
    const text = bytes.toString('latin1', 0, end + 2);
    const status = Number(/^HTTP\/1\.[01] (\d{3})/.exec(text)?.[1]);
    if (!Number.isInteger(status)) throw new Error(`no status line: ${text.slice(0, 80)}`);
    this.#status = status;
    const used = end + headEnd.length;
    if (status < 200) return used;
    this.#expectBody(text, status);
    return used;
  }

  #expectBody(head: string, status: number): void {
    const length = /\r\ncontent-length:[ \t]*(\d+)/i.exec(head)?.[1];
    if (/\r\ntransfer-encoding:[^\r]*chunked/i.test(head)) this.#state = 'chunk-line';
    else if (status === 204 || status === 304 || length === '0') this.#finish();
    else if (length === undefined) this.#state = 'until-close';
    else {
      this.#left = Number(length);
      this.#state = 'length';
    }
  }

  #data(bytes: Buffer): number {
    const taken = Math.min(this.#left, bytes.length);
    this.#events.body?.(taken === bytes.length ? bytes : bytes.subarray(0, taken));
    this.#left -= taken;
    if (this.#left === 0) this.#finish();
    return taken;
  }

  #chunkLine(bytes: Buffer): number {
    const end = bytes.indexOf(lineEnd);
    if (end < 0) return 0;
    const size = Number.parseInt(bytes.toString('latin1', 0, end), 16);
    if (!Number.isFinite(size)) throw new Error('no chunk size');
    this.#left = size + lineEnd.length;
    this.#state = size === 0 ? 'trailers' : 'chunk-data';
    return end + lineEnd.length;
  }

  #chunkData(bytes: Buffer): number {
    const taken = Math.min(this.#left, bytes.length);
    const content = Math.min(taken, Math.max(0, this.#left - lineEnd.length));
    if (content > 0) this.#events.body?.(bytes.subarray(0, content));
    this.#left -= taken;
    if (this.#left === 0) this.#state = 'chunk-line';
    return taken;
  }

  #trailers(bytes: Buffer): number {
    const end = bytes.indexOf(lineEnd);
    if (end < 0) return 0;
    if (end === 0) this.#finish();
    return end + lineEnd.length;
  }

  #finish(): void {
    this.#state = 'head';
    this.#events.end(this.#status);
  }
}
