// Writes one body into the slabs as it comes, with room kept for more, so that many small pieces become few large ones.
import { slabBytes, type Pieces, type Slab, type SlabLog } from './slabs.ts';

const LARGEST_RESERVATION = 64 * 1024;

/**
 * The first bytes get exactly their room, since most bodies are one piece; each further room is as large as what came
 * before. So the number of pieces grows with the logarithm of a body's size, however it is chopped up and mixed with others.
 */
export class BodyWriter {
  readonly #log: SlabLog;
  readonly #flow: number;
  readonly #pieces: Pieces;
  readonly #tag: number;
  #slab: Slab | undefined;
  #end = 0;
  #limit = 0;
  #piece = -1;
  #first = 0;
  #kept = 0;

  constructor(log: SlabLog, flow: number, pieces: Pieces, tag: number) {
    this.#log = log;
    this.#flow = flow;
    this.#pieces = pieces;
    this.#tag = tag;
  }

  /** Bytes written so far. */
  get kept(): number {
    return this.#kept;
  }

  /** Copies the first `length` bytes. Returns how many found room; after a shortfall the body must not go on. */
  write(bytes: Buffer, length: number): number {
    let at = 0;
    while (at < length) {
      const slab = this.#room(length - at);
      if (slab === undefined) break;
      const count = Math.min(length - at, this.#limit - this.#end);
      const memory = slab.memory as Buffer;
      if (count === bytes.length) memory.set(bytes, this.#end);
      else bytes.copy(memory, this.#end, at, at + count);
      this.#pieces[this.#piece] = (this.#pieces[this.#piece] as number) + count * 8;
      this.#end += count;
      at += count;
    }
    this.#kept += at;
    return at;
  }

  /** Gives back room that was not used, where nobody has written after it. */
  end(): void {
    const slab = this.#slab;
    this.#slab = undefined;
    if (slab !== undefined && slab.place === 'open' && slab.used === this.#limit) slab.used = this.#end;
  }

  #room(wanted: number): Slab | undefined {
    const slab = this.#slab;
    if (slab !== undefined && (slab.place === 'open' || slab.place === 'sealed')) {
      if (this.#end < this.#limit) return slab;
      if (slab.place === 'open' && slab.used === this.#limit && slab.used < slabBytes) {
        this.#limit = Math.min(slabBytes, this.#limit + wanted);
        slab.used = this.#limit;
        return slab;
      }
    }
    return this.#reserve(wanted);
  }

  #reserve(wanted: number): Slab | undefined {
    // What follows a part that was dropped is of no use.
    if (this.#kept > 0 && !this.#log.has(this.#first)) return undefined;
    const size = this.#kept === 0 ? wanted : Math.max(wanted, Math.min(LARGEST_RESERVATION, this.#kept));
    const room = this.#log.reserve(this.#flow, size);
    this.#slab = room?.slab;
    if (room === undefined) return undefined;
    if (this.#first === 0) this.#first = room.slab.id;
    this.#end = room.from;
    this.#limit = room.to;
    this.#pieces.push(room.slab.id, room.from, this.#tag);
    this.#piece = this.#pieces.length - 1;
    return room.slab;
  }
}
