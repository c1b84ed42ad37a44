// The cache as clients and upstream see it; the fine points of RFC 9111 have tests of their own.
import assert from 'node:assert/strict';
import { Scene } from '../support/cache-scene.ts';
import { head } from '../support/conversation.ts';
import { asked, forwarded, ok } from '../support/messages.ts';
import { useStage } from '../support/stage.ts';

const fresh = 'Cache-Control: max-age=60';

describe('the cache', () => {
  const stage = useStage();

  it('serves a fresh response itself, with Cache-Status and Age', async () => {
    const scene = await Scene.begin(stage);
    await scene.forward('/a', [], ok('stored', fresh, 'ETag: "1"', 'X-Case: kept'));
    scene.proxy.clock.advance(5000);
    const answer = await scene.ask('/a');
    assert.equal(answer.body, 'stored');
    assert.match(answer.field('cache-status') ?? '', /^Wirelens; hit; ttl=5\d$/);
    assert.match(answer.field('age') ?? '', /^[56]$/);
    assert.match(answer.head, /\r\nX-Case: kept\r\n/);
    assert.deepEqual([await scene.cached(1), await scene.cached(2)], ['miss', 'hit']);
    const { decision, connection } = await scene.proxy.detail(2);
    assert.deepEqual([decision?.find.kind, connection], ['hit', undefined]);
    const { counters } = scene.proxy.engine.state();
    assert.deepEqual([counters.hits, counters.misses, counters.stored], [1, 1, 1]);
  });

  it('puts no Cache-Status on what it forwards', async () => {
    const scene = await Scene.begin(stage);
    scene.client.send(asked(scene.origin, '/a'));
    await scene.answer(ok('stored', fresh));
    await scene.client.expect(ok('stored', fresh));
  });

  it('puts Cache-Status on what it forwards where that is set', async () => {
    const scene = await Scene.begin(stage, { 'cache.statusOnForwarded': true });
    scene.client.send(asked(scene.origin, '/a'));
    await scene.answer(ok('stored', fresh));
    const answer = await scene.client.readAnswer();
    assert.match(answer.field('cache-status') ?? '', /^Wirelens; fwd=uri-miss; fwd-status=200; stored; ttl=(60|59)/);
  });

  it('validates a stale response, and serves it again after 304', async () => {
    const scene = await Scene.begin(stage);
    await scene.forward('/a', [], ok('stored', 'Cache-Control: max-age=10', 'ETag: "1"'));
    scene.proxy.clock.advance(20_000);
    scene.client.send(asked(scene.origin, '/a'));
    const asking = await scene.answer(head('HTTP/1.1 304 Not Modified', 'ETag: "1"', 'X-New: 1'));
    assert.equal(asking, forwarded(scene.origin, '/a', 'If-None-Match: "1"'));
    const answer = await scene.client.readAnswer();
    assert.deepEqual([answer.status, answer.body, answer.field('x-new')], [200, 'stored', '1']);
    assert.match(answer.field('cache-status') ?? '', /fwd=stale; fwd-status=304/);
    assert.equal(await scene.cached(2), 'validated');
    assert.equal((await scene.ask('/a')).body, 'stored');
    assert.equal(await scene.cached(3), 'hit');
  });

  it('replaces a stale response that has changed', async () => {
    const scene = await Scene.begin(stage);
    await scene.forward('/a', [], ok('old', 'Cache-Control: max-age=10', 'ETag: "1"'));
    scene.proxy.clock.advance(20_000);
    await scene.forward('/a', [], ok('new', fresh, 'ETag: "2"'));
    assert.equal((await scene.ask('/a')).body, 'new');
    assert.equal(await scene.cached(3), 'hit');
  });

  it('serves a stale response in place of a 503 where stale-if-error allows it, however that one ends', async () => {
    const scene = await Scene.begin(stage);
    await scene.forward('/a', [], ok('stored', 'Cache-Control: max-age=1, stale-if-error=60'));
    for (const failure of [
      head('HTTP/1.1 503 Service Unavailable', 'Content-Length: 4') + 'busy',
      head('HTTP/1.1 503 Service Unavailable', 'Connection: close', 'Content-Length: 100') + 'part',
    ]) {
      scene.proxy.clock.advance(2000);
      scene.client.send(asked(scene.origin, '/a'));
      await scene.answer(failure);
      if (failure.includes('close')) scene.hangUp();
      const answer = await scene.client.readAnswer();
      assert.deepEqual([answer.status, answer.body], [200, 'stored']);
      assert.match(answer.field('cache-status') ?? '', /detail=stale-if-error/);
    }
    assert.equal(await scene.cached(3), 'stale');
  });

  it('answers the client’s own condition with 304', async () => {
    const scene = await Scene.begin(stage);
    await scene.forward('/a', [], ok('stored', fresh, 'ETag: "1"'));
    scene.client.send(asked(scene.origin, '/a', 'If-None-Match: "1"'));
    assert.match(await scene.client.readHead(), /^HTTP\/1\.1 304 /);
    assert.equal((await scene.ask('/a')).body, 'stored');
  });

  it('keeps a response for each variant that Vary names', async () => {
    const scene = await Scene.begin(stage);
    const vary = [fresh, 'Vary: Accept-Language'];
    await scene.forward('/a', ['Accept-Language: en'], ok('english', ...vary));
    await scene.forward('/a', ['Accept-Language: de'], ok('deutsch', ...vary));
    assert.equal((await scene.ask('/a', 'Accept-Language: en')).body, 'english');
    assert.equal((await scene.ask('/a', 'Accept-Language: de')).body, 'deutsch');
    assert.equal(scene.proxy.engine.cacheSnapshot().total, 2);
  });

  for (const [name, request, response] of [
    ['no-store', [], ['Cache-Control: no-store, max-age=60']],
    ['private', [], ['Cache-Control: private, max-age=60']],
    ['Authorization', ['Authorization: Basic eDp5'], [fresh]],
    ['no-store in the request', ['Cache-Control: no-store'], [fresh]],
    ['Vary: *', [], [fresh, 'Vary: *']],
  ] as const) {
    it(`stores nothing: ${name}`, async () => {
      const scene = await Scene.begin(stage);
      await scene.forward('/a', request, ok('first', ...response));
      await scene.forward('/a', request, ok('second', ...response));
      assert.equal(scene.proxy.engine.cacheSnapshot().total, 0);
      const { store } = (await scene.proxy.detail(2)).decision ?? {};
      assert.equal(store?.kind, 'not-stored');
    });
  }

  it('stores what came with Authorization where the response says public', async () => {
    const scene = await Scene.begin(stage);
    await scene.forward('/a', ['Authorization: Basic eDp5'], ok('stored', 'Cache-Control: public, max-age=60'));
    assert.equal((await scene.ask('/a')).body, 'stored');
  });

  it('drops what a successful unsafe request has changed', async () => {
    const scene = await Scene.begin(stage);
    await scene.forward('/a', [], ok('old', fresh));
    scene.client.send(head(`DELETE ${scene.origin.url('/a')} HTTP/1.1`, `Host: ${scene.origin.authority}`));
    await scene.answer(head('HTTP/1.1 204 No Content'));
    await scene.client.readHead();
    assert.deepEqual((await scene.proxy.detail(2)).decision?.invalidated, [scene.origin.url('/a')]);
    await scene.forward('/a', [], ok('new', fresh));
  });

  it('answers HEAD from a stored GET', async () => {
    const scene = await Scene.begin(stage);
    await scene.forward('/a', [], ok('stored', fresh));
    scene.client.send(head(`HEAD ${scene.origin.url('/a')} HTTP/1.1`, `Host: ${scene.origin.authority}`));
    const text = await scene.client.readHead();
    assert.match(text, /\r\nContent-Length: 6\r\n/);
    assert.equal((await scene.proxy.flow(2)).responseBytes, 0);
    assert.equal((await scene.ask('/a')).body, 'stored');
  });

  it('asks upstream where the client says no-cache', async () => {
    const scene = await Scene.begin(stage);
    await scene.forward('/a', [], ok('old', fresh));
    await scene.forward('/a', ['Cache-Control: no-cache'], ok('new', fresh));
    assert.equal((await scene.ask('/a')).body, 'new');
  });

  it('keeps a response no longer than cache.ttl without asking', async () => {
    const scene = await Scene.begin(stage, { 'cache.ttl': 10 });
    await scene.forward('/a', [], ok('old', 'Cache-Control: max-age=86400', 'ETag: "1"'));
    scene.proxy.clock.advance(11_000);
    scene.client.send(asked(scene.origin, '/a'));
    assert.match(await scene.answer(head('HTTP/1.1 304 Not Modified', 'ETag: "1"')), /If-None-Match: "1"/);
    assert.equal((await scene.client.readAnswer()).body, 'old');
  });

  it('stores nothing that broke off, and nothing that the client did not wait for', async () => {
    const scene = await Scene.begin(stage);
    scene.client.send(asked(scene.origin, '/a'));
    const upstream = await scene.origin.accept();
    await upstream.readHead();
    upstream.send(head('HTTP/1.1 200 OK', fresh, 'Content-Length: 10') + 'part').end();
    await scene.client.expectClose();
    const { decision } = await scene.proxy.detail();
    assert.deepEqual(decision?.store?.kind === 'not-stored' && decision.store.reason, 'broken-off');
    const other = await stage.client(scene.proxy);
    other.send(asked(scene.origin, '/b'));
    const second = await scene.origin.accept();
    await second.readHead();
    second.send(head('HTTP/1.1 200 OK', fresh, 'Content-Length: 10') + 'part');
    await other.readHead();
    other.reset();
    await second.expectClose();
    await scene.proxy.flow(2);
    assert.equal(scene.proxy.engine.cacheSnapshot().total, 0);
  });

  it('stores chunked responses, and serves them by length', async () => {
    const scene = await Scene.begin(stage);
    scene.client.send(asked(scene.origin, '/a'));
    const body = '3\r\nabc\r\n4\r\ndefg\r\n0\r\n\r\n';
    await scene.answer(head('HTTP/1.1 200 OK', fresh, 'Transfer-Encoding: chunked') + body);
    await scene.client.readThrough('0\r\n\r\n');
    await scene.proxy.flow(1);
    const answer = await scene.ask('/a');
    assert.deepEqual([answer.body, answer.field('transfer-encoding')], ['abcdefg', undefined]);
    assert.equal((await scene.proxy.body(2, 'response')).toString(), 'abcdefg');
  });

  it('that is off stores nothing and serves nothing', async () => {
    const scene = await Scene.begin(stage, { 'cache.mode': 'off' });
    await scene.forward('/a', [], ok('first', fresh));
    await scene.forward('/a', [], ok('second', fresh));
    assert.equal(await scene.cached(2), 'none');
  });

  it('is flushed as a whole, or loses one entry', async () => {
    const scene = await Scene.begin(stage);
    for (const path of ['/a', '/b', '/c']) await scene.forward(path, [], ok('stored', fresh));
    const { entries } = scene.proxy.engine.cacheSnapshot();
    assert.equal(entries.length, 3);
    const [entry] = entries.filter(({ url }) => url.endsWith('/b'));
    assert.equal(scene.proxy.engine.cache.evict(entry!.id), true);
    assert.equal(scene.proxy.engine.cacheSnapshot().total, 2);
    assert.equal(scene.proxy.engine.cache.flush(), 2);
    await scene.forward('/a', [], ok('again', fresh));
  });
});
