// Reads one chunk-size line with its extensions (RFC 9112 §7.1), octet by octet, strict, resumable after any octet.
import {
  BACKSLASH,
  CR,
  EQUALS,
  LF,
  QUOTE,
  SEMICOLON,
  hexadecimalValues,
  skip,
  tokenOctets,
  valueOctets,
} from './characters.ts';
import { WireError } from './wire-error.ts';

/** Bytes of one chunk-size line at most, without its line end. */
const chunkLineLimit = 1024;

/** Bytes of all chunk extensions of a message at most: they carry nothing that anybody reads. */
const chunkExtensionsLimit = 16 * 1024;

type State =
  | 'size'
  | 'name-start'
  | 'name'
  | 'value-start'
  | 'value'
  | 'quoted'
  | 'escaped'
  | 'after-quoted'
  | 'line-feed'
  | 'done';

/** One line after the other: `read` until `isDone`, then `size`, then `next`. */
export class ChunkLine {
  /** Bytes in the chunk. */
  size = 0;
  #state: State = 'size';
  #digits = 0;
  /** Bytes of this line so far, and of its extensions. */
  #length = 0;
  #extensions = 0;

  get isDone(): boolean {
    return this.#state === 'done';
  }

  /** Ready for the next line of the same message. */
  next(): void {
    this.size = 0;
    this.#state = 'size';
    this.#digits = 0;
    this.#length = 0;
  }

  /** Ready for the first line of another message. */
  reset(): void {
    this.next();
    this.#extensions = 0;
  }

  /**
   * Reads from `from` on; the position after what was read. Where a rule is broken it throws a WireError whose offset
   * is the position in `bytes`.
   */
  read(bytes: Uint8Array, from: number): number {
    let at = from;
    while (at < bytes.length && this.#state !== 'done') {
      if (this.#state === 'size') at = this.#size(bytes, at);
      else if (this.#state === 'line-feed') at = this.#lineFeed(bytes, at);
      else at = this.#extension(bytes, at);
    }
    return at;
  }

  #size(bytes: Uint8Array, from: number): number {
    let at = from;
    while (at < bytes.length) {
      const digit = hexadecimalValues[bytes[at] as number] as number;
      if (digit < 0) break;
      this.#digits += 1;
      this.size = this.size * 16 + digit;
      if (this.#digits > 16 || this.size > Number.MAX_SAFE_INTEGER) {
        throw new WireError('a chunk size that is too large', 'RFC 9112 §7.1', at, 413);
      }
      at += 1;
    }
    if (at === bytes.length) return at;
    const octet = bytes[at];
    if (this.#digits === 0) throw new WireError('a chunk without a hexadecimal size', 'RFC 9112 §7.1', at);
    if (octet !== CR && octet !== SEMICOLON) throw badChunkLine(octet, at, 'the chunk size');
    this.#length = this.#digits;
    return this.#delimiter(bytes, at);
  }

  /** Reads `;`, `=` or CR: what ends one part of the line and starts another. */
  #delimiter(bytes: Uint8Array, at: number): number {
    const octet = bytes[at];
    if (octet === CR) this.#state = 'line-feed';
    else this.#state = octet === SEMICOLON ? 'name-start' : 'value-start';
    if (octet !== CR) this.#count(1, at);
    return at + 1;
  }

  #lineFeed(bytes: Uint8Array, at: number): number {
    if (bytes[at] !== LF) throw new WireError('CR without LF in a chunk size line', 'RFC 9112 §7.1', at);
    this.#state = 'done';
    return at + 1;
  }

  #extension(bytes: Uint8Array, from: number): number {
    switch (this.#state) {
      case 'name-start':
      case 'name':
        return this.#token(bytes, from, 'name');
      case 'value-start':
        if (bytes[from] === QUOTE) {
          this.#state = 'quoted';
          this.#count(1, from);
          return from + 1;
        }
        return this.#token(bytes, from, 'value');
      case 'value':
        return this.#token(bytes, from, 'value');
      case 'after-quoted':
        if (bytes[from] !== CR && bytes[from] !== SEMICOLON) throw badChunkLine(bytes[from], from, 'a chunk extension');
        return this.#delimiter(bytes, from);
      default:
        return this.#quoted(bytes, from);
    }
  }

  #token(bytes: Uint8Array, from: number, part: 'name' | 'value'): number {
    const at = this.#skip(bytes, from, tokenOctets);
    if (at > from) this.#state = part;
    if (at === bytes.length) return at;
    const octet = bytes[at];
    const ends = octet === CR || octet === SEMICOLON || (octet === EQUALS && part === 'name');
    if (this.#state !== part || !ends) throw badChunkLine(octet, at, 'a chunk extension');
    return this.#delimiter(bytes, at);
  }

  #quoted(bytes: Uint8Array, from: number): number {
    let at = from;
    while (at < bytes.length) {
      const octet = bytes[at] as number;
      if (valueOctets[octet] === 0) throw badChunkLine(octet, at, 'a chunk extension');
      this.#count(1, at);
      at += 1;
      if (this.#state === 'escaped') this.#state = 'quoted';
      else if (octet === BACKSLASH) this.#state = 'escaped';
      else if (octet === QUOTE) {
        this.#state = 'after-quoted';
        return at;
      }
    }
    return at;
  }

  /** Skips octets of the table, and notices the limits at the first octet beyond them. */
  #skip(bytes: Uint8Array, from: number, table: Uint8Array): number {
    const left = Math.min(chunkLineLimit - this.#length, chunkExtensionsLimit - this.#extensions);
    const at = skip(bytes, from, Math.min(bytes.length, from + left + 1), table);
    this.#count(at - from, at - 1);
    return at;
  }

  #count(octets: number, at: number): void {
    this.#length += octets;
    this.#extensions += octets;
    if (this.#length > chunkLineLimit) {
      throw new WireError(`a chunk size line of more than ${chunkLineLimit} bytes`, 'RFC 9112 §7.1.1', at, 413);
    }
    if (this.#extensions > chunkExtensionsLimit) {
      throw new WireError(`more than ${chunkExtensionsLimit} bytes of chunk extensions`, 'RFC 9112 §7.1.1', at, 413);
    }
  }
}

function badChunkLine(octet: number | undefined, at: number, where: string): WireError {
  if (octet === LF) return new WireError('LF without CR in a chunk size line', 'RFC 9112 §7.1', at);
  return new WireError(`a character in ${where} that must not be there`, 'RFC 9112 §7.1', at);
}
