// What the proxy forwards and what it changes on the way: targets, versions, field lines, persistent and pipelined clients.
import assert from 'node:assert/strict';
import { head } from '../support/conversation.ts';
import { asked, forwarded, ok, roundTrip } from '../support/messages.ts';
import { useStage } from '../support/stage.ts';

describe('request targets', () => {
  const stage = useStage();

  it('forwards absolute form as origin form with the Host of the target', async () => {
    const proxy = await stage.proxy();
    const origin = await stage.origin();
    const client = await stage.client(proxy);
    client.send(head(`GET ${origin.url('/a/b?c=d')} HTTP/1.1`, 'Host: elsewhere.test', 'Accept: */*'));
    const upstream = await origin.accept();
    await upstream.expect(forwarded(origin, '/a/b?c=d', 'Accept: */*'));
    upstream.send(ok('yes'));
    await client.expect(ok('yes'));
    assert.equal((await proxy.flow()).url, origin.url('/a/b?c=d'));
  });

  it('forwards a target without a path as /', async () => {
    const proxy = await stage.proxy();
    const origin = await stage.origin();
    const client = await stage.client(proxy);
    client.send(head(`GET http://${origin.authority} HTTP/1.1`, `Host: ${origin.authority}`));
    const upstream = await origin.accept();
    await upstream.expect(forwarded(origin, '/'));
    upstream.send(ok(''));
    await client.expect(ok(''));
  });

  it('forwards OPTIONS without a path as OPTIONS *', async () => {
    const proxy = await stage.proxy();
    const origin = await stage.origin();
    const client = await stage.client(proxy);
    client.send(head(`OPTIONS http://${origin.authority} HTTP/1.1`, `Host: ${origin.authority}`));
    const upstream = await origin.accept();
    await upstream.expect(head('OPTIONS * HTTP/1.1', `Host: ${origin.authority}`));
    upstream.send(ok(''));
    await client.expect(ok(''));
  });

  it('refuses origin form on a proxy port, with an explanation and nothing else', async () => {
    const proxy = await stage.proxy();
    const client = await stage.client(proxy);
    client.send(head('GET /wirelens HTTP/1.1', `Host: 127.0.0.1:${proxy.port}`, 'Accept: text/html'));
    const answer = await client.readAnswer();
    assert.equal(answer.status, 400);
    assert.match(answer.field('content-type') ?? '', /^text\/html/);
    assert.match(answer.body, /This is a Wirelens proxy port/);
    assert.match(answer.field('proxy-status') ?? '', /^Wirelens; ?error=http_request_error/);
    assert.doesNotMatch(answer.body, /<script|<form|<a /);
    assert.equal((await proxy.flow()).error?.code, 'bad-target');
  });

  it('gives every path of the proxy port the same explanation', async () => {
    const proxy = await stage.proxy();
    const bodies = new Set<string>();
    for (const path of ['/', '/api', '/favicon.ico?x=1']) {
      const client = await stage.client(proxy);
      client.send(head(`GET ${path} HTTP/1.1`, `Host: 127.0.0.1:${proxy.port}`));
      bodies.add((await client.readAnswer()).body);
    }
    assert.equal(bodies.size, 1);
  });

  it('refuses a scheme that it does not know', async () => {
    const proxy = await stage.proxy();
    const client = await stage.client(proxy);
    client.send(head('GET ftp://127.0.0.1/a HTTP/1.1', 'Host: 127.0.0.1'));
    const { status } = await client.readAnswer();
    assert.ok(status === 400 || status === 501, `${status}`);
  });
});

