// The admission gate as clients meet it: so many at once, so many waiting, the rest refused.
import assert from 'node:assert/strict';
import { asked, forwarded, ok, roundTrip } from '../support/messages.ts';
import { useStage } from '../support/stage.ts';
import { until } from '../support/until.ts';

describe('admission', () => {
  const stage = useStage();

  it('lets two in, has the third wait, refuses the fourth with 503, and goes on when one leaves', async () => {
    const proxy = await stage.proxy({ maxConcurrent: 2, maxQueued: 1 });
    const origin = await stage.origin();
    const [first, second, third, fourth] = await Promise.all([1, 2, 3, 4].map(() => stage.client(proxy)));
    first!.send(asked(origin, '/1'));
    const one = await origin.accept();
    second!.send(asked(origin, '/2'));
    const two = await origin.accept();
    third!.send(asked(origin, '/3'));
    await until(() => proxy.engine.state().queued === 1, 'the third waits');
    assert.equal(proxy.engine.state().inFlight, 2);
    assert.equal(proxy.flows()[2]?.state, 'queued');

    fourth!.send(asked(origin, '/4'));
    const answer = await fourth!.readAnswer();
    assert.equal(answer.status, 503);
    assert.match(answer.field('retry-after') ?? '', /^\d+$/);
    assert.match(answer.field('proxy-status') ?? '', /^Wirelens; ?error=connection_limit_reached/);
    assert.match(answer.body, /2 in flight, 1 waiting/);
    const refused = await proxy.flow(4);
    assert.deepEqual([refused.state, refused.status, refused.error?.code], ['failed', 503, 'too-busy']);
    assert.equal(proxy.engine.state().counters.refused, 1);

    await one.expect(forwarded(origin, '/1'));
    one.send(ok('1'));
    await first!.expect(ok('1'));
    await one.expect(forwarded(origin, '/3'));
    one.send(ok('3'));
    await third!.expect(ok('3'));
    assert.ok((await proxy.detail(3)).timing.queued !== undefined);
    assert.equal((await proxy.detail(1)).timing.queued, undefined);
    await two.readHead();
    two.send(ok('2'));
    await second!.expect(ok('2'));
  });

  it('keeps a refused client’s connection for its next try', async () => {
    const proxy = await stage.proxy({ maxConcurrent: 1, maxQueued: 0 });
    const origin = await stage.origin();
    const first = await stage.client(proxy);
    const second = await stage.client(proxy);
    first.send(asked(origin, '/1'));
    const upstream = await origin.accept();
    second.send(asked(origin, '/2'));
    assert.equal((await second.readAnswer()).status, 503);
    await upstream.readHead();
    upstream.send(ok('1'));
    await first.expect(ok('1'));
    await roundTrip(second, upstream, origin, '/3');
  });

  it('lets those who wait in when the limit is raised', async () => {
    const proxy = await stage.proxy({ maxConcurrent: 1, maxQueued: 5 });
    const origin = await stage.origin();
    const clients = await Promise.all([1, 2, 3].map(() => stage.client(proxy)));
    for (const [at, client] of clients.entries()) client.send(asked(origin, `/${at}`));
    await until(() => proxy.engine.state().queued === 2, 'two wait');
    await proxy.configure({ maxConcurrent: 3 });
    const upstreams = [await origin.accept(), await origin.accept(), await origin.accept()];
    for (const upstream of upstreams) upstream.send(ok('x'));
    for (const client of clients) await client.expect(ok('x'));
  });

  it('gives the slot of an exchange back that failed', async () => {
    const proxy = await stage.proxy({ maxConcurrent: 1, maxQueued: 0 });
    const dead = await stage.origin();
    await dead.close();
    const origin = await stage.origin();
    const client = await stage.client(proxy);
    for (let time = 0; time < 3; time += 1) {
      client.send(asked(dead, '/'));
      assert.equal((await client.readAnswer()).status, 502);
    }
    await roundTrip(client, origin.accept(), origin);
  });
});
