// Bodies in every framing, both ways, and the messages that have none.
import assert from 'node:assert/strict';
import { head } from '../support/conversation.ts';
import { asked, ok, roundTrip } from '../support/messages.ts';
import { useStage } from '../support/stage.ts';

describe('request bodies', () => {
  const stage = useStage();

  it('by length reach upstream while the rest is still to come', async () => {
    const proxy = await stage.proxy();
    const origin = await stage.origin();
    const client = await stage.client(proxy);
    client.send(head(`POST ${origin.url()} HTTP/1.1`, `Host: ${origin.authority}`, 'Content-Length: 10') + 'first');
    const upstream = await origin.accept();
    await upstream.expect(head('POST / HTTP/1.1', `Host: ${origin.authority}`, 'Content-Length: 10') + 'first');
    client.send('later');
    await upstream.expect('later');
    upstream.send(ok('done'));
    await client.expect(ok('done'));
    const { request } = await proxy.detail();
    assert.deepEqual(request?.body, { size: 10, kept: 10, state: 'complete' });
    assert.equal((await proxy.body(1, 'request')).toString(), 'firstlater');
  });

  it('in chunks are forwarded byte for byte, with extensions and trailers', async () => {
    const proxy = await stage.proxy();
    const origin = await stage.origin();
    const client = await stage.client(proxy);
    const fields = ['Transfer-Encoding: chunked', 'Trailer: X-Sum'];
    const body = '3;a=b\r\nabc\r\n0A\r\n0123456789\r\n0\r\nX-Sum: 7\r\nX-More:8\r\n\r\n';
    client.send(head(`POST ${origin.url()} HTTP/1.1`, `Host: ${origin.authority}`, ...fields) + body.slice(0, 14));
    const upstream = await origin.accept();
    await upstream.expect(head('POST / HTTP/1.1', `Host: ${origin.authority}`, ...fields));
    client.send(body.slice(14));
    await upstream.expect(body);
    upstream.send(ok('done'));
    await client.expect(ok('done'));
    const { request } = await proxy.detail();
    assert.deepEqual(request?.trailers, [
      ['X-Sum', '7'],
      ['X-More', '8'],
    ]);
    assert.equal((await proxy.body(1, 'request')).toString(), 'abc0123456789');
  });

  it('wait for 100 Continue where the client expects it', async () => {
    const proxy = await stage.proxy();
    const origin = await stage.origin();
    const client = await stage.client(proxy);
    const fields = ['Content-Length: 4', 'Expect: 100-continue'];
    client.send(head(`PUT ${origin.url()} HTTP/1.1`, `Host: ${origin.authority}`, ...fields));
    const upstream = await origin.accept();
    await upstream.expect(head('PUT / HTTP/1.1', `Host: ${origin.authority}`, ...fields));
    upstream.send(head('HTTP/1.1 100 Continue'));
    await client.expect(head('HTTP/1.1 100 Continue'));
    client.send('body');
    await upstream.expect('body');
    upstream.send(ok('done'));
    await client.expect(ok('done'));
    await roundTrip(client, upstream, origin, '/next');
  });

  it('are not waited for where upstream refuses them with a final answer', async () => {
    const proxy = await stage.proxy();
    const origin = await stage.origin();
    const client = await stage.client(proxy);
    const fields = ['Content-Length: 4', 'Expect: 100-continue'];
    client.send(head(`PUT ${origin.url()} HTTP/1.1`, `Host: ${origin.authority}`, ...fields));
    const upstream = await origin.accept();
    await upstream.readHead();
    upstream.send(head('HTTP/1.1 417 Expectation Failed', 'Content-Length: 0'));
    const answer = await client.readAnswer();
    assert.equal(answer.status, 417);
    assert.equal(answer.field('connection'), 'close');
    await client.expectEnd();
    await upstream.expectClose();
  });

  it('that are still on their way do not hold an early answer back', async () => {
    const proxy = await stage.proxy();
    const origin = await stage.origin();
    const client = await stage.client(proxy);
    client.send(head(`POST ${origin.url()} HTTP/1.1`, `Host: ${origin.authority}`, 'Content-Length: 100') + 'part');
    const upstream = await origin.accept();
    await upstream.readHead();
    await upstream.expect('part');
    upstream.send(ok('enough'));
    const answer = await client.readAnswer();
    assert.equal(answer.body, 'enough');
    await client.expectEnd();
  });

  it('flow in both directions at once', async () => {
    const proxy = await stage.proxy();
    const origin = await stage.origin();
    const client = await stage.client(proxy);
    client.send(head(`POST ${origin.url()} HTTP/1.1`, `Host: ${origin.authority}`, 'Transfer-Encoding: chunked'));
    const upstream = await origin.accept();
    await upstream.readHead();
    upstream.send(head('HTTP/1.1 200 OK', 'Transfer-Encoding: chunked'));
    await client.readHead();
    for (const piece of ['1\r\na\r\n', '2\r\nbc\r\n', '3\r\ndef\r\n']) {
      client.send(piece);
      await upstream.expect(piece);
      upstream.send(piece);
      await client.expect(piece);
    }
    client.send('0\r\n\r\n');
    await upstream.expect('0\r\n\r\n');
    upstream.send('0\r\n\r\n');
    await client.expect('0\r\n\r\n');
  });
});

