// Steering a running engine: keep-alive off and on, another port, stopping with a drain.
import assert from 'node:assert/strict';
import { connect } from 'node:net';
import { mock } from 'node:test';
import { head } from '../support/conversation.ts';
import { asked, forwarded, ok, roundTrip } from '../support/messages.ts';
import { useStage } from '../support/stage.ts';
import { until } from '../support/until.ts';

/** A port that is free at the moment. */
async function freePort(stage: ReturnType<typeof useStage>): Promise<number> {
  const origin = await stage.origin();
  await origin.close();
  return origin.port;
}

describe('changed limits', () => {
  const stage = useStage();

  it('hold for answers on connections opened from then on', async () => {
    const proxy = await stage.proxy();
    await proxy.configure({ 'limits.header': 1 });
    const origin = await stage.origin();
    const client = await stage.client(proxy);
    client.send(asked(origin, '/'));
    const upstream = await origin.accept();
    await upstream.readHead();
    upstream.send(head('HTTP/1.1 200 OK', `X-Long: ${'x'.repeat(2000)}`, 'Content-Length: 0'));
    assert.match(await client.readHead(), /^HTTP\/1\.1 502 /);
    assert.equal((await proxy.flow()).error?.code, 'bad-response');
  });
});

describe('turning keep-alive off', () => {
  const stage = useStage();

  it('closes idle connections on both sides at once', async () => {
    const proxy = await stage.proxy();
    const origin = await stage.origin();
    const client = await stage.client(proxy);
    const upstream = await roundTrip(client, origin.accept(), origin);
    await proxy.parked(1);
    await proxy.configure({ keepAlive: false });
    await upstream.expectEnd();
    await client.expectEnd();
    await until(() => proxy.engine.origins()[0]?.lastClose === 'keep-alive-off', 'the reason is known');
    assert.equal(proxy.engine.state().keepAlive, false);
  });

  it('closes busy connections after their exchange', async () => {
    const proxy = await stage.proxy();
    const origin = await stage.origin();
    const client = await stage.client(proxy);
    client.send(asked(origin, '/'));
    const upstream = await origin.accept();
    await upstream.readHead();
    await proxy.configure({ keepAlive: false });
    upstream.send(ok('undisturbed'));
    await client.expect(head('HTTP/1.1 200 OK', 'Content-Length: 11', 'Connection: close') + 'undisturbed');
    await client.expectEnd();
    await upstream.expectEnd();
  });

  it('closes connections after an exchange whose answer had begun', async () => {
    const proxy = await stage.proxy();
    const origin = await stage.origin();
    const client = await stage.client(proxy);
    client.send(asked(origin, '/'));
    const upstream = await origin.accept();
    await upstream.readHead();
    upstream.send(head('HTTP/1.1 200 OK', 'Content-Length: 8') + 'half');
    await client.expect(head('HTTP/1.1 200 OK', 'Content-Length: 8') + 'half');
    await proxy.configure({ keepAlive: false });
    upstream.send('half');
    await client.expect('half');
    await client.expectEnd();
    await upstream.expectEnd();
  });

  it('and on again lets connections live again', async () => {
    const proxy = await stage.proxy({ keepAlive: false });
    const origin = await stage.origin();
    await proxy.configure({ keepAlive: true });
    const client = await stage.client(proxy);
    const upstream = await roundTrip(client, origin.accept(), origin, '/1');
    await roundTrip(client, upstream, origin, '/2');
  });
});

describe('another port', () => {
  const stage = useStage();

  it('is taken while an exchange on the old one goes on', async () => {
    const proxy = await stage.proxy();
    const origin = await stage.origin();
    const client = await stage.client(proxy);
    client.send(asked(origin, '/old'));
    const upstream = await origin.accept();
    await upstream.expect(forwarded(origin, '/old'));
    const before = proxy.port;
    const port = await freePort(stage);
    assert.deepEqual(await proxy.configure({ port }), { kind: 'listening', host: '127.0.0.1', port });
    assert.equal(proxy.port, port);
    const refused = connect(before, '127.0.0.1');
    await new Promise<void>((fulfil) => refused.once('error', () => fulfil()));
    upstream.send(ok('old'));
    await client.expect(ok('old'));
    await roundTrip(await stage.client(proxy), upstream, origin, '/new');
    assert.equal(proxy.flows().length, 2);
  });

  it('that is taken already is refused with the reason, and the old one goes on', async () => {
    const proxy = await stage.proxy();
    const origin = await stage.origin();
    const before = proxy.port;
    const result = await proxy.configure({ port: origin.port });
    assert.deepEqual([result?.kind, result?.kind === 'failed' && result.reason], ['failed', 'port-in-use']);
    assert.equal(proxy.port, before);
    await roundTrip(await stage.client(proxy), origin.accept(), origin);
  });

  it('lets other settings be changed without rebinding', async () => {
    const proxy = await stage.proxy();
    const { port } = proxy;
    assert.equal(await proxy.configure({ maxConcurrent: 7 }), undefined);
    assert.equal(proxy.port, port);
  });

  it('and other settings lose nothing that was captured', async () => {
    const proxy = await stage.proxy();
    const origin = await stage.origin();
    await roundTrip(await stage.client(proxy), origin.accept(), origin, '/kept');
    const before = await proxy.detail();
    const capture = { 'capture.maxFlows': 100, 'capture.memory': 4, 'capture.disk': 0, 'capture.exclude': ['*'] };
    const rest = { keepAlive: false, 'cache.mode': 'off', workers: 1 } as const;
    await proxy.configure({ ...capture, ...rest, port: await freePort(stage) });
    assert.deepEqual(await proxy.detail(), before);
    assert.equal((await proxy.body(1, 'response')).toString(), 'answer to /kept');
  });
});

