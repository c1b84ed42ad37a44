// Gathers a head that may come in pieces, and scans it: without a copy where it comes in one.
import { HeadScanner, type ParserLimits, type ScanKind } from './head-scanner.ts';

/** One head (or trailer section) after the other. */
export class HeadReader {
  readonly scanner: HeadScanner;
  /** Bytes that are kept at most: what goes beyond has broken a limit before. */
  readonly capacity: number;
  /** How many bytes of the head there were before the chunk that was read last. */
  before = 0;
  /** The pieces so far, where the head did not come in one; else the chunk that it is in. */
  #bytes: Buffer = nothing;
  #length = 0;
  #isOwn = false;

  constructor(kind: ScanKind, limits: ParserLimits) {
    this.scanner = new HeadScanner(kind, limits);
    this.capacity = limits.startLine + limits.header + 8;
  }

  /** True while some bytes of a head, but not all, have been read. */
  get isPartial(): boolean {
    return this.#length > 0;
  }

  /** The bytes of the unfinished or refused head that are known so far. */
  received(): Buffer {
    return this.#bytes.subarray(0, this.#length);
  }

  /**
   * Reads on from `from` in the chunk. The position after the head once it is complete (`take` then gives its bytes),
   * -1 where more is needed and all of the chunk was read. Throws a WireError.
   */
  read(chunk: Buffer, from: number): number {
    if (!this.#isOwn) {
      this.#bytes = from === 0 ? chunk : chunk.subarray(from);
      this.#length = this.#bytes.length;
      this.before = 0;
      if (this.scanner.scan(this.#bytes, this.#length)) return from + this.scanner.end;
      this.keep();
      return -1;
    }
    this.gather(chunk, from);
    return this.scanner.scan(this.#bytes, this.#length) ? from + this.scanner.end - this.before : -1;
  }

  /** Adds the chunk without scanning it. */
  gather(chunk: Buffer, from: number): void {
    this.keep();
    const before = this.#length;
    const wanted = Math.min(chunk.length - from, this.capacity - before);
    if (before + wanted > this.#bytes.length) {
      const grown = Buffer.allocUnsafe(Math.min(this.capacity, Math.max(1024, 2 * (before + wanted))));
      this.#bytes.copy(grown, 0, 0, before);
      this.#bytes = grown;
    }
    chunk.copy(this.#bytes, before, from, from + wanted);
    this.#length = before + wanted;
    this.before = before;
  }

  /** True where no more bytes are kept. */
  get isFull(): boolean {
    return this.#length >= this.capacity;
  }

  /** Gives the first `length` bytes away and is ready for the next head. The marks stay with whoever has taken them. */
  take(length: number): Buffer {
    const bytes = length === this.#bytes.length ? this.#bytes : this.#bytes.subarray(0, length);
    this.#bytes = nothing;
    this.#length = 0;
    this.#isOwn = false;
    this.scanner.reset();
    return bytes;
  }

  /** Copies the piece so far, so that a slow peer does not hold on to the large buffers that its bytes came in. */
  keep(): void {
    if (this.#isOwn) return;
    const length = Math.min(this.#length, this.capacity);
    const own = Buffer.allocUnsafeSlow(Math.min(this.capacity, Math.max(1024, 2 * length)));
    this.#bytes.copy(own, 0, 0, length);
    this.#bytes = own;
    this.#length = length;
    this.#isOwn = true;
  }
}

const nothing = Buffer.alloc(0);
