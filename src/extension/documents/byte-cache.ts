// Keeps the contents of documents that were opened lately, up to a budget of bytes.

export class ByteCache {
  readonly #budget: number;
  /** Least recently used first. */
  readonly #entries = new Map<string, Uint8Array>();
  #bytes = 0;

  constructor(budget: number) {
    this.#budget = budget;
  }

  get bytes(): number {
    return this.#bytes;
  }

  get(key: string): Uint8Array | undefined {
    const entry = this.#entries.get(key);
    if (entry !== undefined) {
      this.#entries.delete(key);
      this.#entries.set(key, entry);
    }
    return entry;
  }

  /** The newest entry stays even when it alone is over the budget: a document is read right after it was stored. */
  set(key: string, entry: Uint8Array): void {
    this.delete(key);
    this.#entries.set(key, entry);
    this.#bytes += entry.byteLength;
    for (const [oldest] of this.#entries) {
      if (this.#bytes <= this.#budget || oldest === key) break;
      this.delete(oldest);
    }
  }

  delete(key: string): void {
    const entry = this.#entries.get(key);
    if (entry === undefined) return;
    this.#entries.delete(key);
    this.#bytes -= entry.byteLength;
  }
}
