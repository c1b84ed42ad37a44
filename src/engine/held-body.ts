// A message body on its way: held until somebody takes it, then passed on piece by piece.
import type { Fields } from '../http/fields.ts';

/** Where the bytes of a body go. `wire` follows `content` for the same bytes, with their framing. */
export interface BodySink {
  content(bytes: Buffer): void;
  wire(bytes: Buffer): void;
  end(trailers: Fields): void;
}

type Piece = { readonly kind: 'content' | 'wire'; readonly bytes: Buffer };

/** Whoever feeds it pauses the source when `heldBytes` grows too large. */
export class HeldBody {
  #pieces: Piece[] = [];
  #heldBytes = 0;
  #sink: BodySink | undefined;
  #trailers: Fields | undefined;

  /** Bytes with their framing that wait for a taker. */
  get heldBytes(): number {
    return this.#heldBytes;
  }

  /** Whether the last byte has come. */
  get complete(): boolean {
    return this.#trailers !== undefined;
  }

  /** Gives what has come to `sink`, and from now on what comes. */
  attach(sink: BodySink): void {
    const pieces = this.#pieces;
    this.#pieces = [];
    this.#heldBytes = 0;
    this.#sink = sink;
    for (const { kind, bytes } of pieces) sink[kind](bytes);
    if (this.#trailers !== undefined) sink.end(this.#trailers);
  }

  content(bytes: Buffer): void {
    if (this.#sink === undefined) this.#pieces.push({ kind: 'content', bytes });
    else this.#sink.content(bytes);
  }

  wire(bytes: Buffer): void {
    if (this.#sink !== undefined) {
      this.#sink.wire(bytes);
      return;
    }
    this.#pieces.push({ kind: 'wire', bytes });
    this.#heldBytes += bytes.length;
  }

  end(trailers: Fields): void {
    this.#trailers = trailers;
    this.#sink?.end(trailers);
  }
}
