// Upstream connections: which one carries an exchange, which are kept, and the reason for each.
import assert from 'node:assert/strict';
import type { Conversation } from '../support/conversation.ts';
import { head } from '../support/conversation.ts';
import { asked, forwarded, ok, roundTrip } from '../support/messages.ts';
import type { ScriptedOrigin } from '../support/origin.ts';
import type { Proxy } from '../support/proxy.ts';
import { useStage, type Stage } from '../support/stage.ts';
import { until } from '../support/until.ts';

/** So many exchanges at once, each on a connection of its own; all are idle afterwards. */
async function warm(stage: Stage, proxy: Proxy, origin: ScriptedOrigin, count: number): Promise<Conversation[]> {
  const upstreams: Conversation[] = [];
  const clients: Conversation[] = [];
  for (let index = 0; index < count; index += 1) {
    const client = await stage.client(proxy);
    client.send(asked(origin, `/warm/${index}`));
    const upstream = await origin.accept();
    await upstream.expect(forwarded(origin, `/warm/${index}`));
    clients.push(client);
    upstreams.push(upstream);
  }
  for (const [index, upstream] of upstreams.entries()) {
    upstream.send(ok('warm'));
    await clients[index]!.expect(ok('warm'));
  }
  return upstreams;
}

describe('upstream connections', () => {
  const stage = useStage();

  it('are used again, by other clients too, and the record says so', async () => {
    const proxy = await stage.proxy();
    const origin = await stage.origin();
    const upstream = await roundTrip(await stage.client(proxy), origin.accept(), origin, '/1');
    await proxy.parked(1);
    proxy.clock.advance(3000);
    await roundTrip(await stage.client(proxy), upstream, origin, '/2');
    const [first, second] = [await proxy.detail(1), await proxy.detail(2)];
    const { localPort, ...opened } = first.connection!;
    assert.deepEqual(opened, { id: 1, kind: 'new', reason: 'none-idle', exchange: 1, remote: origin.authority });
    const { idleFor, ...reused } = second.connection!;
    assert.deepEqual(reused, { id: 1, kind: 'reused', exchange: 2, remote: origin.authority, localPort });
    assert.ok(idleFor! >= 3000);
    assert.notEqual(first.timing.connect, undefined);
    assert.equal(second.timing.connect, undefined);
    const [summary] = proxy.engine.origins();
    const { connections, ...counts } = summary!;
    assert.deepEqual(counts, { key: `http://${origin.authority}`, opened: 1, reused: 1, waiting: 0 });
    assert.equal(connections.length, 1);
  });

  it('are taken last in, first out, so that the surplus can grow old', async () => {
    const proxy = await stage.proxy();
    const origin = await stage.origin();
    const [, , last] = await warm(stage, proxy, origin, 3);
    await roundTrip(await stage.client(proxy), Promise.resolve(last!), origin, '/again');
  });

  it('are shared only within an identity: another name or port has its own', async () => {
    const proxy = await stage.proxy();
    const origin = await stage.origin();
    const other = await stage.origin();
    const client = await stage.client(proxy);
    await roundTrip(client, origin.accept(), origin);
    await roundTrip(client, other.accept(), other);
    origin.host = 'localhost';
    await roundTrip(client, origin.accept(), origin);
    assert.equal(proxy.engine.origins().length, 3);
  });

  it('are closed when they have been idle for the time that is set', async () => {
    const proxy = await stage.proxy({ 'pool.idleTimeout': 30 });
    const origin = await stage.origin();
    const upstream = await roundTrip(await stage.client(proxy), origin.accept(), origin);
    await proxy.parked(1);
    proxy.clock.advance(31_000);
    await upstream.expectEnd();
    await until(() => proxy.engine.origins()[0]?.lastClose === 'idle-timeout', 'the reason is known');
  });

  it('are not used once their time is over, even before they are swept away', async () => {
    const proxy = await stage.proxy({ 'pool.idleTimeout': 30 });
    const origin = await stage.origin();
    const client = await stage.client(proxy);
    const upstream = await roundTrip(client, origin.accept(), origin, '/1');
    await proxy.parked(1);
    proxy.clock.advance(31_000);
    await roundTrip(client, origin.accept(), origin, '/2');
    await upstream.expectEnd();
  });

  it('are looked through every so many exchanges, whichever origin those ask', async () => {
    const proxy = await stage.proxy({ 'pool.idleTimeout': 30, 'pool.cleanUpEvery': 3 });
    const [left, other] = [await stage.origin(), await stage.origin()];
    const client = await stage.client(proxy);
    const idle = await roundTrip(client, left.accept(), left, '/1');
    await roundTrip(client, idle, left, '/2');
    await proxy.parked(1);
    proxy.clock.advance(31_000);
    client.send(asked(other, '/3'));
    await (await other.accept()).expect(forwarded(other, '/3'));
    // Sooner than the timer comes by.
    assert.deepEqual(proxy.upstream(), { busy: 1, idle: 0, tunnel: 0, connecting: 0 });
    await idle.expectEnd();
  });

  it('are kept up to a number for each origin', async () => {
    const proxy = await stage.proxy({ 'pool.maxIdlePerOrigin': 2 });
    const origin = await stage.origin();
    const upstreams = await warm(stage, proxy, origin, 3);
    await upstreams[2]!.expectEnd();
    await proxy.parked(2);
    assert.equal((await proxy.detail(3)).connection?.closed, 'idle-limit');
  });

  it('are kept up to a number in all', async () => {
    const proxy = await stage.proxy({ 'pool.maxIdle': 1 });
    const origin = await stage.origin();
    const other = await stage.origin();
    const client = await stage.client(proxy);
    await roundTrip(client, origin.accept(), origin);
    await proxy.parked(1);
    const second = await roundTrip(client, other.accept(), other);
    await second.expectEnd();
    await proxy.parked(1);
  });

  for (const name of ['pool.maxIdlePerOrigin', 'pool.maxIdle'] as const) {
    it(`are closed, the oldest first, when ${name} is lowered below their number`, async () => {
      const proxy = await stage.proxy();
      const origin = await stage.origin();
      const upstreams = await warm(stage, proxy, origin, 3);
      await proxy.parked(3);
      await proxy.configure({ [name]: 1 });
      await upstreams[0]!.expectEnd();
      await upstreams[1]!.expectEnd();
      await proxy.parked(1);
      await roundTrip(await stage.client(proxy), upstreams[2]!, origin, '/again');
    });
  }

  it('are left before upstream closes them, where it said Keep-Alive: timeout=', async () => {
    const proxy = await stage.proxy();
    const origin = await stage.origin();
    const client = await stage.client(proxy);
    client.send(asked(origin, '/1'));
    const upstream = await origin.accept();
    await upstream.readHead();
    upstream.send(ok('1', 'Keep-Alive: timeout=5, max=100'));
    await client.expect(ok('1'));
    await proxy.parked(1);
    proxy.clock.advance(4500);
    await roundTrip(client, origin.accept(), origin, '/2');
    await upstream.expectEnd();
  });

  it('are not used again after Connection: close', async () => {
    const proxy = await stage.proxy();
    const origin = await stage.origin();
    const client = await stage.client(proxy);
    client.send(asked(origin, '/1'));
    const upstream = await origin.accept();
    await upstream.readHead();
    upstream.send(ok('1', 'Connection: close'));
    await client.expect(ok('1'));
    await upstream.expectEnd();
    await roundTrip(client, origin.accept(), origin, '/2');
    assert.equal((await proxy.detail(1)).connection?.closed, 'upstream-said-close');
    assert.equal((await proxy.detail(2)).connection?.reason, 'none-idle');
  });

  it('are not used again after bytes beyond the answer', async () => {
    const proxy = await stage.proxy();
    const origin = await stage.origin();
    const client = await stage.client(proxy);
    client.send(asked(origin, '/1'));
    const upstream = await origin.accept();
    await upstream.readHead();
    upstream.send(`${ok('1')}surplus`);
    await client.expect(ok('1'));
    await upstream.expectClose();
    assert.deepEqual((await proxy.detail(1)).leniencies, ['surplus-bytes']);
    await roundTrip(client, origin.accept(), origin, '/2');
  });

  it('that upstream closes while they are idle are replaced, with the reason', async () => {
    const proxy = await stage.proxy();
    const origin = await stage.origin();
    const client = await stage.client(proxy);
    const upstream = await roundTrip(client, origin.accept(), origin, '/1');
    await proxy.parked(1);
    upstream.end();
    await until(() => proxy.engine.pool.size === 0, 'the connection is gone');
    await roundTrip(client, origin.accept(), origin, '/2');
    assert.equal((await proxy.detail(2)).connection?.reason, 'idle-one-closed');
  });

  it('are not kept where keep-alive is off, and upstream is told', async () => {
    const proxy = await stage.proxy({ keepAlive: false });
    const origin = await stage.origin();
    const client = await stage.client(proxy);
    client.send(asked(origin, '/1'));
    const upstream = await origin.accept();
    await upstream.expect(forwarded(origin, '/1', 'Connection: close'));
    upstream.send(ok('1'));
    await client.expect(head('HTTP/1.1 200 OK', 'Content-Length: 1', 'Connection: close') + '1');
    await client.expectEnd();
    await upstream.expectEnd();
    assert.equal((await proxy.detail()).connection?.reason, 'keep-alive-off');
  });
});

