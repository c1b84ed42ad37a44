// Tests of the worker pool with real threads.
import assert from 'node:assert/strict';
import { gzipSync } from 'node:zlib';
import { WorkerPool } from '../../../../src/engine/workers/pool.ts';
import type { TaskMap } from '../../../../src/engine/workers/tasks.ts';
import { until } from '../../../support/until.ts';

const LIMIT = 64 * 1024 * 1024;

function inMemory(bytes: Buffer): TaskMap['decodeBody']['argument']['pieces'] {
  const memory = new SharedArrayBuffer(bytes.length);
  new Uint8Array(memory).set(bytes);
  return [{ kind: 'memory', memory, offset: 0, length: bytes.length }];
}

const small = { pieces: inMemory(gzipSync('hello')), contentEncoding: 'gzip', limit: LIMIT };
/** Some seconds of work, where nobody ends it. */
const large = { bytes: Buffer.from(`[${'1,'.repeat(10_000_000)}1]`), limit: LIMIT };

describe('a worker pool', () => {
  let pool: WorkerPool;
  function make(workers: number, workerQueue: number, idleTimeout?: number): WorkerPool {
    pool = new WorkerPool({ workers, workerQueue }, idleTimeout);
    return pool;
  }
  afterEach(() => pool.dispose());

  it('has no thread before there is work', () => assert.equal(make(4, 50).threads, 0));
  it('does what it is asked to in a thread', async () => {
    const outcome = await make(1, 1).run('decodeBody', small);
    assert.ok(outcome.kind === 'done');
    assert.equal(Buffer.from(outcome.value.bytes).toString(), 'hello');
    assert.ok(outcome.value.bytes.buffer instanceof SharedArrayBuffer);
    assert.equal(pool.threads, 1);
  });
  it('lays JSON out and leaves other encodings of text alone', async () => {
    const outcome = await make(1, 1).run('prettyJson', {
      bytes: Buffer.from('{"a":"\u00e9"}', 'latin1'),
      limit: LIMIT,
    });
    assert.ok(outcome.kind === 'done');
    assert.equal(Buffer.from(outcome.value.bytes).toString('latin1'), '{\n  "a": "\u00e9"\n}');
  });
  it('gives JSON back that would become too large', async () => {
    const bytes = Buffer.from('[1,2]');
    const outcome = await make(1, 1).run('prettyJson', { bytes, limit: 6 });
    assert.ok(outcome.kind === 'done');
    assert.equal(Buffer.from(outcome.value.bytes).toString(), '[1,2]');
    assert.equal(outcome.value.notes.length, 1);
  });
  it('says at once that it is full', async () => {
    make(1, 1);
    const running = [pool.run('decodeBody', small), pool.run('decodeBody', small)];
    assert.deepEqual(await pool.run('decodeBody', small), { kind: 'busy' });
    assert.deepEqual(
      (await Promise.all(running)).map(({ kind }) => kind),
      ['done', 'done'],
    );
    assert.equal((await pool.run('decodeBody', small)).kind, 'done');
  });
  it('gives the reason of a task that fails', async () => {
    const pieces = [{ kind: 'file', descriptor: 1_000_000, position: 0, length: 9 }] as const;
    const outcome = await make(1, 1).run('decodeBody', { ...small, pieces });
    assert.ok(outcome.kind === 'failed');
    assert.match(outcome.message, /EBADF/);
  });
  it('ends a running task that is no longer wanted', async () => {
    const cancel = new AbortController();
    const running = make(1, 1).run('prettyJson', large, cancel.signal);
    await until(() => pool.threads === 1, 'a thread');
    cancel.abort();
    assert.deepEqual(await running, { kind: 'cancelled' });
    assert.deepEqual(await pool.run('decodeBody', small, cancel.signal), { kind: 'cancelled' });
    assert.equal((await pool.run('decodeBody', small)).kind, 'done');
    assert.equal(pool.underWay, 0);
  });
  it('ends its threads when they have nothing to do', async () => {
    await make(2, 2, 0).run('decodeBody', small);
    await until(() => pool.threads === 0, 'the end of the thread');
    assert.equal((await pool.run('decodeBody', small)).kind, 'done');
  });
  it('takes other limits while it works', async () => {
    const running = make(1, 1).run('decodeBody', small);
    pool.configure({ workers: 2, workerQueue: 10 });
    const more = await Promise.all(Array.from({ length: 8 }, () => pool.run('decodeBody', small)));
    assert.ok(more.every(({ kind }) => kind === 'done'));
    assert.equal((await running).kind, 'done');
    assert.ok(pool.threads <= 2);
  });
  it('ends what is under way as cancelled when it is disposed of', async () => {
    const running = make(1, 1).run('prettyJson', large);
    await until(() => pool.threads === 1, 'a thread');
    await pool.dispose();
    assert.deepEqual(await running, { kind: 'cancelled' });
    assert.deepEqual(await pool.run('decodeBody', small), { kind: 'cancelled' });
  });
});
