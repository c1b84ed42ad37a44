// Reads what follows a head: content by length, by chunks with trailers, or to the end of the connection.
import { CR, LF } from './characters.ts';
import { ChunkLine } from './chunk-line.ts';
import { Fields } from './fields.ts';
import type { Framing } from './framing.ts';
import { HeadReader } from './head-reader.ts';
import { WireError } from './wire-error.ts';

/** What a body is told to. Nothing that is told may push into the same parser. */
export interface BodySink {
  /** Octets of the content, the transfer coding taken off: a part of the pushed chunk, not a copy. */
  content(bytes: Buffer): void;
  /**
   * Bytes of the body as received, to be forwarded untouched: at most once a push where the body is chunked, right after
   * `content` and with the same bytes elsewhere. It includes the last-chunk line, not what follows it.
   */
  wire(bytes: Buffer): void;
  /** The message is complete. */
  end(trailers: Fields): void;
}

/** Limits of a trailer section: bytes of its lines, and their number. */
const trailerLimits = { startLine: 0, header: 16 * 1024, fieldCount: 64 } as const;

type State = 'idle' | 'length' | 'close' | 'chunk-line' | 'chunk-data' | 'chunk-end' | 'chunk-end-feed' | 'trailers';

/** One body after the other: `start`, then `push` until `isIdle`. */
export class BodyReader {
  readonly #sink: BodySink;
  /** Drops (or refuses) trailers that must not be there. */
  readonly #checkTrailers: (trailers: Fields, offset: number) => Fields;
  readonly #line = new ChunkLine();
  #trailers: HeadReader | undefined;
  #state: State = 'idle';
  /** Bytes left of the content or of the chunk. */
  #left = 0;
  /** Where the bytes of this push start that `wire` has not been told of; -1 where there are none to tell. */
  #wireFrom = -1;
  /** Bytes of the message before this push. */
  #offset = 0;
  /** What to add to a position in this push's chunk to make it one in the message. */
  #base = 0;
  #isAbandoned = false;

  /** Octets of content so far. */
  received = 0;
  /** Octets of content that the framing announced, where it did. */
  expected: number | undefined;

  constructor(sink: BodySink, checkTrailers: (trailers: Fields, offset: number) => Fields) {
    this.#sink = sink;
    this.#checkTrailers = checkTrailers;
  }

  get isIdle(): boolean {
    return this.#state === 'idle';
  }

  /** Tells nothing any more; the rest of the push under way is left unread. */
  abandon(): void {
    this.#isAbandoned = true;
  }

  /** A body is to come after a head of `headLength` bytes; one without content ends here and now. */
  start(framing: Framing, headLength: number): void {
    this.#offset = headLength;
    this.received = 0;
    this.expected = framing.kind === 'length' ? framing.length : undefined;
    switch (framing.kind) {
      case 'none':
        return this.#end(Fields.none);
      case 'length':
        this.#left = framing.length;
        this.#state = 'length';
        return undefined;
      case 'chunked':
        this.#line.reset();
        this.#state = 'chunk-line';
        return undefined;
      case 'close':
        this.#state = 'close';
        return undefined;
    }
  }

