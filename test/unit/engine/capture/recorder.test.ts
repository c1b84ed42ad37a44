// Tests of recording flows and of looking at the record.
import assert from 'node:assert/strict';
import type { CacheRecord } from '../../../../src/contract/decisions.ts';
import { ProxyError } from '../../../../src/contract/errors.ts';
import type { FlowSummary } from '../../../../src/contract/model.ts';
import type { EngineSettings } from '../../../../src/contract/settings.ts';
import { Recorder, type FlowRecording, type FlowStart } from '../../../../src/engine/capture/recorder.ts';
import { readStored } from '../../../../src/engine/capture/stored-bytes.ts';
import { createSpillFile } from '../../../../src/engine/platform/temporary.ts';
import { Fields } from '../../../../src/http/fields.ts';
import { until } from '../../../support/until.ts';

const MEBIBYTE = 1024 * 1024;
const settings: EngineSettings['capture'] = {
  maxFlows: 100,
  memory: 4 * MEBIBYTE,
  disk: 64 * MEBIBYTE,
  maxBody: MEBIBYTE,
  include: [],
  exclude: [],
};
const start: FlowStart = {
  kind: 'exchange',
  method: 'GET',
  url: 'http://api.test/users?page=2',
  source: 'main',
  clientAddress: '127.0.0.1:5000',
  clientConnection: 3,
  clientExchange: 2,
  startedAt: 1_700_000_000_000,
  startedMonotonic: 1000,
};
const requestHead = Buffer.from(
  'GET http://api.test/users?page=2 HTTP/1.1\r\nhost: api.test\r\nX-A:  1 \r\nX-A: 2\r\n\r\n',
);
const responseHead = Buffer.from('HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nX-Folded: a\r\n  b\r\n\r\n');
const miss: CacheRecord = {
  find: { kind: 'miss', reason: 'nothing-stored', validating: false, because: { clause: 'RFC 9111 §4' } },
};

