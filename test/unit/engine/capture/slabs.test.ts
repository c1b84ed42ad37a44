// Tests of the slab log: where bytes go when memory and disk are full, and when the disk fails.
import assert from 'node:assert/strict';
import { SlabLog, slabBytes, type Loss, type Pieces } from '../../../../src/engine/capture/slabs.ts';
import { MemoryFile } from './memory-file.ts';

const MEBIBYTE = 1024 * 1024;
const slab = Buffer.alloc(slabBytes, 'x');

function put(
  log: SlabLog,
  flow: number,
  kind: 'head' | 'body' = 'body',
  bytes = slab,
): { pieces: Pieces; kept: number } {
  const pieces: Pieces = [];
  return { pieces, kept: log.append(kind, flow, bytes, 0, bytes.length, pieces, 3) };
}

describe('a slab log', () => {
  let file: MemoryFile;
  let losses: Loss[];
  function make(memory: number, disk: number): SlabLog {
    file = new MemoryFile();
    losses = [];
    const log = new SlabLog({ memory, disk }, file);
    log.onLoss((loss) => losses.push(loss));
    return log;
  }

  it('takes no memory before there is anything to keep', () => assert.equal(make(4 * MEBIBYTE, 0).memoryUsed, 0));
  it('joins what touches into one piece', () => {
    const log = make(4 * MEBIBYTE, 0);
    const pieces: Pieces = [];
    for (let count = 0; count < 3; count += 1) log.append('head', 1, Buffer.from('ab'), 0, 2, pieces, 1);
    assert.equal(pieces.length, 3);
    assert.equal(log.lease(pieces, 1)?.size, 6);
    assert.equal(log.lease(pieces, 2)?.size, 0);
  });
  it('drops the oldest bodies where there is no disk, and heads last', () => {
    const log = make(4 * MEBIBYTE, 0);
    const head = put(log, 1, 'head', Buffer.from('head'));
    const bodies = Array.from({ length: 20 }, (_none, index) => put(log, index + 1));
    assert.ok(log.memoryUsed <= 4 * MEBIBYTE);
    assert.equal(log.lease(bodies[0]?.pieces ?? [], 3), undefined);
    assert.equal(log.lease(bodies[19]?.pieces ?? [], 3)?.size, slabBytes);
    assert.equal(log.lease(head.pieces, 3)?.size, 4);
    assert.deepEqual(losses[0], { kind: 'body', lastFlow: 1 });
    assert.ok(losses.every(({ kind }) => kind === 'body'));
  });
  it('spills the oldest and loses nothing', () => {
    const log = make(4 * MEBIBYTE, 100 * MEBIBYTE);
    const all: Pieces[] = [];
    for (let flow = 1; flow <= 100; flow += 1) {
      all.push(put(log, flow).pieces);
      file.settle();
    }
    assert.ok(log.memoryUsed <= 4 * MEBIBYTE);
    assert.ok(log.diskUsed >= 20 * MEBIBYTE);
    assert.equal(losses.length, 0);
    assert.equal(log.lease(all[0] ?? [], 3)?.pieces[0]?.kind, 'file');
  });
  it('cuts bodies while the disk does not keep up, and lets old bodies make room for heads', () => {
    const log = make(4 * MEBIBYTE, 100 * MEBIBYTE);
    let kept = slabBytes;
    for (let flow = 1; flow < 40 && kept === slabBytes; flow += 1) kept = put(log, flow).kept;
    assert.equal(kept, 0);
    assert.equal(log.memoryUsed, 4 * MEBIBYTE + slabBytes);
    assert.equal(put(log, 40, 'head', Buffer.from('head')).kept, 4);
    assert.ok(log.memoryUsed <= 4 * MEBIBYTE + slabBytes);
    file.settle();
    assert.equal(put(log, 41).kept, slabBytes);
  });
  it('reuses the room on disk, oldest out first', () => {
    const log = make(4 * MEBIBYTE, 2 * MEBIBYTE);
    const all: Pieces[] = [];
    for (let flow = 1; flow <= 60; flow += 1) {
      all.push(put(log, flow).pieces);
      file.settle();
    }
    assert.ok(log.diskUsed <= 2 * MEBIBYTE);
    assert.ok(file.bytes.length <= 2 * MEBIBYTE);
    const there = all.map((pieces) => log.lease(pieces, 3) !== undefined);
    assert.deepEqual(
      there,
      [...there].sort((one, other) => Number(one) - Number(other)),
    );
    assert.ok(there.includes(false));
  });
  it('frees a slab as soon as no flow needs it, and the file with it', () => {
    const log = make(4 * MEBIBYTE, 100 * MEBIBYTE);
    const all: Pieces[] = [];
    for (let flow = 1; flow <= 40; flow += 1) {
      all.push(put(log, flow).pieces);
      file.settle();
    }
    for (const pieces of all) log.release(pieces);
    log.trim();
    assert.deepEqual([log.memoryUsed, log.diskUsed, file.bytes.length], [0, 0, 0]);
  });
  it('does not touch what is being read', () => {
    const log = make(4 * MEBIBYTE, 0);
    const first = put(log, 1);
    const lease = log.lease(first.pieces, 3);
    const piece = lease?.pieces[0];
    assert.ok(piece?.kind === 'memory');
    for (let flow = 2; flow <= 60; flow += 1) put(log, flow, 'body', Buffer.alloc(slabBytes, 'y'));
    assert.ok(new Uint8Array(piece.memory).every((byte) => byte === 0x78));
    lease?.release();
  });
  it('goes on in memory alone when the disk fails, and says so once', () => {
    const log = make(4 * MEBIBYTE, 100 * MEBIBYTE);
    const problems: string[] = [];
    log.onProblem((problem) => problems.push(problem));
    for (let flow = 1; flow <= 16; flow += 1) put(log, flow);
    assert.equal(file.pending, 1);
    file.step(new Error('no space left'));
    for (let flow = 17; flow <= 60; flow += 1) assert.equal(put(log, flow).kept, slabBytes);
    assert.ok(log.memoryUsed <= 4 * MEBIBYTE);
    assert.equal(log.diskUsed, 0);
    assert.equal(file.pending, 0);
    assert.equal(problems.length, 1);
    assert.match(problems[0] ?? '', /no space left/);
  });
  it('follows smaller budgets, at once on disk', () => {
    const log = make(8 * MEBIBYTE, 100 * MEBIBYTE);
    for (let flow = 1; flow <= 60; flow += 1) {
      put(log, flow);
      file.settle();
    }
    log.configure({ memory: 4 * MEBIBYTE, disk: MEBIBYTE });
    assert.ok(log.diskUsed <= MEBIBYTE);
    file.settle();
    assert.ok(log.memoryUsed <= 4 * MEBIBYTE);
    log.configure({ memory: 4 * MEBIBYTE, disk: 0 });
    assert.deepEqual([log.diskUsed, file.bytes.length], [0, 0]);
  });
  it('ends with its file, also while a write is under way', () => {
    const log = make(4 * MEBIBYTE, 100 * MEBIBYTE);
    for (let flow = 1; flow <= 16; flow += 1) put(log, flow);
    assert.equal(file.pending, 1);
    log.dispose();
    file.settle();
    assert.ok(file.closed);
    assert.equal(log.memoryUsed, 0);
    assert.equal(put(log, 99).kept, 0);
  });
});
