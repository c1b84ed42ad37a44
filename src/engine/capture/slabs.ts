// The bytes of all flows: an append-only log of fixed-size slabs, kept in memory, then spilled, then dropped, oldest first.
import { Emitter } from '../../base/emitter.ts';
import type { SpillFile } from '../platform/temporary.ts';

/** Size of a slab, in memory and on disk, in bytes. */
export const slabBytes = 256 * 1024;

// Slabs written in one go: enough to keep up with a fast stream, and one thread of libuv's pool at the most.
const BATCH = 8;
// Buffers kept for reuse, since a fresh one costs its page faults.
const SPARE = 4;

/** Heads outlive bodies: when there is no room left, bodies go first. */
export type SlabKind = 'head' | 'body';

/**
 * Where the bytes of a flow lie: triples of slab id, offset in it, and length × 8 + tag. A flat array of small integers is
 * the most compact form that JavaScript has for it.
 */
export type Pieces = number[];

/** A part of a body that any thread can read without copying the store. Offsets and lengths in bytes. */
export type StoredPiece =
  | { readonly kind: 'memory'; readonly memory: SharedArrayBuffer; readonly offset: number; readonly length: number }
  | { readonly kind: 'file'; readonly descriptor: number; readonly position: number; readonly length: number };

/** Pieces that stay readable until they are released. */
export interface Lease {
  readonly pieces: readonly StoredPiece[];
  /** In bytes. */
  readonly size: number;
  release(): void;
}

/** One slab. Only this folder touches it. */
export interface Slab {
  readonly id: number;
  readonly kind: SlabKind;
  memory: Buffer | undefined;
  used: number;
  /** Pieces of flows that lie in it. */
  live: number;
  /** Readers at work. */
  pins: number;
  /** Highest number of a flow that has bytes here. */
  lastFlow: number;
  place: 'open' | 'sealed' | 'writing' | 'disk' | 'gone';
  slot: number;
}

/** What was lost for want of room, by the highest number of a flow that it concerns. */
export interface Loss {
  readonly kind: SlabKind;
  readonly lastFlow: number;
}

function smaller(one: Slab | undefined, other: Slab | undefined): Slab | undefined {
  if (one === undefined) return other;
  if (other === undefined) return one;
  return one.id < other.id ? one : other;
}

function firstOf(slabs: Set<Slab>): Slab | undefined {
  for (const slab of slabs) return slab;
  return undefined;
}

/** Memory never exceeds its budget by more than one slab; disk never exceeds its own. */
export class SlabLog {
  readonly #file: SpillFile;
  readonly #slabs = new Map<number, Slab>();
  readonly #sealed = { head: new Set<Slab>(), body: new Set<Slab>() };
  readonly #onDisk = { head: new Set<Slab>(), body: new Set<Slab>() };
  readonly #losses = new Emitter<Loss>();
  readonly #problems = new Emitter<string>();
  #head: Slab | undefined;
  #body: Slab | undefined;
  #spare: Buffer[] = [];
  #nextId = 1;
  #inMemory = 0;
  #memorySlabs = 0;
  #diskSlabs = 0;
  #freeSlots: number[] = [];
  #nextSlot = 0;
  #writing: readonly Slab[] = [];
  #failed = false;
  #disposed = false;

  /** Told at once, while a slab is being dropped: listeners must not append. */
  readonly onLoss = this.#losses.event;
  /** The spill file cannot be used any more: one sentence for the log. */
  readonly onProblem = this.#problems.event;

  /** Budgets in bytes. */
  constructor(budget: { readonly memory: number; readonly disk: number }, file: SpillFile) {
    this.#file = file;
    this.configure(budget);
  }

  /** Bytes of memory held by slabs. */
  get memoryUsed(): number {
    return this.#inMemory * slabBytes;
  }

  /** Bytes of the spill file in use. */
  get diskUsed(): number {
    return (this.#nextSlot - this.#freeSlots.length) * slabBytes;
  }

  get #canSpill(): boolean {
    return this.#diskSlabs > 0 && !this.#failed && !this.#disposed;
  }