describe('a recorder', () => {
  let recorder: Recorder;
  beforeEach(() => {
    recorder = new Recorder(settings, 'epoch', createSpillFile());
  });
  afterEach(() => recorder.dispose());

  /** One whole flow with these bodies. */
  function record(response: readonly Buffer[], own: Partial<FlowStart> = {}): FlowRecording {
    const flow = recorder.begin({ ...start, ...own });
    flow.requestHead(requestHead, ['Proxy-Connection']);
    flow.requestEnd(Fields.none);
    flow.responseHead(responseHead, 200, 'text/plain', []);
    for (const bytes of response) flow.responseContent(bytes);
    flow.responseEnd(Fields.none);
    flow.finish(1034);
    return flow;
  }

  async function bodyOf(number: number): Promise<string | undefined> {
    const lease = recorder.store.body(number, 'response');
    if (lease === undefined) return undefined;
    const bytes = await readStored(lease.pieces, 0, lease.size);
    lease.release();
    return bytes.toString('latin1');
  }

  it('gives a row of a finished flow', () => {
    const flow = record([Buffer.from('hello')]);
    assert.deepEqual(recorder.store.summary(flow.number), {
      id: 'epoch.1',
      number: 1,
      kind: 'exchange',
      state: 'done',
      startedAt: 1_700_000_000_000,
      method: 'GET',
      url: 'http://api.test/users?page=2',
      status: 200,
      duration: 34,
      requestBytes: 0,
      responseBytes: 5,
      mediaType: 'text/plain',
      cache: 'none',
      source: 'main',
    } satisfies FlowSummary);
  });
  it('gives heads, trailers, interim answers and bodies as on the wire', async () => {
    const flow = recorder.begin(start);
    flow.requestHead(requestHead, ['Proxy-Connection']);
    flow.requestContent(Buffer.from('ab'));
    flow.requestContent(Buffer.from('c'));
    flow.requestEnd(Fields.of([['X-Sum', '9']]));
    flow.interim(Buffer.from('HTTP/1.1 100 Continue\r\n\r\n'));
    flow.interim(Buffer.from('HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n'));
    flow.responseHead(responseHead, 200, 'text/plain', ['Keep-Alive']);
    flow.leniency('bare-lf');
    flow.leniency('bare-lf');
    flow.decision(miss);
    const live = await recorder.store.detail(flow.number);
    assert.equal(live?.response?.body.state, 'partial');
    flow.responseEnd(Fields.none);
    flow.finish(1034);
    const detail = await recorder.store.detail(flow.number);
    assert.deepEqual(detail?.request, {
      startLine: 'GET http://api.test/users?page=2 HTTP/1.1',
      fields: [
        ['host', 'api.test'],
        ['X-A', '1'],
        ['X-A', '2'],
      ],
      trailers: [['X-Sum', '9']],
      body: { size: 3, kept: 3, state: 'complete' },
    });
    assert.deepEqual(detail.interim, [
      { startLine: 'HTTP/1.1 100 Continue', fields: [] },
      { startLine: 'HTTP/1.1 103 Early Hints', fields: [['Link', 'x']] },
    ]);
    assert.deepEqual(detail.response?.fields, [
      ['Content-Type', 'text/plain'],
      ['X-Folded', 'a b'],
    ]);
    assert.deepEqual(detail.removed, { request: ['Proxy-Connection'], response: ['Keep-Alive'] });
    assert.deepEqual(detail.leniencies, ['bare-lf']);
    assert.deepEqual([detail.cache, detail.decision], ['miss', miss]);
    assert.deepEqual([detail.clientConnection, detail.clientExchange], [3, 2]);
  });
  it('divides the whole time into parts', async () => {
    const flow = recorder.begin(start);
    const moments = {
      admitted: 1,
      leased: 3,
      resolved: 6,
      connected: 10,
      secured: 15,
      sent: 21,
      firstByte: 28,
      done: 36,
    };
    for (const [point, at] of Object.entries(moments)) flow.mark(point as keyof typeof moments, 1000 + at);
    flow.finish(1040);
    const detail = await recorder.store.detail(1);
    assert.deepEqual(detail?.timing, {
      queued: 1,
      waited: 2,
      dns: 3,
      connect: 4,
      tls: 5,
      sent: 6,
      firstByte: 7,
      download: 8,
      total: 36,
    });
  });
  it('gives nought to an answer that came before the request had ended', async () => {
    const flow = recorder.begin(start);
    flow.mark('firstByte', 1010);
    flow.mark('sent', 1020);
    flow.finish(1030);
    assert.deepEqual((await recorder.store.detail(1))?.timing, { sent: 20, firstByte: 0, download: 10, total: 30 });
  });
  it('keeps the bytes of a refused request, up to 4 KiB, as safe text', async () => {
    const flow = recorder.begin({ ...start, method: '', url: '' });
    flow.refused(Buffer.from(`GET / HTTP/1.1\r\nX y: \u001b\r\n${'x'.repeat(5000)}`));
    flow.fail(new ProxyError('bad-request', { rule: 'space in a name', offset: 17 }).toRecord());
    flow.finish(1001);
    const detail = await recorder.store.detail(1);
    const text = detail?.refusedBytes ?? '';
    assert.ok(text.startsWith('GET / HTTP/1.1\\r\\n\nX y: \\x1b\\r\\n\nxxx'));
    assert.ok(text.length < 4200);
    assert.equal(detail?.request, undefined);
    assert.equal(detail?.state, 'failed');
    assert.equal(recorder.counters.refused, 1);
  });
  it('joins a body that came in many pieces between others', async () => {
    const flows = [1, 2, 3].map(() => recorder.begin(start));
    for (let round = 0; round < 500; round += 1) {
      for (const flow of flows) flow.responseContent(Buffer.from(`${flow.number}:${round};`));
    }
    for (const flow of flows) {
      const expected = Array.from({ length: 500 }, (_none, round) => `${flow.number}:${round};`).join('');
      assert.equal(await bodyOf(flow.number), expected);
      assert.ok((recorder.store.body(flow.number, 'response')?.pieces.length ?? 99) < 15);
    }
  });
  it('cuts a body in the record at the limit, and says so', async () => {
    const flow = record([Buffer.alloc(MEBIBYTE - 1, 'a'), Buffer.from('bc'), Buffer.from('d')]);
    const detail = await recorder.store.detail(flow.number);
    assert.deepEqual(detail?.response?.body, { size: MEBIBYTE + 2, kept: MEBIBYTE, state: 'truncated' });
    assert.ok((await bodyOf(flow.number))?.endsWith('ab'));
    assert.equal(recorder.store.truncating, false);
  });
  it('reads bodies and heads back from the disk', async () => {
    for (let index = 0; index < 30; index += 1) {
      record([Buffer.alloc(MEBIBYTE / 2, String.fromCharCode(65 + index))]);
      await until(() => recorder.store.memoryUsed <= 3.5 * MEBIBYTE, 'spilling');
    }
    assert.ok(recorder.store.diskUsed > 8 * MEBIBYTE);
    assert.equal(recorder.store.truncating, false);
    assert.ok(recorder.store.memoryUsed <= settings.memory + 256 * 1024);
    assert.equal(recorder.store.body(1, 'response')?.pieces[0]?.kind, 'file');
    assert.equal(await bodyOf(1), 'A'.repeat(MEBIBYTE / 2));
    assert.equal((await recorder.store.detail(1))?.request?.startLine, 'GET http://api.test/users?page=2 HTTP/1.1');
  });
  it('drops the oldest bodies where there is no disk, and keeps the rows', async () => {
    recorder.configure({ ...settings, disk: 0 });
    for (let index = 0; index < 20; index += 1) record([Buffer.alloc(MEBIBYTE / 2, 'x')]);
    const detail = await recorder.store.detail(1);
    assert.deepEqual(detail?.response?.body, { size: MEBIBYTE / 2, kept: 0, state: 'dropped' });
    assert.equal(detail.response.startLine, 'HTTP/1.1 200 OK');
    assert.equal(await bodyOf(20), 'x'.repeat(MEBIBYTE / 2));
    assert.ok(recorder.store.truncating);
    recorder.store.clear();
    assert.equal(recorder.store.truncating, false);
  });
  it('forgets the oldest flows where their heads alone are too much', async () => {
    recorder.configure({ ...settings, maxFlows: 1000, disk: 0 });
    const head = Buffer.from(`GET / HTTP/1.1\r\nX: ${'x'.repeat(60_000)}\r\n\r\n`);
    for (let index = 0; index < 200; index += 1) {
      const flow = recorder.begin(start);
      flow.requestHead(head, []);
      flow.finish(1001);
      assert.ok(recorder.store.memoryUsed <= settings.memory + 256 * 1024);
    }
    const { oldest, size } = recorder.store;
    assert.ok(oldest > 100 && size > 50, `${size} flows from ${oldest} on`);
    for (const number of [oldest, 200]) {
      const detail = await recorder.store.detail(number);
      assert.equal(detail?.request?.fields[0]?.[1].length, 60_000);
    }
  });
  it('forgets the oldest flows beyond the limit, and follows a new limit at once', () => {
    for (let index = 0; index < 150; index += 1) record([]);
    assert.deepEqual([recorder.store.size, recorder.store.oldest], [100, 51]);
    assert.equal(recorder.store.summary(50), undefined);
    recorder.configure({ ...settings, maxFlows: 120 });
    for (let index = 0; index < 10; index += 1) record([], { startedAt: index });
    assert.deepEqual([recorder.store.size, recorder.store.oldest], [110, 51]);
    recorder.configure({ ...settings, maxFlows: 105 });
    assert.deepEqual([recorder.store.size, recorder.store.oldest], [105, 56]);
    assert.equal(recorder.store.summary(160)?.startedAt, 9);
    assert.equal(recorder.store.summary(60)?.startedAt, start.startedAt);
    assert.equal(recorder.store.summary(60)?.duration, 34);
  });
  it('gives windows of older flows, newest first', () => {
    for (let index = 0; index < 10; index += 1) record([]);
    const numbers = (before: number | undefined, count: number): number[] =>
      recorder.store.before(before, count).map(({ number }) => number);
    assert.deepEqual(numbers(undefined, 3), [10, 9, 8]);
    assert.deepEqual(numbers(8, 3), [7, 6, 5]);
    assert.deepEqual(numbers(3, 9), [2, 1]);
    assert.deepEqual(numbers(1, 9), []);
  });
  it('lets a live flow write on after it has left the record', () => {
    const flow = recorder.begin(start);
    flow.requestContent(Buffer.alloc(1000));
    recorder.store.clear();
    flow.requestContent(Buffer.alloc(1000));
    flow.mark('sent', 1001);
    flow.finish(1002);
    assert.deepEqual([recorder.store.size, recorder.store.oldest, recorder.store.memoryUsed], [0, 2, 0]);
    assert.deepEqual(recorder.store.takeDirty(10), []);
  });
  it('ends a flow once, and hears nothing after', () => {
    const flow = record([]);
    flow.fail(new ProxyError('client-left').toRecord());
    flow.responseContent(Buffer.from('late'));
    flow.state('streaming');
    flow.finish(5000);
    const summary = recorder.store.summary(flow.number);
    assert.deepEqual([summary?.state, summary?.duration, summary?.responseBytes], ['done', 34, 0]);
    assert.equal(recorder.counters.failed, 0);
  });
  it('keeps the first error', () => {
    const flow = recorder.begin(start);
    flow.fail(new ProxyError('connection-reset').toRecord());
    flow.fail(new ProxyError('client-left').toRecord());
    flow.finish(1002);
    assert.equal(recorder.store.summary(1)?.error?.code, 'connection-reset');
    assert.deepEqual([recorder.counters.failed, recorder.counters.refused], [1, 0]);
  });
  it('counts the bytes of a tunnel and keeps none', async () => {
    const flow = recorder.begin({ ...start, kind: 'tunnel', method: 'CONNECT', url: 'api.test:443' });
    flow.tunnelBytes('request', 10);
    flow.tunnelBytes('response', 20);
    flow.finish(1002);
    const summary = recorder.store.summary(1);
    assert.deepEqual([summary?.requestBytes, summary?.responseBytes, summary?.kind], [10, 20, 'tunnel']);
    assert.equal(await bodyOf(1), '');
    assert.equal(recorder.counters.tunnels, 1);
  });

  describe('changes', () => {
    it('are told once, and given once each, oldest first', () => {
      let told = 0;
      recorder.store.onDirty(() => {
        told += 1;
      });
      const first = recorder.begin(start);
      recorder.begin(start);
      first.state('waiting');
      first.state('streaming');
      assert.equal(told, 1);
      assert.deepEqual(
        recorder.store.takeDirty(10).map(({ number, state }) => [number, state]),
        [
          [1, 'streaming'],
          [2, 'queued'],
        ],
      );
      assert.deepEqual(recorder.store.takeDirty(10), []);
      first.state('streaming');
      assert.equal(told, 1);
      first.responseContent(Buffer.from('x'));
      assert.equal(told, 2);
      assert.deepEqual(
        recorder.store.takeDirty(10).map(({ responseBytes }) => responseBytes),
        [1],
      );
    });
    it('are the newest where there are too many', () => {
      for (let index = 0; index < 30; index += 1) record([]);
      assert.deepEqual(
        recorder.store.takeDirty(2).map(({ number }) => number),
        [29, 30],
      );
      assert.deepEqual(recorder.store.takeDirty(2), []);
    });
    it('do not pile up while nobody takes them', () => {
      recorder.configure({ ...settings, maxFlows: 20_000 });
      for (let index = 0; index < 9000; index += 1) record([]);
      const taken = recorder.store.takeDirty(20_000);
      assert.ok(taken.length <= 4096);
      assert.equal(taken.at(-1)?.number, 9000);
    });
    it('are told when all flows go', () => {
      record([]);
      recorder.store.takeDirty(1);
      let told = 0;
      recorder.store.onDirty(() => {
        told += 1;
      });
      recorder.store.clear();
      assert.equal(told, 1);
    });
    it('of finished flows can be followed one by one', () => {
      const seen: string[] = [];
      recorder.onFinished(({ id, state }) => seen.push(`${id} ${state}`));
      record([]);
      record([]);
      assert.deepEqual(seen, ['epoch.1 done', 'epoch.2 done']);
    });
  });

  describe('leaves out', () => {
    it('what comes while it is paused, but counts it', () => {
      recorder.setCapturing(false);
      const flow = record([Buffer.from('x')]);
      assert.deepEqual([flow.recorded, flow.number, recorder.store.size, recorder.store.memoryUsed], [false, 0, 0, 0]);
      recorder.setCapturing(true);
      record([]);
      const { requests, recorded, notRecorded } = recorder.counters;
      assert.deepEqual([requests, recorded, notRecorded], [2, 1, 1]);
    });
    it('what does not fit the patterns', () => {
      recorder.configure({ ...settings, exclude: ['api.test/users*'] });
      assert.equal(record([]).recorded, false);
      assert.equal(record([], { url: 'http://api.test/x' }).recorded, true);
    });
    it('what is said to be no matter of the user', () => assert.equal(record([], { recorded: false }).recorded, false));
    it('but counts decisions and errors', () => {
      recorder.setCapturing(false);
      const flow = recorder.begin(start);
      flow.decision({ ...miss, store: { kind: 'stored', lifetime: 1, origin: 'max-age', because: { clause: 'x' } } });
      flow.fail(new ProxyError('too-busy').toRecord());
      flow.finish(1);
      const { misses, stored, refused } = recorder.counters;
      assert.deepEqual([misses, stored, refused], [1, 1, 1]);
    });
  });

  it('knows its own ids', () => {
    assert.equal(recorder.store.numberOf('epoch.12'), 12);
    for (const id of ['other.12', 'epoch.x', '', '12']) assert.equal(recorder.store.numberOf(id), undefined);
  });
});