describe('versions and persistence', () => {
  const stage = useStage();

  it('answers an HTTP/1.0 client and closes', async () => {
    const proxy = await stage.proxy();
    const origin = await stage.origin();
    const client = await stage.client(proxy);
    client.send(`GET ${origin.url('/old')} HTTP/1.0\r\n\r\n`);
    const upstream = await origin.accept();
    await upstream.expect(forwarded(origin, '/old'));
    upstream.send(ok('old'));
    await client.expect(head('HTTP/1.1 200 OK', 'Content-Length: 3', 'Connection: close') + 'old');
    await client.expectEnd();
  });

  it('takes the chunks away for an HTTP/1.0 client, which knows none', async () => {
    const proxy = await stage.proxy();
    const origin = await stage.origin();
    const client = await stage.client(proxy);
    client.send(`GET ${origin.url('/old')} HTTP/1.0\r\n\r\n`);
    const upstream = await origin.accept();
    await upstream.readHead();
    upstream.send(
      head('HTTP/1.1 200 OK', 'Transfer-Encoding: chunked', 'Trailer: X') + '3\r\nabc\r\n2\r\nde\r\n0\r\nX: y\r\n\r\n',
    );
    await client.expect(head('HTTP/1.1 200 OK', 'Connection: close') + 'abcde');
    await client.expectEnd();
  });

  it('understands an HTTP/1.0 upstream and does not use its connection again', async () => {
    const proxy = await stage.proxy();
    const origin = await stage.origin();
    const client = await stage.client(proxy);
    client.send(asked(origin, '/'));
    const upstream = await origin.accept();
    await upstream.readHead();
    upstream.send(head('HTTP/1.0 200 OK', 'Content-Length: 3') + 'old');
    await client.expect(head('HTTP/1.1 200 OK', 'Content-Length: 3') + 'old');
    await upstream.expectEnd();
    assert.equal((await proxy.detail()).connection?.closed, 'http-1.0');
  });

  it('takes one request after the other on a persistent connection', async () => {
    const proxy = await stage.proxy();
    const origin = await stage.origin();
    const client = await stage.client(proxy);
    const upstream = await roundTrip(client, origin.accept(), origin, '/1');
    await roundTrip(client, upstream, origin, '/2');
    await roundTrip(client, upstream, origin, '/3');
    assert.deepEqual(
      [await proxy.detail(1), await proxy.detail(3)].map((flow) => flow.clientExchange),
      [1, 3],
    );
  });

  it('closes after the answer where the client says Connection: close, and does not pass that on', async () => {
    const proxy = await stage.proxy();
    const origin = await stage.origin();
    const client = await stage.client(proxy);
    client.send(asked(origin, '/', 'Connection: close'));
    const upstream = await origin.accept();
    await upstream.expect(forwarded(origin, '/'));
    upstream.send(ok('bye'));
    await client.expect(head('HTTP/1.1 200 OK', 'Content-Length: 3', 'Connection: close') + 'bye');
    await client.expectEnd();
    await proxy.parked(1);
  });

  it('answers pipelined requests in order, although they came in one segment', async () => {
    const proxy = await stage.proxy();
    const origin = await stage.origin();
    const client = await stage.client(proxy);
    client.send(asked(origin, '/1') + asked(origin, '/2') + asked(origin, '/3'));
    const upstream = await origin.accept();
    for (const path of ['/1', '/2', '/3']) {
      await upstream.expect(forwarded(origin, path));
      upstream.send(ok(`answer to ${path}`));
    }
    await client.expect(ok('answer to /1') + ok('answer to /2') + ok('answer to /3'));
    assert.equal(origin.accepted, 1);
  });

  it('takes pipelined requests with bodies apart, wherever the segments are cut', async () => {
    const proxy = await stage.proxy();
    const origin = await stage.origin();
    const client = await stage.client(proxy);
    const post = (path: string, body: string): string =>
      head(`POST ${origin.url(path)} HTTP/1.1`, `Host: ${origin.authority}`, `Content-Length: ${body.length}`) + body;
    const all = post('/1', 'first') + post('/2', 'second');
    client.send(all.slice(0, 30));
    await new Promise<void>((fulfil) => setImmediate(fulfil));
    client.send(all.slice(30, -3));
    const upstream = await origin.accept();
    await upstream.readHead();
    await upstream.expect('first');
    upstream.send(ok('1'));
    await client.expect(ok('1'));
    client.send(all.slice(-3));
    await upstream.readHead();
    await upstream.expect('second');
    upstream.send(ok('2'));
    await client.expect(ok('2'));
  });

  it('ignores empty lines before a request', async () => {
    const proxy = await stage.proxy();
    const origin = await stage.origin();
    const client = await stage.client(proxy);
    client.send('\r\n');
    await roundTrip(client, origin.accept(), origin);
  });
});