  /** Takes new budgets (bytes). What is too much goes to disk as fast as it can be written, or is dropped. */
  configure(budget: { readonly memory: number; readonly disk: number }): void {
    this.#memorySlabs = Math.max(4, Math.floor(budget.memory / slabBytes));
    this.#diskSlabs = Math.floor(budget.disk / slabBytes);
    while (this.#nextSlot - this.#freeSlots.length > this.#diskSlabs) {
      const oldest = firstOf(this.#onDisk.body) ?? firstOf(this.#onDisk.head);
      if (oldest === undefined) break;
      this.#drop(oldest);
    }
    this.#freeSlots.sort((one, other) => other - one);
    this.#shrinkFile();
    if (this.#canSpill) this.#spill();
    else this.#dropUntilFits(this.#memorySlabs);
  }

  /** Copies `bytes[from, to)` to the end of the log. Returns how many bytes found room; the rest is not kept. */
  append(kind: SlabKind, flow: number, bytes: Buffer, from: number, to: number, pieces: Pieces, tag: number): number {
    let at = from;
    while (at < to) {
      const slab = this.#writable(kind, flow);
      if (slab === undefined) break;
      const length = Math.min(to - at, slabBytes - slab.used);
      const memory = slab.memory as Buffer;
      if (length === bytes.length) memory.set(bytes, slab.used);
      else bytes.copy(memory, slab.used, at, at + length);
      this.#note(slab, pieces, length, tag);
      at += length;
    }
    return at - from;
  }

  /** Adds `length` bytes at the end of `slab` to the pieces, joining them to the last piece where they touch. */
  #note(slab: Slab, pieces: Pieces, length: number, tag: number): void {
    const last = pieces.length - 3;
    const tail = last < 0 ? 0 : (pieces[last + 2] as number);
    if (
      last >= 0 &&
      (tail & 7) === tag &&
      pieces[last] === slab.id &&
      (pieces[last + 1] as number) + (tail >>> 3) === slab.used
    ) {
      pieces[last + 2] = tail + length * 8;
    } else {
      pieces.push(slab.id, slab.used, length * 8 + tag);
      slab.live += 1;
    }
    slab.used += length;
  }

  /** An open slab with room for at least one byte; undefined where there is no room at all at this moment. */
  #writable(kind: SlabKind, flow: number): Slab | undefined {
    let slab = kind === 'head' ? this.#head : this.#body;
    if (slab === undefined || slab.used === slabBytes) {
      if (slab !== undefined) this.#seal(slab);
      slab = this.#openSlab(kind);
      if (kind === 'head') this.#head = slab;
      else this.#body = slab;
      if (slab === undefined) return undefined;
    }
    if (flow > slab.lastFlow) slab.lastFlow = flow;
    return slab;
  }

  /** Keeps room after what was written last for more of the same body. See BodyWriter. */
  reserve(
    flow: number,
    wanted: number,
  ): { readonly slab: Slab; readonly from: number; readonly to: number } | undefined {
    const slab = this.#writable('body', flow);
    if (slab === undefined) return undefined;
    const from = slab.used;
    slab.used = Math.min(slabBytes, from + wanted);
    slab.live += 1;
    return { slab, from, to: slab.used };
  }

  /** Whether the slab of this id still holds its bytes, in memory or on disk. */
  has(id: number): boolean {
    return this.#slabs.has(id);
  }

  /** Gives up pieces: slabs that nobody needs any more are free early. */
  release(pieces: Pieces): void {
    for (let index = 0; index < pieces.length; index += 3) {
      const slab = this.#slabs.get(pieces[index] as number);
      if (slab === undefined) continue;
      slab.live -= 1;
      if (slab.live === 0 && slab.place !== 'open' && slab.place !== 'writing') this.#drop(slab);
    }
  }