describe('a reused connection that dies before any answer', () => {
  const stage = useStage();

  for (const way of ['end', 'reset'] as const) {
    it(`is replaced once for a GET, after ${way === 'end' ? 'an end' : 'a reset'}`, async () => {
      const proxy = await stage.proxy();
      const origin = await stage.origin();
      const client = await stage.client(proxy);
      const upstream = await roundTrip(client, origin.accept(), origin, '/1');
      client.send(asked(origin, '/2'));
      await upstream.readHead();
      upstream[way]();
      const again = await origin.accept();
      await again.expect(forwarded(origin, '/2'));
      again.send(ok('2'));
      await client.expect(ok('2'));
      const { connection } = await proxy.detail(2);
      assert.deepEqual([connection?.kind, connection?.reason, connection?.retried], ['new', 'retry', true]);
    });
  }

  it('is replaced for a PUT with its whole body', async () => {
    const proxy = await stage.proxy();
    const origin = await stage.origin();
    const client = await stage.client(proxy);
    const upstream = await roundTrip(client, origin.accept(), origin, '/1');
    client.send(head(`PUT ${origin.url('/2')} HTTP/1.1`, `Host: ${origin.authority}`, 'Content-Length: 4') + 'body');
    await upstream.readHead();
    upstream.reset();
    const again = await origin.accept();
    await again.readHead();
    await again.expect('body');
    again.send(ok('2'));
    await client.expect(ok('2'));
    assert.equal((await proxy.body(2, 'request')).toString(), 'body');
  });

  it('is not replaced twice', async () => {
    const proxy = await stage.proxy();
    const origin = await stage.origin();
    const client = await stage.client(proxy);
    const upstream = await roundTrip(client, origin.accept(), origin, '/1');
    client.send(asked(origin, '/2'));
    await upstream.readHead();
    upstream.reset();
    const again = await origin.accept();
    await again.readHead();
    again.reset();
    assert.equal((await client.readAnswer()).status, 502);
    assert.equal(origin.accepted, 2);
  });

  it('is not replaced for a POST', async () => {
    const proxy = await stage.proxy();
    const origin = await stage.origin();
    const client = await stage.client(proxy);
    const upstream = await roundTrip(client, origin.accept(), origin, '/1');
    client.send(head(`POST ${origin.url('/2')} HTTP/1.1`, `Host: ${origin.authority}`, 'Content-Length: 4') + 'body');
    await upstream.readHead();
    upstream.reset();
    const answer = await client.readAnswer();
    assert.equal(answer.status, 502);
    assert.match(answer.field('proxy-status') ?? '', /error=connection_terminated/);
    assert.equal(origin.accepted, 1);
  });

  it('is not replaced after a part of the answer', async () => {
    const proxy = await stage.proxy();
    const origin = await stage.origin();
    const client = await stage.client(proxy);
    const upstream = await roundTrip(client, origin.accept(), origin, '/1');
    client.send(asked(origin, '/2'));
    await upstream.readHead();
    upstream.send('HTTP/1.1 200').end();
    assert.equal((await client.readAnswer()).status, 502);
    assert.equal(origin.accepted, 1);
  });

  it('was reused: a new one is not replaced', async () => {
    const proxy = await stage.proxy();
    const origin = await stage.origin();
    const client = await stage.client(proxy);
    client.send(asked(origin, '/1'));
    const upstream = await origin.accept();
    await upstream.readHead();
    upstream.reset();
    assert.equal((await client.readAnswer()).status, 502);
    assert.equal(origin.accepted, 1);
  });
});

