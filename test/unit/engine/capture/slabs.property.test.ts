// Random operations on the slab log against a simple model, with the byte budgets checked after every step.
import assert from 'node:assert/strict';
import fc from 'fast-check';
import { BodyWriter } from '../../../../src/engine/capture/body-writer.ts';
import { SlabLog, slabBytes, type Pieces, type StoredPiece } from '../../../../src/engine/capture/slabs.ts';
import { MemoryFile } from './memory-file.ts';

const MEBIBYTE = 1024 * 1024;
const HEAD = 1;
const BODY = 3;

/** What the model knows of a flow. */
interface Expected {
  readonly number: number;
  readonly pieces: Pieces;
  readonly writer: BodyWriter;
  head: Buffer;
  body: Buffer;
  cut: boolean;
}

class World {
  readonly file = new MemoryFile();
  readonly log: SlabLog;
  budget = { memory: 4 * MEBIBYTE, disk: 2 * MEBIBYTE };
  #flows: Expected[] = [];
  #next = 1;
  /** The largest use of memory that is allowed while a smaller budget is being reached. */
  #allowed = 0;

  constructor() {
    this.log = new SlabLog(this.budget, this.file);
    this.log.onLoss(({ kind, lastFlow }) => {
      if (kind === 'head') this.evict((flow) => flow.number <= lastFlow);
    });
  }

  begin(size: number): void {
    const number = this.#next++;
    const pieces: Pieces = [];
    const writer = new BodyWriter(this.log, number, pieces, BODY);
    const flow: Expected = { number, pieces, writer, head: filled(number, size), body: Buffer.alloc(0), cut: false };
    this.#flows.push(flow);
    const kept = this.log.append('head', number, flow.head, 0, size, pieces, HEAD);
    flow.head = flow.head.subarray(0, kept);
    this.#afterWrite(flow);
  }

  write(choice: number, size: number): void {
    const flow = this.#flows[choice % Math.max(1, this.#flows.length)];
    if (flow === undefined || flow.cut) return;
    const bytes = filled(flow.number + flow.body.length, size);
    const kept = flow.writer.write(bytes, size);
    flow.body = Buffer.concat([flow.body, bytes.subarray(0, kept)]);
    flow.cut = kept < size;
    this.#afterWrite(flow);
  }

  end(choice: number): void {
    const flow = this.#flows[choice % Math.max(1, this.#flows.length)];
    if (flow === undefined) return;
    flow.writer.end();
    flow.cut = true;
  }

  evict(which: (flow: Expected) => boolean): void {
    const gone = this.#flows.filter(which);
    this.#flows = this.#flows.filter((flow) => !gone.includes(flow));
    for (const flow of gone) this.log.release(flow.pieces.splice(0));
  }

  evictOldest(count: number): void {
    const last = this.#flows[count]?.number ?? Number.POSITIVE_INFINITY;
    this.evict((flow) => flow.number < last);
  }

  configure(memory: number, disk: number): void {
    this.#allowed = Math.max(this.#allowed, this.log.memoryUsed);
    this.budget = { memory: memory * MEBIBYTE, disk: disk * MEBIBYTE };
    this.log.configure(this.budget);
  }

  check(): void {
    const most = this.budget.memory + slabBytes;
    if (this.log.memoryUsed <= most) this.#allowed = 0;
    assert.ok(this.log.memoryUsed <= Math.max(most, this.#allowed), `memory ${this.log.memoryUsed}`);
    // Slots of a write under way are taken before its bytes count as on disk.
    assert.ok(
      this.log.diskUsed <= this.budget.disk + (this.file.pending > 0 ? 8 * slabBytes : 0),
      `disk ${this.log.diskUsed}`,
    );
    for (const flow of this.#flows) {
      this.#compare(flow.pieces, HEAD, flow.head);
      this.#compare(flow.pieces, BODY, flow.body);
    }
  }

  finish(): void {
    this.evict(() => true);
    this.file.settle();
    this.log.trim();
    assert.deepEqual([this.log.memoryUsed, this.log.diskUsed, this.file.bytes.length], [0, 0, 0]);
  }

  /** A flow that was pushed out while it wrote gives its last piece up too, as the recorder does. */
  #afterWrite(flow: Expected): void {
    if (!this.#flows.includes(flow)) this.log.release(flow.pieces.splice(0));
  }

  #compare(pieces: Pieces, tag: number, expected: Buffer): void {
    const lease = this.log.lease(pieces, tag);
    // A part was dropped: that is allowed at any time, showing other bytes never is.
    if (lease === undefined) return;
    const bytes = Buffer.concat(lease.pieces.map((piece) => this.#bytesOf(piece)));
    lease.release();
    assert.ok(bytes.equals(expected), `${bytes.length} bytes instead of ${expected.length}, or other ones`);
  }

  #bytesOf(piece: StoredPiece): Uint8Array {
    if (piece.kind === 'memory') return new Uint8Array(piece.memory, piece.offset, piece.length);
    return this.file.bytes.subarray(piece.position, piece.position + piece.length);
  }
}

function filled(seed: number, size: number): Buffer {
  return Buffer.alloc(size, `${seed}.`);
}

describe('a slab log, whatever happens to it', () => {
  const operation = fc.oneof(
    { weight: 4, arbitrary: fc.nat({ max: 9000 }).map((size) => (world: World) => world.begin(size + 1)) },
    {
      weight: 8,
      arbitrary: fc.tuple(fc.nat(), fc.oneof(fc.nat({ max: 3000 }), fc.nat({ max: 700_000 }))).map(
        ([choice, size]) =>
          (world: World) =>
            world.write(choice, size),
      ),
    },
    { weight: 2, arbitrary: fc.nat().map((choice) => (world: World) => world.end(choice)) },
    { weight: 4, arbitrary: fc.constant((world: World) => world.file.step()) },
    { weight: 1, arbitrary: fc.constant((world: World) => world.file.settle()) },
    { weight: 1, arbitrary: fc.nat({ max: 5 }).map((count) => (world: World) => world.evictOldest(count)) },
    {
      weight: 1,
      arbitrary: fc.tuple(fc.integer({ min: 4, max: 6 }), fc.nat({ max: 3 })).map(
        ([memory, disk]) =>
          (world: World) =>
            world.configure(memory, disk),
      ),
    },
  );

  it('keeps its budgets, never shows other bytes, and ends empty', () => {
    fc.assert(
      fc.property(fc.array(operation, { minLength: 20, maxLength: 90 }), (operations) => {
        const world = new World();
        for (const run of operations) {
          run(world);
          world.check();
        }
        world.finish();
        world.log.dispose();
      }),
      { numRuns: 60 },
    );
  }).timeout(60_000);
});
