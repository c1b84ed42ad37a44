// An engine behind ports in memory: what it announces, and what each call does.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, connect } from 'node:net';
import type { EngineCalls, EngineEvents, Update } from '../../../../src/contract/engine.ts';
import { memoryPorts } from '../../../../src/contract/port.ts';
import { connectClient, type Client } from '../../../../src/contract/rpc.ts';
import { defaultSettings, resolveSettings } from '../../../../src/contract/settings.ts';
import type { FlowStart } from '../../../../src/engine/capture/recorder.ts';
import { systemClock } from '../../../../src/engine/clock.ts';
import { Engine } from '../../../../src/engine/engine.ts';
import { Fields } from '../../../../src/http/fields.ts';
import { until } from '../../../support/until.ts';
import { describe as described, startService } from '../../../../src/engine/service/service.ts';

const settings = resolveSettings({ ...defaultSettings, port: 0 });

const start: FlowStart = {
  kind: 'exchange',
  method: 'GET',
  url: 'http://a.test/',
  source: 'main',
  clientAddress: '127.0.0.1:1',
  clientConnection: 1,
  clientExchange: 1,
  startedAt: 0,
  startedMonotonic: 0,
};

class Setting {
  readonly engine = new Engine({ clock: systemClock, epoch: 'now', settings });
  readonly ports = memoryPorts();
  readonly client: Client<EngineCalls, EngineEvents>;
  readonly updates: Update[] = [];
  readonly log: EngineEvents['log'][] = [];
  readonly ready: Promise<EngineEvents['ready']>;
  readonly #service: { dispose(): void };

  constructor() {
    this.client = connectClient<EngineCalls, EngineEvents>(this.ports.left);
    this.ready = new Promise((fulfil) => void this.client.on('ready', fulfil));
    this.client.on('update', (update) => this.updates.push(update));
    this.client.on('log', (line) => this.log.push(line));
    this.#service = startService({ port: this.ports.right, engine: this.engine, epoch: 'now', clock: systemClock });
  }

  /** Records a finished flow with a request body. */
  record(body = ''): string {
    const flow = this.engine.recorder.begin(start);
    flow.requestHead(Buffer.from('POST / HTTP/1.1\r\nHost: a.test\r\n\r\n'), []);
    if (body !== '') flow.requestContent(Buffer.from(body));
    flow.requestEnd(Fields.none);
    flow.finish(1);
    return flow.id;
  }

  /** Stores a response in the cache. */
  store(url: string, body: string): void {
    const now = systemClock.wall();
    const request = { method: 'GET', url, fields: Fields.none, source: 'main' };
    const response = { status: 200, reason: 'OK', fields: Fields.of([['Cache-Control', 'max-age=60']]) };
    const keeping = this.engine.cache.keep(request, response, { requestTime: now, responseTime: now }, now);
    keeping.writer?.content(Buffer.from(body));
    keeping.writer?.commit(Fields.none);
  }

  /** Everything that was sent until now has arrived. */
  async settled(): Promise<void> {
    await new Promise(setImmediate);
  }

  end(): void {
    this.#service.dispose();
    this.client.dispose();
    this.ports.close();
    this.engine.dispose();
  }
}

