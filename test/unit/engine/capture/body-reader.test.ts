// Tests of opening bodies: their forms, what is said about them, and how handles end.
import assert from 'node:assert/strict';
import { gzipSync } from 'node:zlib';
import type { BodyChoice } from '../../../../src/contract/engine.ts';
import { BodyReader } from '../../../../src/engine/capture/body-reader.ts';
import { Recorder } from '../../../../src/engine/capture/recorder.ts';
import { createSpillFile } from '../../../../src/engine/platform/temporary.ts';
import { WorkerPool } from '../../../../src/engine/workers/pool.ts';
import { Fields } from '../../../../src/http/fields.ts';
import { until } from '../../../support/until.ts';

const MEBIBYTE = 1024 * 1024;

describe('a body reader', () => {
  let recorder: Recorder;
  let workers: WorkerPool;
  let reader: BodyReader;
  beforeEach(() => {
    const limits = { maxFlows: 100, memory: 4 * MEBIBYTE, disk: 64 * MEBIBYTE, maxBody: MEBIBYTE };
    recorder = new Recorder({ ...limits, include: [], exclude: [] }, 'epoch', createSpillFile());
    workers = new WorkerPool({ workers: 1, workerQueue: 4 });
    reader = new BodyReader(recorder.store, workers);
  });
  afterEach(async () => {
    reader.dispose();
    await workers.dispose();
    recorder.dispose();
  });

  /** A finished flow whose response has these fields and this body. */
  function record(fields: readonly (readonly [string, string])[], body: Buffer, ends = true): BodyChoice {
    const flow = recorder.begin({
      kind: 'exchange',
      method: 'GET',
      url: 'http://api.test/',
      source: 'main',
      clientAddress: '127.0.0.1:5000',
      clientConnection: 1,
      clientExchange: 1,
      startedAt: 0,
      startedMonotonic: 0,
    });
    const lines = fields.map(([name, value]) => `${name}: ${value}\r\n`).join('');
    flow.responseHead(Buffer.from(`HTTP/1.1 200 OK\r\n${lines}\r\n`), 200, undefined, []);
    flow.responseContent(body);
    if (ends) flow.responseEnd(Fields.none);
    flow.finish(1);
    return { id: flow.id, side: 'response', form: 'wire' };
  }

  async function read(choice: BodyChoice): Promise<{ text: string; note: string | undefined; size: number }> {
    const opened = await reader.openBody(choice);
    assert.ok(opened !== undefined);
    const pieces: Uint8Array[] = [];
    let offset = 0;
    for (;;) {
      const piece = await reader.readBody(opened.handle, offset);
      if (piece.length === 0) break;
      assert.ok(piece.length <= 256 * 1024);
      pieces.push(piece);
      offset += piece.length;
    }
    reader.closeBody(opened.handle);
    return { text: Buffer.concat(pieces).toString('latin1'), note: opened.note, size: opened.size };
  }

  it('gives the bytes of the wire, piece by piece, without a thread', async () => {
    const body = Buffer.alloc(700_000, 'abcdefg');
    const { text, note, size } = await read(record([], body));
    assert.ok(text === body.toString('latin1'));
    assert.deepEqual([note, size, workers.threads, reader.open], [undefined, 700_000, 0, 0]);
  });
  it('undoes the coding', async () => {
    const body = gzipSync('hello '.repeat(100_000));
    const choice = record([['Content-Encoding', 'gzip']], body);
    assert.equal((await read({ ...choice, form: 'wire' })).size, body.length);
    assert.equal((await read({ ...choice, form: 'decoded' })).text, 'hello '.repeat(100_000));
  });
  it('lays JSON out, and nothing else', async () => {
    const json = record(
      [
        ['Content-Type', 'application/problem+json'],
        ['content-encoding', 'gzip'],
      ],
      gzipSync('{"a":1.0}'),
    );
    assert.equal((await read({ ...json, form: 'pretty' })).text, '{\n  "a": 1.0\n}');
    const text = record([['Content-Type', 'text/plain']], Buffer.from('{"a":1}'));
    assert.equal((await read({ ...text, form: 'pretty' })).text, '{"a":1}');
  });
  it('gives broken JSON as it is, with a note', async () => {
    const { text, note } = await read({
      ...record([['Content-Type', 'application/json']], Buffer.from('{"a"')),
      form: 'pretty',
    });
    assert.equal(text, '{"a"');
    assert.match(note ?? '', /Not valid JSON at character 5/);
  });
  it('decodes from the disk too', async () => {
    const choice = record([['Content-Encoding', 'gzip']], gzipSync('from the disk'));
    for (let index = 0; index < 20; index += 1) {
      record([], Buffer.alloc(MEBIBYTE / 2));
      await until(() => recorder.store.memoryUsed <= 3.5 * MEBIBYTE, 'spilling');
    }
    assert.equal(recorder.store.body(1, 'response')?.pieces[0]?.kind, 'file');
    assert.equal((await read({ ...choice, form: 'decoded' })).text, 'from the disk');
  });
  it('says what is not there', async () => {
    const cut = await read(record([], Buffer.alloc(2 * MEBIBYTE)));
    assert.match(cut.note ?? '', /Only the first 1 MiB of 2 MiB .*wirelens\.capture\.maxBody/);
    assert.equal(cut.size, MEBIBYTE);
    assert.match((await read(record([], Buffer.from('x'), false))).note ?? '', /broke off/);
    recorder.configure({ maxFlows: 100, memory: 4 * MEBIBYTE, disk: 0, maxBody: MEBIBYTE, include: [], exclude: [] });
    const dropped = record([], Buffer.from('old'));
    for (let index = 0; index < 20; index += 1) record([], Buffer.alloc(MEBIBYTE / 2));
    const { note, size } = await read(dropped);
    assert.match(note ?? '', /left the record/);
    assert.equal(size, 0);
  });
  it('shows the bytes of the wire where no worker is free', async () => {
    workers.configure({ workers: 0, workerQueue: 0 });
    const body = gzipSync('x');
    const { note, size } = await read({ ...record([['Content-Encoding', 'gzip']], body), form: 'decoded' });
    assert.match(note ?? '', /all workers are busy/);
    assert.equal(size, body.length);
  });
  it('knows neither foreign flows nor closed handles', async () => {
    const choice = record([], Buffer.from('x'));
    assert.equal(await reader.openBody({ ...choice, id: 'other.1' }), undefined);
    assert.equal(await reader.openBody({ ...choice, id: 'epoch.99' }), undefined);
    assert.equal((await reader.readBody(99, 0)).length, 0);
    reader.closeBody(99);
  });
  it('keeps a body readable that leaves the store meanwhile', async () => {
    const opened = await reader.openBody(record([], Buffer.from('still here')));
    recorder.store.clear();
    record([], Buffer.from('something else'));
    assert.equal(Buffer.from(await reader.readBody(opened?.handle ?? 0, 0)).toString(), 'still here');
  });
  it('closes the handles that were not used for longest', async () => {
    const choice = record([], Buffer.from('x'));
    for (let index = 0; index < 40; index += 1) await reader.openBody(choice);
    assert.equal(reader.open, 32);
    assert.equal((await reader.readBody(1, 0)).length, 0);
    assert.equal((await reader.readBody(40, 0)).length, 1);
  });
  it('closes handles that nobody reads from', async () => {
    reader = new BodyReader(recorder.store, workers, 10);
    await reader.openBody(record([], Buffer.from('x')));
    await until(() => reader.open === 0, 'the end of the handle');
  });
});