describe('response bodies', () => {
  const stage = useStage();

  it('by length reach the client while the rest is still to come', async () => {
    const proxy = await stage.proxy();
    const origin = await stage.origin();
    const client = await stage.client(proxy);
    client.send(asked(origin, '/'));
    const upstream = await origin.accept();
    await upstream.readHead();
    upstream.send(head('HTTP/1.1 200 OK', 'Content-Length: 10') + 'first');
    await client.expect(head('HTTP/1.1 200 OK', 'Content-Length: 10') + 'first');
    upstream.send('later');
    await client.expect('later');
  });

  it('in chunks are forwarded byte for byte, with extensions and trailers', async () => {
    const proxy = await stage.proxy();
    const origin = await stage.origin();
    const client = await stage.client(proxy);
    client.send(asked(origin, '/', 'TE: trailers'));
    const upstream = await origin.accept();
    await upstream.readHead();
    const fields = ['Transfer-Encoding: chunked', 'Trailer: X-Sum'];
    const body = '00003;name="a;b"\r\nabc\r\nA\r\n0123456789\r\n000\r\nX-Sum: 7\r\n\r\n';
    upstream.send(head('HTTP/1.1 200 OK', ...fields) + body.slice(0, 20));
    await client.expect(head('HTTP/1.1 200 OK', ...fields));
    upstream.send(body.slice(20));
    await client.expect(body);
    const { response } = await proxy.detail();
    assert.deepEqual(response?.trailers, [['X-Sum', '7']]);
    assert.equal((await proxy.body(1, 'response')).toString(), 'abc0123456789');
    await roundTrip(client, upstream, origin, '/next');
  });

  it('until the close end with the client’s connection', async () => {
    const proxy = await stage.proxy();
    const origin = await stage.origin();
    const client = await stage.client(proxy);
    client.send(asked(origin, '/'));
    const upstream = await origin.accept();
    await upstream.readHead();
    upstream.send(head('HTTP/1.1 200 OK', 'X: y') + 'all of ');
    await client.expect(head('HTTP/1.1 200 OK', 'X: y', 'Connection: close') + 'all of ');
    upstream.send('it').end();
    await client.expect('it');
    await client.expectEnd();
    assert.equal((await proxy.flow()).state, 'done');
    assert.equal((await proxy.body(1, 'response')).toString(), 'all of it');
  });

  for (const [name, method, answer] of [
    ['HEAD', 'HEAD', head('HTTP/1.1 200 OK', 'Content-Length: 1000')],
    ['HEAD with chunks', 'HEAD', head('HTTP/1.1 200 OK', 'Transfer-Encoding: chunked')],
    ['204', 'DELETE', head('HTTP/1.1 204 No Content', 'X: y')],
    ['304', 'GET', head('HTTP/1.1 304 Not Modified', 'ETag: "a"', 'Content-Length: 1000')],
  ] as const) {
    it(`are not expected after ${name}, and the connections go on`, async () => {
      const proxy = await stage.proxy();
      const origin = await stage.origin();
      const client = await stage.client(proxy);
      client.send(head(`${method} ${origin.url()} HTTP/1.1`, `Host: ${origin.authority}`));
      const upstream = await origin.accept();
      await upstream.expect(head(`${method} / HTTP/1.1`, `Host: ${origin.authority}`));
      upstream.send(answer);
      await client.expect(answer);
      await roundTrip(client, upstream, origin, '/next');
    });
  }

  it('of 10 MiB arrive as they were sent', async () => {
    const proxy = await stage.proxy();
    const body = Buffer.alloc(10 * 1024 * 1024, 'What is 16 long.');
    const origin = await stage.httpOrigin((_request, response) => response.end(body));
    const result = await stage.curl('--proxy', proxy.url, origin.url('/big'));
    assert.equal(result.code, 0, result.errors);
    assert.ok(Buffer.from(result.output, 'latin1').equals(body));
    assert.equal((await proxy.flow()).responseBytes, body.length);
  });
});