describe('field lines', () => {
  const stage = useStage();

  it('keep order, case and duplicates in both directions', async () => {
    const proxy = await stage.proxy();
    const origin = await stage.origin();
    const client = await stage.client(proxy);
    const request = ['x-B: 2', 'X-a:1', 'COOKIE: one', 'x-b: 3', 'Cookie: two', 'X-Empty:'];
    const response = ['set-Cookie: a=1', 'X-Z: z', 'Set-Cookie: b=2', 'x-z:  spaced  ', 'Content-Length: 0'];
    client.send(asked(origin, '/', ...request));
    const upstream = await origin.accept();
    await upstream.expect(forwarded(origin, '/', ...request));
    upstream.send(head('HTTP/1.1 200 Fine By Me', ...response));
    await client.expect(head('HTTP/1.1 200 Fine By Me', ...response));
  });

  it('lose what is hop-by-hop and what Connection names, on the way to upstream', async () => {
    const proxy = await stage.proxy();
    const origin = await stage.origin();
    const client = await stage.client(proxy);
    const gone = ['Connection: keep-alive, X-Private', 'Keep-Alive: timeout=5', 'x-private: secret', 'TE: gzip'];
    client.send(
      asked(origin, '/', 'A: 1', ...gone, 'Proxy-Authorization: Basic eDp5', 'Proxy-Connection: keep-alive', 'B: 2'),
    );
    const upstream = await origin.accept();
    await upstream.expect(forwarded(origin, '/', 'A: 1', 'B: 2'));
    upstream.send(ok(''));
    await client.expect(ok(''));
    const { removed, request } = await proxy.detail();
    assert.deepEqual(removed.request, [
      'Connection',
      'Keep-Alive',
      'x-private',
      'TE',
      'Proxy-Authorization',
      'Proxy-Connection',
    ]);
    assert.equal(request?.fields.length, 9);
  });

  it('lose what is hop-by-hop and what Connection names, on the way to the client', async () => {
    const proxy = await stage.proxy();
    const origin = await stage.origin();
    const client = await stage.client(proxy);
    client.send(asked(origin, '/'));
    const upstream = await origin.accept();
    await upstream.readHead();
    upstream.send(ok('x', 'Connection: keep-alive, x-hop', 'Keep-Alive: timeout=9', 'X-Hop: 1', 'X-End: 2'));
    await client.expect(ok('x', 'X-End: 2'));
    assert.deepEqual((await proxy.detail()).removed.response, ['Connection', 'Keep-Alive', 'X-Hop']);
  });

  it('keep Content-Length, Host and Cache-Control although Connection names them', async () => {
    const proxy = await stage.proxy();
    const origin = await stage.origin();
    const client = await stage.client(proxy);
    const fields = ['Content-Length: 4', 'Cache-Control: no-store'];
    const options = 'Connection: Content-Length, Host, Cache-Control, Transfer-Encoding';
    client.send(head(`PUT ${origin.url()} HTTP/1.1`, `Host: ${origin.authority}`, ...fields, options) + 'body');
    const upstream = await origin.accept();
    await upstream.expect(head('PUT / HTTP/1.1', `Host: ${origin.authority}`, ...fields) + 'body');
    upstream.send(ok('', 'Connection: content-length'));
    await client.expect(ok(''));
  });

  it('get neither Via nor X-Forwarded-For by default', async () => {
    const proxy = await stage.proxy();
    const origin = await stage.origin();
    const client = await stage.client(proxy);
    client.send(asked(origin, '/', 'Via: 1.1 before'));
    const upstream = await origin.accept();
    await upstream.expect(forwarded(origin, '/', 'Via: 1.1 before'));
    upstream.send(ok(''));
    await client.expect(ok(''));
  });

  it('get Via and X-Forwarded-For where that is set', async () => {
    const proxy = await stage.proxy({ 'headers.via': true, 'headers.forwardedFor': true });
    const origin = await stage.origin();
    const client = await stage.client(proxy);
    client.send(asked(origin, '/'));
    const upstream = await origin.accept();
    await upstream.expect(forwarded(origin, '/', 'Via: 1.1 wirelens', 'X-Forwarded-For: 127.0.0.1'));
    upstream.send(ok(''));
    await client.expect(ok(''));
  });
});