  /** Forgets the open slabs too where nothing lies in them. For an emptied store. */
  trim(): void {
    for (const slab of [this.#head, this.#body]) {
      if (slab !== undefined && slab.live === 0) this.#drop(slab);
    }
    this.#shrinkFile();
  }

  /** Makes the pieces with this tag readable; undefined where a part of them was dropped. */
  lease(pieces: Pieces, tag: number): Lease | undefined {
    const pinned: Slab[] = [];
    const stored: StoredPiece[] = [];
    let size = 0;
    const release = (): void => {
      for (const slab of pinned.splice(0)) this.#unpin(slab);
    };
    for (let index = 0; index < pieces.length; index += 3) {
      const tail = pieces[index + 2] as number;
      if ((tail & 7) !== tag) continue;
      const slab = this.#slabs.get(pieces[index] as number);
      if (slab === undefined) {
        release();
        return undefined;
      }
      slab.pins += 1;
      pinned.push(slab);
      stored.push(this.#piece(slab, pieces[index + 1] as number, tail >>> 3));
      size += tail >>> 3;
    }
    return { pieces: stored, size, release };
  }

  #piece(slab: Slab, offset: number, length: number): StoredPiece {
    if (slab.memory !== undefined) {
      return { kind: 'memory', memory: slab.memory.buffer as unknown as SharedArrayBuffer, offset, length };
    }
    const descriptor = this.#file.descriptor ?? -1;
    return { kind: 'file', descriptor, position: slab.slot * slabBytes + offset, length };
  }

  /** Ends the log and its file. */
  dispose(): void {
    this.#disposed = true;
    this.#losses.dispose();
    this.#problems.dispose();
    this.#slabs.clear();
    for (const set of [this.#sealed, this.#onDisk]) {
      set.head.clear();
      set.body.clear();
    }
    this.#head = undefined;
    this.#body = undefined;
    this.#spare = [];
    this.#inMemory = 0;
    this.#file.close();
  }

  #seal(slab: Slab): void {
    if (slab.kind === 'head') this.#head = undefined;
    else this.#body = undefined;
    slab.place = 'sealed';
    if (slab.live === 0) this.#drop(slab);
    else this.#sealed[slab.kind].add(slab);
  }

  #openSlab(kind: SlabKind): Slab | undefined {
    if (this.#canSpill) {
      // The writer is behind by its whole lead: for a head an old body gives way, a body is not recorded any further.
      if (this.#inMemory > this.#memorySlabs && kind === 'head') {
        const oldest = firstOf(this.#sealed.body);
        if (oldest !== undefined) this.#drop(oldest);
      }
      if (this.#inMemory > this.#memorySlabs) return undefined;
    } else this.#dropUntilFits(this.#memorySlabs - 1);
    if (this.#disposed || this.#inMemory > this.#memorySlabs) return undefined;
    const memory = this.#spare.pop() ?? Buffer.from(new SharedArrayBuffer(slabBytes));
    const slab: Slab = {
      id: this.#nextId++,
      kind,
      memory,
      used: 0,
      live: 0,
      pins: 0,
      lastFlow: 0,
      place: 'open',
      slot: -1,
    };
    this.#inMemory += 1;
    this.#slabs.set(slab.id, slab);
    this.#spill();
    return slab;
  }

  #dropUntilFits(limit: number): void {
    while (this.#inMemory > limit) {
      const oldest = firstOf(this.#sealed.body) ?? firstOf(this.#sealed.head);
      if (oldest === undefined) return;
      this.#drop(oldest);
    }
  }

  #drop(slab: Slab): void {
    if (slab.place === 'gone') return;
    const lost = slab.live > 0;
    if (slab === this.#head) this.#head = undefined;
    if (slab === this.#body) this.#body = undefined;
    this.#sealed[slab.kind].delete(slab);
    this.#onDisk[slab.kind].delete(slab);
    this.#slabs.delete(slab.id);
    slab.place = 'gone';
    if (slab.memory !== undefined) this.#inMemory -= 1;
    if (slab.pins === 0) this.#recycle(slab);
    if (lost) this.#losses.fire({ kind: slab.kind, lastFlow: slab.lastFlow });
  }

  #recycle(slab: Slab): void {
    if (slab.memory !== undefined && this.#spare.length < SPARE && !this.#disposed) this.#spare.push(slab.memory);
    slab.memory = undefined;
    if (slab.slot >= 0) this.#freeSlots.push(slab.slot);
    slab.slot = -1;
  }

  #unpin(slab: Slab): void {
    slab.pins -= 1;
    if (slab.pins === 0 && slab.place === 'gone') this.#recycle(slab);
  }

  /**
   * Writes the oldest slabs, one write at a time, early enough that half of the memory is free for what comes meanwhile:
   * a body of the largest size may arrive faster than the disk takes it.
   */
  #spill(): void {
    if (this.#writing.length > 0 || !this.#canSpill) return;
    const lead = Math.max(1, this.#memorySlabs >> 1);
    const batch: Slab[] = [];
    while (batch.length < BATCH && this.#inMemory - batch.length > this.#memorySlabs - lead) {
      const slab = smaller(firstOf(this.#sealed.head), firstOf(this.#sealed.body));
      if (slab === undefined) break;
      const slot = this.#takeSlot();
      if (slot === undefined) break;
      const previous = batch.at(-1);
      if (previous !== undefined && slot !== previous.slot + 1) {
        this.#freeSlots.push(slot);
        break;
      }
      slab.slot = slot;
      slab.place = 'writing';
      this.#sealed[slab.kind].delete(slab);
      batch.push(slab);
    }
    const first = batch[0];
    if (first === undefined) return;
    this.#writing = batch;
    const buffers = batch.map((slab) => slab.memory as Buffer);
    this.#file.write(buffers, first.slot * slabBytes, (error) => this.#written(batch, error));
  }

  #written(batch: readonly Slab[], error: Error | undefined): void {
    this.#writing = [];
    if (this.#disposed) return;
    for (const slab of batch) {
      if (error === undefined) this.#nowOnDisk(slab);
      else this.#backInMemory(slab);
    }
    if (this.#slabs.size === 0) this.#shrinkFile();
    if (error !== undefined) this.#fail(error);
    else if (this.#canSpill) this.#spill();
    else this.#dropUntilFits(this.#memorySlabs);
  }

  #nowOnDisk(slab: Slab): void {
    const memory = slab.memory as Buffer;
    // A reader may still look at the memory: then it is left to it instead of being used again.
    if (slab.pins === 0 && this.#spare.length < SPARE) this.#spare.push(memory);
    slab.memory = undefined;
    this.#inMemory -= 1;
    slab.place = 'disk';
    this.#onDisk[slab.kind].add(slab);
    if (slab.live === 0) this.#drop(slab);
    else if (this.#nextSlot - this.#freeSlots.length > this.#diskSlabs) this.#drop(slab);
  }

  #backInMemory(slab: Slab): void {
    this.#freeSlots.push(slab.slot);
    slab.slot = -1;
    slab.place = 'sealed';
    const sealed = this.#sealed[slab.kind];
    const inOrder = [slab, ...sealed].sort((one, other) => one.id - other.id);
    sealed.clear();
    for (const one of inOrder) sealed.add(one);
    if (slab.live === 0) this.#drop(slab);
  }

  #fail(error: Error): void {
    this.#failed = true;
    this.#dropUntilFits(this.#memorySlabs);
    this.#problems.fire(
      `The temporary file for captured bodies cannot be written (${error.message}); bodies are kept in memory only.`,
    );
  }

  /** A slot of the file; where there is none left, the oldest slab on disk gives way. */
  #takeSlot(): number | undefined {
    for (;;) {
      const used = this.#nextSlot - this.#freeSlots.length;
      if (used < this.#diskSlabs) return this.#freeSlots.pop() ?? this.#nextSlot++;
      const oldest = firstOf(this.#onDisk.body) ?? firstOf(this.#onDisk.head);
      if (oldest === undefined) return undefined;
      this.#drop(oldest);
    }
  }

  /** Gives the end of the file back to the system where only free slots are left there. */
  #shrinkFile(): void {
    if (this.#writing.length > 0 || this.#nextSlot === 0) return;
    const free = new Set(this.#freeSlots);
    let end = this.#nextSlot;
    while (end > 0 && free.delete(end - 1)) end -= 1;
    if (end === this.#nextSlot) return;
    this.#nextSlot = end;
    this.#freeSlots = [...free].sort((one, other) => other - one);
    this.#file.truncate(end * slabBytes);
  }
}
