// The content of an HTTP/2 stream as HTTP/1.1 would carry it: chunks where its length is unknown, else held to the announced one.
import type { Fields } from './fields.ts';
import type { Framing } from './framing.ts';
import { WireError } from './wire-error.ts';
import { writeChunkSize } from './writer.ts';

/** Gets the octets of the content, then the same with their framing, then the end. */
export interface ContentSink {
  content(bytes: Buffer): void;
  wire(bytes: Buffer): void;
  end(trailers: Fields): void;
}

const CRLF = Buffer.from('\r\n', 'latin1');
const LAST_CHUNK = Buffer.from('0\r\n', 'latin1');

/** One message's content. After a thrown WireError nothing more may be given. */
export class Http2Content {
  readonly #framing: Framing;
  readonly #sink: ContentSink;
  #received = 0;

  constructor(framing: Framing, sink: ContentSink) {
    this.#framing = framing;
    this.#sink = sink;
  }

  /** Octets so far. */
  get received(): number {
    return this.#received;
  }

  /** Octets of DATA frames. Throws a WireError where there are more than announced (RFC 9113 §8.1.1). */
  data(bytes: Buffer): void {
    if (bytes.length === 0) return;
    const framing = this.#framing;
    this.#received += bytes.length;
    if (this.#received > lengthOf(framing)) throw new WireError('more content than announced', 'RFC 9113 §8.1.1');
    this.#sink.content(bytes);
    if (framing.kind !== 'chunked') this.#sink.wire(bytes);
    else this.#sink.wire(Buffer.concat([Buffer.from(writeChunkSize(bytes.length), 'latin1'), bytes, CRLF]));
  }

  /** The stream has ended. Throws a WireError where there was less than announced. */
  end(trailers: Fields): void {
    const framing = this.#framing;
    if (framing.kind === 'length' && this.#received < framing.length) {
      throw new WireError('less content than announced', 'RFC 9113 §8.1.1');
    }
    if (framing.kind === 'chunked') this.#sink.wire(LAST_CHUNK);
    this.#sink.end(trailers);
  }
}

function lengthOf(framing: Framing): number {
  if (framing.kind === 'length') return framing.length;
  return framing.kind === 'none' ? 0 : Infinity;
}