describe('a limit of connections to an origin', () => {
  const stage = useStage();

  it('has the next exchange wait for a connection, which the record shows', async () => {
    const proxy = await stage.proxy({ 'pool.maxPerOrigin': 1 });
    const origin = await stage.origin();
    const [first, second] = [await stage.client(proxy), await stage.client(proxy)];
    first.send(asked(origin, '/1'));
    const upstream = await origin.accept();
    second.send(asked(origin, '/2'));
    await until(() => proxy.engine.origins()[0]?.waiting === 1, 'the second waits');
    await upstream.expect(forwarded(origin, '/1'));
    upstream.send(ok('1'));
    await first.expect(ok('1'));
    await upstream.expect(forwarded(origin, '/2'));
    upstream.send(ok('2'));
    await second.expect(ok('2'));
    assert.equal(origin.accepted, 1);
    const { connection } = await proxy.detail(2);
    assert.equal(connection?.kind, 'reused');
    assert.ok(connection?.waitedFor !== undefined);
  });

  it('gives one who waits a new connection where the old one is not kept', async () => {
    const proxy = await stage.proxy({ 'pool.maxPerOrigin': 1 });
    const origin = await stage.origin();
    const [first, second] = [await stage.client(proxy), await stage.client(proxy)];
    first.send(asked(origin, '/1'));
    const upstream = await origin.accept();
    second.send(asked(origin, '/2'));
    await until(() => proxy.engine.origins()[0]?.waiting === 1, 'the second waits');
    await upstream.readHead();
    upstream.send(ok('1', 'Connection: close'));
    const next = await origin.accept();
    await next.readHead();
    next.send(ok('2'));
    await second.expect(ok('2'));
  });

  it('lets who waits go on when the limit is raised', async () => {
    const proxy = await stage.proxy({ 'pool.maxPerOrigin': 1 });
    const origin = await stage.origin();
    const clients = [await stage.client(proxy), await stage.client(proxy), await stage.client(proxy)];
    for (const [at, client] of clients.entries()) client.send(asked(origin, `/${at}`));
    const upstreams = [await origin.accept()];
    await until(() => proxy.engine.origins()[0]?.waiting === 2, 'the others wait');
    await proxy.configure({ 'pool.maxPerOrigin': 2 });
    upstreams.push(await origin.accept());
    assert.equal(proxy.engine.origins()[0]?.waiting, 1);
    await proxy.configure({ 'pool.maxPerOrigin': 0 });
    upstreams.push(await origin.accept());
    for (const upstream of upstreams) {
      await upstream.readHead();
      upstream.send(ok('answer'));
    }
    for (const client of clients) await client.expect(ok('answer'));
  });

  it('forgets one who waits and goes away', async () => {
    const proxy = await stage.proxy({ 'pool.maxPerOrigin': 1 });
    const origin = await stage.origin();
    const [first, second] = [await stage.client(proxy), await stage.client(proxy)];
    first.send(asked(origin, '/1'));
    const upstream = await origin.accept();
    second.send(asked(origin, '/2'));
    await until(() => proxy.engine.origins()[0]?.waiting === 1, 'the second waits');
    second.reset();
    await until(() => proxy.engine.origins()[0]?.waiting === 0, 'nobody waits');
    await upstream.readHead();
    upstream.send(ok('1'));
    await first.expect(ok('1'));
    await roundTrip(first, upstream, origin, '/3');
  });
});