describe('interim responses', () => {
  const stage = useStage();

  it('102 and 103 are passed on before the final one, and are in the record', async () => {
    const proxy = await stage.proxy();
    const origin = await stage.origin();
    const client = await stage.client(proxy);
    client.send(asked(origin, '/'));
    const upstream = await origin.accept();
    await upstream.readHead();
    upstream.send(head('HTTP/1.1 102 Processing'));
    await client.expect(head('HTTP/1.1 102 Processing'));
    const hints = head('HTTP/1.1 103 Early Hints', 'Link: </a.css>; rel=preload', 'link: </b.css>');
    upstream.send(hints + ok('done'));
    await client.expect(hints + ok('done'));
    const { interim } = await proxy.detail();
    assert.deepEqual(
      interim.map(({ startLine }) => startLine),
      ['HTTP/1.1 102 Processing', 'HTTP/1.1 103 Early Hints'],
    );
  });

  it('are kept from an HTTP/1.0 client, which knows none', async () => {
    const proxy = await stage.proxy();
    const origin = await stage.origin();
    const client = await stage.client(proxy);
    client.send(`GET ${origin.url()} HTTP/1.0\r\n\r\n`);
    const upstream = await origin.accept();
    await upstream.readHead();
    upstream.send(head('HTTP/1.1 103 Early Hints', 'Link: </a.css>') + ok('done'));
    await client.expect(head('HTTP/1.1 200 OK', 'Content-Length: 4', 'Connection: close') + 'done');
    await client.expectEnd();
  });
});

describe('half-closed clients', () => {
  const stage = useStage();

  it('get their answer', async () => {
    const proxy = await stage.proxy();
    const origin = await stage.origin();
    const client = await stage.client(proxy);
    client.send(asked(origin, '/')).end();
    const upstream = await origin.accept();
    await upstream.readHead();
    upstream.send(head('HTTP/1.1 200 OK', 'Content-Length: 10') + 'first');
    await client.readHead();
    await client.expect('first');
    upstream.send('later');
    await client.expect('later');
    await client.expectEnd();
    assert.equal((await proxy.flow()).state, 'done');
  });

  it('get the answers to all that they pipelined', async () => {
    const proxy = await stage.proxy();
    const origin = await stage.origin();
    const client = await stage.client(proxy);
    client.send(asked(origin, '/1') + asked(origin, '/2')).end();
    const upstream = await origin.accept();
    await upstream.readHead();
    upstream.send(ok('1'));
    await client.expect(ok('1'));
    await upstream.readHead();
    upstream.send(ok('2'));
    await client.expect(ok('2'));
    await client.expectEnd();
  });

  it('that sent nothing are closed', async () => {
    const proxy = await stage.proxy();
    const client = await stage.client(proxy);
    client.end();
    await client.expectEnd();
    assert.equal(proxy.flows().length, 0);
  });
});
