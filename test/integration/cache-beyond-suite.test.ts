// What the public cache suite cannot see, and is wanted all the same: one test for each row.
import assert from 'node:assert/strict';
import { Scene } from '../support/cache-scene.ts';
import { head } from '../support/conversation.ts';
import { asked, forwarded, ok } from '../support/messages.ts';
import { useStage } from '../support/stage.ts';
import { until } from '../support/until.ts';

const fresh = 'Cache-Control: max-age=60';

describe('the cache, beyond what the public suite sees,', () => {
  const stage = useStage();

  it('says in Cache-Status what it did: hit, validated, stale, miss, not stored', async () => {
    const scene = await Scene.begin(stage, { 'cache.statusOnForwarded': true });
    const said: (string | undefined)[] = [];
    const ask = async (...fields: string[]): Promise<void> => {
      said.push((await scene.ask('/a', ...fields)).field('cache-status')?.replace(/-?\d+$|(?<=ttl=)-?\d+/, 'N'));
    };
    const pass = async (answer: string): Promise<void> => {
      const asking = ask();
      await scene.answer(answer);
      await asking;
    };
    await pass(ok('one', 'Cache-Control: no-store'));
    await pass(ok('one', 'Cache-Control: max-age=10', 'ETag: "1"'));
    await ask();
    scene.proxy.clock.advance(20_000);
    await ask('Cache-Control: max-stale');
    await pass(head('HTTP/1.1 304 Not Modified', 'ETag: "1"'));
    assert.deepEqual(said, [
      'Wirelens; fwd=uri-miss; fwd-status=200; detail=no-store',
      'Wirelens; fwd=uri-miss; fwd-status=200; stored; ttl=N',
      'Wirelens; hit; ttl=N',
      'Wirelens; hit; ttl=N; detail=max-stale',
      'Wirelens; fwd=stale; fwd-status=304; ttl=N',
    ]);
  });

  it('forgets a URL after PATCH, and all its variants after POST', async () => {
    const scene = await Scene.begin(stage);
    const change = async (method: string): Promise<void> => {
      scene.client.send(asked(scene.origin, '/a', 'Content-Length: 0').replace('GET', method));
      await scene.answer(ok('done'));
      await scene.client.readAnswer();
    };
    await scene.forward('/a', [], ok('one', fresh));
    await change('PATCH');
    await scene.forward('/a', ['Foo: 1'], ok('two', fresh, 'Vary: Foo'));
    await scene.forward('/a', ['Foo: 2'], ok('three', fresh, 'Vary: Foo'));
    await change('POST');
    assert.equal(scene.proxy.engine.cacheSnapshot().total, 0);
    assert.deepEqual((await scene.proxy.detail(5)).decision?.invalidated, [scene.origin.url('/a')]);
  });

  it('answers HEAD from a stored GET, and takes a HEAD that disagrees for a change', async () => {
    const scene = await Scene.begin(stage);
    await scene.forward('/a', [], ok('stored', 'Cache-Control: max-age=10', 'ETag: "1"'));
    scene.client.send(asked(scene.origin, '/a').replace('GET', 'HEAD'));
    assert.match(await scene.client.readHead(), /Content-Length: 6\r\n[^]*hit/);
    scene.proxy.clock.advance(5000);
    scene.client.send(asked(scene.origin, '/a', 'Cache-Control: no-cache').replace('GET', 'HEAD'));
    await scene.answer(head('HTTP/1.1 200 OK', 'ETag: "2"', 'Content-Length: 7', fresh));
    await scene.client.readHead();
    assert.match(await scene.forward('/a', [], ok('changed', fresh, 'ETag: "2"')), /If-None-Match: "1"/);
    const { decision } = await scene.proxy.detail(4);
    assert.equal(decision?.find.kind === 'miss' && decision.find.reason, 'head-differs');
  });

  it('takes queries that differ in what No-Vary-Search names for the same', async () => {
    const scene = await Scene.begin(stage);
    await scene.forward('/a?id=1&utm=x', [], ok('stored', fresh, 'No-Vary-Search: params=("utm")'));
    assert.equal((await scene.ask('/a?id=1&utm=y')).body, 'stored');
    assert.equal((await scene.ask('/a?id=1')).body, 'stored');
    await scene.forward('/a?id=2', [], ok('other', fresh));
    assert.equal(await scene.cached(4), 'miss');
  });

  it('answers 504 where the response must be validated and upstream is lost, and says why', async () => {
    const scene = await Scene.begin(stage);
    await scene.forward('/a', [], ok('stored', 'Cache-Control: max-age=10, must-revalidate', 'ETag: "1"'));
    scene.proxy.clock.advance(20_000);
    scene.client.send(asked(scene.origin, '/a'));
    const upstream = await scene.upstream();
    await upstream.readHead();
    await scene.origin.close();
    const answer = await scene.client.readAnswer();
    assert.equal(answer.status, 504);
    assert.match(answer.body, /must-revalidate/);
    assert.equal((await scene.proxy.flow(2)).error?.code, 'not-validated');
  });

  it('has 8 MiB for a second client, byte for byte', async () => {
    const scene = await Scene.begin(stage);
    const body = Buffer.alloc(8 * 1024 * 1024, 'The quick brown fox. ');
    const origin = await stage.httpOrigin((_request, response) => {
      response.setHeader('Cache-Control', 'max-age=60');
      response.end(body);
    });
    for (const word of ['miss', 'hit']) {
      scene.client.send(asked(origin, '/large'));
      await scene.client.readHead();
      assert.ok(body.equals(await scene.client.read(body.length)));
      const number = word === 'miss' ? 1 : 2;
      assert.equal(await scene.cached(number), word);
    }
  });

  it('stores no field of the connection', async () => {
    const scene = await Scene.begin(stage);
    const own = ['Connection: X-Own, keep-alive', 'X-Own: 1', 'Keep-Alive: timeout=9', 'Proxy-Authenticate: Basic'];
    await scene.forward('/a', [], ok('stored', fresh, ...own, 'X-Kept: 1'));
    const answer = await scene.ask('/a');
    for (const name of ['connection', 'x-own', 'keep-alive', 'proxy-authenticate']) {
      assert.equal(answer.field(name), undefined, name);
    }
    assert.equal(answer.field('x-kept'), '1');
  });

  it('serves stale while it validates once in the background, and then what came of it', async () => {
    const scene = await Scene.begin(stage);
    const directives = 'Cache-Control: max-age=10, stale-while-revalidate=60';
    await scene.forward('/a', [], ok('old', directives, 'ETag: "1"'));
    scene.proxy.clock.advance(20_000);
    assert.equal((await scene.ask('/a')).body, 'old');
    assert.equal((await scene.ask('/a')).body, 'old');
    assert.equal(await scene.answer(ok('new', fresh)), forwarded(scene.origin, '/a', 'If-None-Match: "1"'));
    await scene.proxy.parked(1);
    assert.equal((await scene.ask('/a')).body, 'new');
    const background = scene.proxy.flows().filter(({ source }) => source === 'cache');
    assert.deepEqual(
      background.map(({ status, state }) => [status, state]),
      [[200, 'done']],
    );
  });

  it('cuts ranges from what it has, and knows what it has not', async () => {
    const scene = await Scene.begin(stage);
    await scene.forward('/a', [], ok('0123456789', fresh, 'ETag: "1"'));
    const ask = async (...fields: string[]): Promise<readonly unknown[]> => {
      const answer = await scene.ask('/a', ...fields);
      return [answer.status, answer.field('content-range'), answer.body];
    };
    assert.deepEqual(await ask('Range: bytes=2-4'), [206, 'bytes 2-4/10', '234']);
    assert.deepEqual(await ask('Range: bytes=-3'), [206, 'bytes 7-9/10', '789']);
    assert.deepEqual(await ask('Range: bytes=20-'), [416, 'bytes */10', '']);
    assert.deepEqual(await ask('Range: bytes=2-4', 'If-Range: "1"'), [206, 'bytes 2-4/10', '234']);
    assert.deepEqual(await ask('Range: bytes=2-4', 'If-Range: "2"'), [200, undefined, '0123456789']);
    assert.deepEqual(await ask('Range: bytes=2-4', 'If-None-Match: "1"'), [304, undefined, '']);
  });

  it('joins parts with the same strong validator, asking only for the rest', async () => {
    const scene = await Scene.begin(stage);
    const part = (range: string, body: string, etag: string): string =>
      ok(body, fresh, `ETag: ${etag}`, `Content-Range: bytes ${range}/10`).replace('200 OK', '206 Partial Content');
    await scene.forward('/a', ['Range: bytes=0-4'], part('0-4', '01234', '"1"'));
    scene.client.send(asked(scene.origin, '/a'));
    const asking = await scene.answer(part('5-9', '56789', '"1"'));
    assert.equal(asking, forwarded(scene.origin, '/a', 'Range: bytes=5-', 'If-Range: "1"'));
    const answer = await scene.client.readAnswer();
    assert.deepEqual([answer.status, answer.field('content-range'), answer.body], [200, undefined, '0123456789']);
    assert.equal((await scene.ask('/a')).body, '0123456789');
    assert.equal(await scene.cached(3), 'hit');
  });

  it('never joins parts without a strong validator, and asks for the whole instead', async () => {
    const scene = await Scene.begin(stage);
    const part = (range: string, body: string): string =>
      ok(body, fresh, 'ETag: W/"1"', `Content-Range: bytes ${range}/10`).replace('200 OK', '206 Partial Content');
    await scene.forward('/a', ['Range: bytes=0-4'], part('0-4', '01234'));
    scene.client.send(asked(scene.origin, '/a'));
    assert.match(await scene.answer(part('5-9', 'fghij')), /Range: bytes=5-\r\n/);
    assert.equal(await scene.answer(ok('abcdefghij', fresh)), forwarded(scene.origin, '/a'));
    assert.equal((await scene.client.readAnswer()).body, 'abcdefghij');
  });

  it('asks again without conditions where a 304 is about something else', async () => {
    const scene = await Scene.begin(stage);
    await scene.forward('/a', [], ok('old', 'Cache-Control: max-age=10', 'ETag: "1"'));
    scene.proxy.clock.advance(20_000);
    scene.client.send(asked(scene.origin, '/a'));
    await scene.answer(head('HTTP/1.1 304 Not Modified', 'ETag: "2"'));
    assert.equal(await scene.answer(ok('new', fresh, 'ETag: "2"')), forwarded(scene.origin, '/a'));
    assert.equal((await scene.client.readAnswer()).body, 'new');
    assert.equal(await scene.cached(2), 'miss');
  });

  it('in the mode explain always asks upstream, and says what it would have done', async () => {
    const scene = await Scene.begin(stage, { 'cache.mode': 'explain' });
    await scene.forward('/a', [], ok('one', fresh));
    await scene.forward('/a', [], ok('two', fresh));
    const { decision, cache } = await scene.proxy.detail(2);
    assert.equal(decision?.find.kind === 'not-asked' && decision.find.would?.kind, 'hit');
    assert.deepEqual([cache, scene.proxy.engine.state().counters.hits], ['none', 0]);
  });

  it('in the mode force keeps what says nothing for cache.ttl, but not what says no', async () => {
    const scene = await Scene.begin(stage, { 'cache.mode': 'force', 'cache.ttl': 30, 'pool.idleTimeout': 60 });
    await scene.forward('/a', [], ok('stored', 'Age: 100'));
    scene.proxy.clock.advance(29_000);
    const answer = await scene.ask('/a');
    assert.match(answer.field('cache-status') ?? '', /hit; ttl=\d+; detail=forced$/);
    scene.proxy.clock.advance(2000);
    await scene.forward('/a', [], ok('again', 'Cache-Control: no-store'));
    await scene.forward('/a', [], ok('and again'));
    assert.equal(await scene.cached(4), 'miss');
    await scene.proxy.configure({ 'cache.ttl': 30 });
    await until(() => scene.proxy.engine.cacheSnapshot().total === 0, 'what was forced goes with the mode');
  });

  it('does not take a GET with content for the same as one without', async () => {
    const scene = await Scene.begin(stage);
    await scene.forward('/a', [], ok('plain', fresh));
    scene.client.send(asked(scene.origin, '/a', 'Content-Length: 5') + 'query');
    await scene.answer(ok('found', fresh));
    assert.equal((await scene.client.readAnswer()).body, 'found');
    assert.equal((await scene.ask('/a')).body, 'plain');
  });
});