  /** Reads from `from` on; the position after what was read. Throws a WireError for broken chunks. */
  push(chunk: Buffer, from: number): number {
    this.#base = this.#offset - from;
    let at: number;
    if (this.#state === 'length') at = this.#pushLength(chunk, from);
    else if (this.#state === 'close') at = this.#tell(chunk, from, chunk.length);
    else at = this.#pushChunked(chunk, from);
    this.#offset += at - from;
    return at;
  }

  /** The peer ended its direction. Throws a WireError where the body is not complete. */
  finish(): void {
    if (this.#state === 'close') return this.#end(Fields.none);
    if (this.#state === 'idle') return undefined;
    const of = this.expected === undefined ? '' : ` of ${this.expected}`;
    const rule = `the message ended after ${this.received}${of} bytes of content`;
    throw new WireError(rule, 'RFC 9112 §8', this.#offset);
  }

  #end(trailers: Fields): void {
    this.#state = 'idle';
    if (!this.#isAbandoned) this.#sink.end(trailers);
  }

  /** Tells content that is at the same time the bytes as received. */
  #tell(chunk: Buffer, from: number, to: number): number {
    const bytes = part(chunk, from, to);
    this.received += bytes.length;
    this.#sink.content(bytes);
    if (!this.#isAbandoned) this.#sink.wire(bytes);
    return to;
  }

  #pushLength(chunk: Buffer, from: number): number {
    const take = Math.min(this.#left, chunk.length - from);
    this.#left -= take;
    this.#tell(chunk, from, from + take);
    if (this.#left === 0) this.#end(Fields.none);
    return from + take;
  }

  #pushChunked(chunk: Buffer, from: number): number {
    this.#wireFrom = this.#state === 'trailers' ? -1 : from;
    let at = from;
    try {
      while (at < chunk.length && this.#state !== 'idle' && !this.#isAbandoned) at = this.#chunkPart(chunk, at);
    } catch (error) {
      if (!(error instanceof WireError) || this.#state === 'trailers') throw error;
      // The same bytes have been told however they came in; offsets count from the start of the message.
      this.#flush(chunk, error.offset);
      throw new WireError(error.rule, error.clause, this.#base + error.offset, error.status);
    }
    this.#flush(chunk, at);
    return at;
  }

  #flush(chunk: Buffer, to: number): void {
    const from = this.#wireFrom;
    this.#wireFrom = -1;
    if (from >= 0 && to > from && !this.#isAbandoned) this.#sink.wire(part(chunk, from, to));
  }

  #chunkPart(chunk: Buffer, at: number): number {
    switch (this.#state) {
      case 'chunk-line':
        return this.#chunkLine(chunk, at);
      case 'chunk-data':
        return this.#chunkData(chunk, at);
      case 'trailers':
        return this.#trailerSection(chunk, at);
      default:
        return this.#chunkEnd(chunk, at);
    }
  }

  #chunkLine(chunk: Buffer, from: number): number {
    const at = this.#line.read(chunk, from);
    if (!this.#line.isDone) return at;
    this.#left = this.#line.size;
    this.#line.next();
    if (this.#left > 0) {
      this.#state = 'chunk-data';
      return at;
    }
    this.#flush(chunk, at);
    this.#state = 'trailers';
    return at;
  }

  #chunkData(chunk: Buffer, from: number): number {
    const take = Math.min(this.#left, chunk.length - from);
    this.#left -= take;
    this.received += take;
    if (this.#left === 0) this.#state = 'chunk-end';
    this.#sink.content(part(chunk, from, from + take));
    return from + take;
  }

  #chunkEnd(chunk: Buffer, at: number): number {
    const isFeed = this.#state === 'chunk-end-feed';
    if (chunk[at] !== (isFeed ? LF : CR)) {
      throw new WireError('chunk data that does not end in CRLF', 'RFC 9112 §7.1', at);
    }
    this.#state = isFeed ? 'chunk-line' : 'chunk-end-feed';
    return at + 1;
  }

  #trailerSection(chunk: Buffer, from: number): number {
    this.#trailers ??= new HeadReader('trailers', trailerLimits);
    const reader = this.#trailers;
    if (!reader.isPartial && chunk[from] === CR && chunk[from + 1] === LF) {
      this.#end(Fields.none);
      return from + 2;
    }
    // Everything of the message that lies before the trailer section.
    const before = this.#base + from - reader.received().length;
    const at = this.#scanTrailers(reader, chunk, from, before);
    if (at < 0) return chunk.length;
    const { marks, end } = reader.scanner;
    const fields = Fields.scanned(reader.take(end).toString('latin1', 0, end), marks);
    this.#end(this.#checkTrailers(fields, before));
    return at;
  }

  #scanTrailers(reader: HeadReader, chunk: Buffer, from: number, before: number): number {
    try {
      return reader.read(chunk, from);
    } catch (error) {
      if (!(error instanceof WireError)) throw error;
      throw new WireError(error.rule, error.clause, before + error.offset, error.status);
    }
  }
}

function part(chunk: Buffer, from: number, to: number): Buffer {
  return from === 0 && to === chunk.length ? chunk : chunk.subarray(from, to);
}