describe('stopping', () => {
  const stage = useStage();

  it('closes idle connections at once and lets a running exchange end', async () => {
    const proxy = await stage.proxy();
    const origin = await stage.origin();
    const [idle, busy] = [await stage.client(proxy), await stage.client(proxy)];
    const upstream = await roundTrip(idle, origin.accept(), origin, '/idle');
    await proxy.parked(1);
    busy.send(asked(origin, '/busy'));
    await until(() => proxy.engine.state().inFlight === 1, 'the exchange runs');
    const { port } = proxy;
    let closed = false;
    const closing = proxy.engine.close().then(() => (closed = true));
    await idle.expectClose();
    const refused = connect(port, '127.0.0.1');
    await new Promise<void>((fulfil) => refused.once('error', () => fulfil()));
    assert.equal(proxy.engine.state().listening, undefined);
    assert.equal(closed, false);
    await upstream.readHead();
    upstream.send(ok('drained'));
    await busy.expect(head('HTTP/1.1 200 OK', 'Content-Length: 7', 'Connection: close') + 'drained');
    await busy.expectEnd();
    busy.end();
    await closing;
    assert.equal((await proxy.flow(2)).state, 'done');
    await until(() => proxy.engine.pool.size === 0, 'upstream connections are closed');
  });

  it('waits for exchanges on a port that was left before, too', async () => {
    const proxy = await stage.proxy();
    const origin = await stage.origin();
    const client = await stage.client(proxy);
    client.send(asked(origin, '/'));
    const upstream = await origin.accept();
    await upstream.readHead();
    await proxy.configure({ port: await freePort(stage) });
    let closed = false;
    const closing = proxy.engine.close().then(() => (closed = true));
    await until(() => proxy.engine.state().listening === undefined, 'it stops');
    for (let turn = 0; turn < 50; turn += 1) await new Promise<void>((fulfil) => setImmediate(fulfil));
    assert.equal(closed, false);
    upstream.send(ok('drained'));
    await client.expect(head('HTTP/1.1 200 OK', 'Content-Length: 7', 'Connection: close') + 'drained');
    client.end();
    await closing;
  });

  it('keeps what was captured readable, and listening again goes on with it', async () => {
    const proxy = await stage.proxy();
    const origin = await stage.origin();
    const client = await stage.client(proxy);
    await roundTrip(client, origin.accept(), origin, '/1');
    await proxy.engine.close();
    await client.expectEnd();
    assert.equal((await proxy.detail(1)).status, 200);
    assert.equal((await proxy.engine.listen()).kind, 'listening');
    await roundTrip(await stage.client(proxy), origin.accept(), origin, '/2');
    assert.equal((await proxy.flow(2)).status, 200);
  });

  it('says of an exchange that it cut off that the proxy stopped, and not that the client went away', async () => {
    const proxy = await stage.proxy();
    const origin = await stage.origin();
    const client = await stage.client(proxy);
    client.send(asked(origin, '/'));
    await (await origin.accept()).readHead();
    mock.timers.enable({ apis: ['setTimeout'] });
    const closing = proxy.engine.close();
    mock.timers.tick(5000);
    mock.timers.reset();
    await closing;
    await client.expectClose();
    assert.equal((await proxy.flow()).error?.code, 'stopping');
  });

  it('leaves nothing of a running exchange when it is ended at once', async () => {
    const proxy = await stage.proxy();
    const origin = await stage.origin();
    const client = await stage.client(proxy);
    client.send(asked(origin, '/'));
    const upstream = await origin.accept();
    await upstream.readHead();
    proxy.engine.dispose();
    await client.expectClose();
    await upstream.expectClose();
  });
});

describe('a port that cannot be taken', () => {
  const stage = useStage();

  it('is named with the reason', async () => {
    const origin = await stage.origin();
    await assert.rejects(stage.proxy({ port: origin.port }), /port-in-use/);
  });
});
