// Requests for the same thing at the same time: upstream is asked once, and everybody gets the answer as it arrives.
import assert from 'node:assert/strict';
import { Scene } from '../support/cache-scene.ts';
import { head, type Conversation } from '../support/conversation.ts';
import { ok } from '../support/messages.ts';
import { useStage } from '../support/stage.ts';
import { until } from '../support/until.ts';

const fresh = 'Cache-Control: max-age=60';

describe('requests at the same time', () => {
  const stage = useStage();

  /** So many clients have asked for the same, one after the other, and the proxy has read all of it. */
  async function crowd(scene: Scene, count: number): Promise<Conversation[]> {
    const clients: Conversation[] = [];
    const before = scene.proxy.flows().length;
    for (let one = 1; one <= count; one += 1) {
      clients.push(await scene.another(stage, '/slow'));
      await until(() => scene.proxy.flows().length === before + one, `request ${one} is read`);
    }
    return clients;
  }

  it('become one, and all stream as it arrives', async () => {
    const scene = await Scene.begin(stage);
    const clients = await crowd(scene, 10);
    const upstream = await scene.origin.accept();
    await upstream.readHead();
    upstream.send(head('HTTP/1.1 200 OK', fresh, 'Content-Length: 10') + 'first');
    for (const client of clients) assert.match(await client.readThrough('first'), /^HTTP\/1\.1 200 OK\r\n/);
    upstream.send('after');
    for (const client of clients) await client.expect('after');
    await scene.proxy.flow(10);
    assert.equal(scene.origin.accepted, 1);
    assert.equal(scene.proxy.engine.state().counters.collapsed, 9);
    const followed = scene.proxy.flows().filter(({ url }) => url.endsWith('/slow'));
    assert.equal(followed.length, 10);
    const { decision, connection } = await scene.proxy.detail(2);
    assert.deepEqual([decision?.collapsed, connection], [true, undefined]);
    assert.equal((await scene.ask('/slow')).body, 'firstafter');
  });

  it('say so in Cache-Status', async () => {
    const scene = await Scene.begin(stage);
    const [leader, follower] = await crowd(scene, 2);
    await scene.answer(ok('stored', fresh));
    assert.equal((await leader?.readAnswer())?.field('cache-status'), undefined);
    const answer = await follower?.readAnswer();
    assert.deepEqual([answer?.body, answer?.field('age')], ['stored', '0']);
    assert.equal(answer?.field('cache-status'), 'Wirelens; fwd=uri-miss; collapsed');
  });

  it('stream chunked answers too', async () => {
    const scene = await Scene.begin(stage);
    const [leader, follower] = await crowd(scene, 2);
    const upstream = await scene.origin.accept();
    await upstream.readHead();
    upstream.send(head('HTTP/1.1 200 OK', fresh, 'Transfer-Encoding: chunked') + '3\r\nabc\r\n');
    for (const client of [leader, follower]) await client?.readThrough('3\r\nabc\r\n');
    upstream.send('2\r\nde\r\n0\r\n\r\n');
    for (const client of [leader, follower]) await client?.expect('2\r\nde\r\n0\r\n\r\n');
  });

  it('are not made to wait for each other where nothing may be stored', async () => {
    const scene = await Scene.begin(stage);
    const clients = await crowd(scene, 6);
    const first = await scene.origin.accept();
    await first.readHead();
    first.send(head('HTTP/1.1 200 OK', 'Cache-Control: no-store', 'Content-Length: 10') + 'first');
    // The body of the first is still on its way: the others ask for themselves, all at once.
    const others: Conversation[] = [];
    for (let one = 0; one < 5; one += 1) others.push(await scene.origin.accept());
    for (const upstream of others) await upstream.readHead();
    first.send('after');
    for (const upstream of others) upstream.send(ok('alone', 'Cache-Control: no-store'));
    for (const client of clients) await client.readAnswer();
    assert.equal(scene.proxy.engine.state().counters.collapsed, 0);
    // What was learned is remembered: nobody waits for a head either.
    await scene.proxy.parked(6);
    await crowd(scene, 2);
    await until(() => scene.proxy.upstream().busy === 2, 'both requests are at upstream');
  });

  it('outlive the client that was first', async () => {
    const scene = await Scene.begin(stage);
    const [leader, follower] = await crowd(scene, 2);
    const upstream = await scene.origin.accept();
    await upstream.readHead();
    leader?.reset();
    await stage.caughtUp(scene.proxy);
    upstream.send(head('HTTP/1.1 200 OK', fresh, 'Content-Length: 10') + 'first');
    await follower?.readThrough('first');
    upstream.send('after');
    await follower?.expect('after');
    assert.equal((await scene.proxy.flow(1)).error?.code, 'client-left');
    assert.equal((await scene.ask('/slow')).body, 'firstafter');
  });

  it('are broken off at upstream when the last client has left', async () => {
    const scene = await Scene.begin(stage);
    const [leader, follower] = await crowd(scene, 2);
    const upstream = await scene.origin.accept();
    await upstream.readHead();
    upstream.send(head('HTTP/1.1 200 OK', fresh, 'Content-Length: 10') + 'first');
    await leader?.readThrough('first');
    await follower?.readThrough('first');
    leader?.reset();
    await stage.caughtUp(scene.proxy);
    assert.equal(upstream.over, false);
    follower?.reset();
    await upstream.expectClose();
  });

  it('all break off where upstream does', async () => {
    const scene = await Scene.begin(stage);
    const clients = await crowd(scene, 2);
    const upstream = await scene.origin.accept();
    await upstream.readHead();
    upstream.send(head('HTTP/1.1 200 OK', fresh, 'Content-Length: 10') + 'first').end();
    for (const client of clients) await client.expectClose();
    assert.equal(scene.proxy.engine.cacheSnapshot().total, 0);
  });
});