describe('the service', () => {
  let here: Setting;
  beforeEach(() => {
    here = new Setting();
  });
  afterEach(() => here.end());

  it('announces that it is ready, and then the whole state', async () => {
    assert.deepEqual(await here.ready, { pid: process.pid, epoch: 'now' });
    await here.settled();
    assert.equal(here.updates.length, 1);
    assert.equal(here.updates[0]?.state.epoch, 'now');
    assert.equal(here.updates[0]?.state.listening, undefined);
    assert.deepEqual(here.updates[0]?.origins, []);
    assert.equal(here.updates[0]?.cache?.total, 0);
  });

  it('listens, takes another address while it listens, and closes', async () => {
    assert.equal(await here.client.call('configure', settings), undefined);
    const first = await here.client.call('listen', undefined);
    assert.equal(first.kind, 'listening');
    const moved = await here.client.call('configure', { ...settings, host: '127.0.0.2' });
    assert.deepEqual([moved?.kind, moved?.kind === 'listening' && moved.host], ['listening', '127.0.0.2']);
    const socket = connect(moved?.kind === 'listening' ? moved.port : 0, '127.0.0.2');
    await once(socket, 'connect');
    socket.destroy();
    await here.client.call('close', undefined);
    assert.equal(here.engine.state().listening, undefined);
  });

  it('says why it cannot listen', async () => {
    const other = createServer().listen(0, '127.0.0.1');
    await once(other, 'listening');
    const { port } = other.address() as { port: number };
    await here.client.call('configure', { ...settings, port });
    const result = await here.client.call('listen', undefined);
    assert.equal(result.kind === 'failed' && result.reason, 'port-in-use');
    other.close();
  });

  it('pauses capture and clears flows', async () => {
    await here.client.call('setCapturing', false);
    here.record();
    assert.deepEqual(await here.client.call('flowsBefore', { count: 10 }), []);
    await here.client.call('setCapturing', true);
    here.record();
    assert.equal((await here.client.call('flowsBefore', { count: 10 })).length, 1);
    await here.client.call('clearFlows', undefined);
    assert.deepEqual(await here.client.call('flowsBefore', { count: 10 }), []);
  });

  it('gives windows of flows, newest first, and never more than 1,000', async () => {
    const ids = Array.from({ length: 1200 }, () => here.record());
    const newest = await here.client.call('flowsBefore', { count: 100_000 });
    assert.equal(newest.length, 1000);
    assert.equal(newest[0]?.id, ids.at(-1));
    const older = await here.client.call('flowsBefore', { before: newest.at(-1)?.id ?? '', count: 1 });
    assert.deepEqual(
      older.map(({ id }) => id),
      [ids[199]],
    );
  });

  it('knows nothing of the flows of an engine before it', async () => {
    here.record();
    assert.equal(await here.client.call('flowDetail', 'before.1'), undefined);
    assert.deepEqual(await here.client.call('flowsBefore', { before: 'before.9', count: 10 }), []);
    const choice = { id: 'before.1', side: 'request', form: 'wire' } as const;
    assert.equal(await here.client.call('openBody', choice), undefined);
  });

  it('gives the detail of a flow, and its body in pieces', async () => {
    const body = 'x'.repeat(300 * 1024);
    const id = here.record(body);
    const detail = await here.client.call('flowDetail', id);
    assert.equal(detail?.request?.startLine, 'POST / HTTP/1.1');
    const opened = await here.client.call('openBody', { id, side: 'request', form: 'wire' });
    assert.equal(opened?.size, body.length);
    const handle = opened?.handle ?? 0;
    const first = await here.client.call('readBody', { handle, offset: 0 });
    assert.equal(first.length, 256 * 1024);
    const second = await here.client.call('readBody', { handle, offset: first.length });
    assert.equal(first.length + second.length, body.length);
    assert.equal((await here.client.call('readBody', { handle, offset: body.length })).length, 0);
    await here.client.call('closeBody', handle);
    assert.equal((await here.client.call('readBody', { handle, offset: 0 })).length, 0);
  });

  it('flushes the cache and evicts entries', async () => {
    assert.equal(await here.client.call('flushCache', undefined), 0);
    assert.equal(await here.client.call('evictCacheEntry', 'no such entry'), false);
  });

  it('takes care of what the cache holds, entry by entry', async () => {
    here.store('http://a.test/', 'content');
    const { client } = here;
    const [host] = await client.call('cacheHosts', undefined);
    assert.deepEqual([host?.host, host?.entries], ['a.test', 1]);
    assert.deepEqual(await client.call('pinCacheEntry', { id: '1', pinned: true }), { kind: 'done' });
    assert.equal(await client.call('expireCacheEntry', '1'), true);
    assert.deepEqual(await client.call('revalidateCacheEntry', '1'), { kind: 'stopped' });
    const body = await client.call('openCacheBody', { id: '1', form: 'decoded' });
    assert.ok(body !== undefined);
    assert.equal(body.size, 7);
    const bytes = await client.call('readBody', { handle: body.handle, offset: 0 });
    assert.equal(Buffer.from(bytes).toString(), 'content');
    assert.equal(await client.call('flushCacheHost', 'a.test'), 1);
    assert.deepEqual(await client.call('pinCacheEntry', { id: '1', pinned: true }), { kind: 'gone' });
    assert.equal(await client.call('expireCacheEntry', '1'), false);
    assert.deepEqual(await client.call('revalidateCacheEntry', '1'), { kind: 'gone' });
    assert.equal(await client.call('openCacheBody', { id: '1', form: 'decoded' }), undefined);
  });

  it('sorts the cache entries of its updates as it is told', async () => {
    await here.settled();
    assert.equal(here.updates[0]?.cache?.order, 'recent');
    here.store('http://a.test/large', 'x'.repeat(500));
    here.store('http://a.test/small', 'x');
    await here.client.call('setCacheOrder', 'size');
    await here.client.call('acknowledge', 1);
    await until(() => here.updates.length > 1, 'an update');
    const { order, entries } = here.updates[1]?.cache ?? {};
    assert.deepEqual([order, entries?.map(({ url }) => url)], ['size', ['http://a.test/large', 'http://a.test/small']]);
  });

  it('refuses a call that is not in the contract', async () => {
    for (const name of ['constructor', 'shutdown']) {
      await assert.rejects(here.client.call(name as 'close', undefined), new RegExp(`no call ${name}`));
    }
  });

  it('sends nothing more to a consumer that never acknowledges, and stays usable', async () => {
    for (let count = 0; count < 20_000; count += 1) here.record();
    await here.settled();
    assert.equal(here.updates.length, 1);
    // What is asked for is answered all the same.
    assert.equal((await here.client.call('flowsBefore', { count: 5 })).length, 5);
    // The list of changes kept no more than its bound: what is left of it is the newest.
    const pending = here.engine.recorder.store.takeDirty(Number.POSITIVE_INFINITY);
    assert.ok(pending.length <= 4096, `${pending.length} changes are kept`);
    assert.equal(pending.at(-1)?.number, 20_000);
  });

  it('goes on with the newest 1,000 after a late acknowledgement', async () => {
    await here.settled();
    for (let count = 0; count < 3000; count += 1) here.record();
    const next = new Promise<Update>((fulfil) => void here.client.on('update', fulfil));
    await here.client.call('acknowledge', here.updates[0]?.sequence ?? 0);
    const update = await next;
    assert.equal(update.sequence, 2);
    assert.equal(update.flows.length, 1000);
    assert.equal(update.flows.at(-1)?.number, 3000);
  });

  it('announces nothing after its end', async () => {
    await here.settled();
    here.end();
    here.record();
    await here.settled();
    assert.equal(here.updates.length, 1);
  });
});

describe('an error in the log', () => {
  it('has its stack and its causes', () => {
    const text = described(new Error('outside', { cause: new Error('inside') }));
    assert.match(text, /outside[\s\S]+service\.test[\s\S]+caused by Error: inside[\s\S]+service\.test/);
  });

  it('is itself where it is no error', () => assert.equal(described('just text'), 'just text'));
});
