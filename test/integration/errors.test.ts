// The answers that the proxy makes itself: status, Proxy-Status, and words in the form that the client accepts.
import assert from 'node:assert/strict';
import { head, type ReadAnswer } from '../support/conversation.ts';
import { asked, forwarded, ok, roundTrip } from '../support/messages.ts';
import type { ProxyOptions } from '../support/proxy.ts';
import { useStage } from '../support/stage.ts';

describe('refused requests', () => {
  const stage = useStage();

  const refusals: readonly {
    readonly name: string;
    readonly bytes: string;
    readonly status: number;
    readonly says: RegExp;
    readonly code: string;
    readonly options?: ProxyOptions;
  }[] = [
    {
      name: 'a space before a colon',
      bytes: 'GET http://a.test/ HTTP/1.1\r\nHost : a.test\r\n\r\n',
      status: 400,
      says: /\(byte 3[34]\)/,
      code: 'bad-request',
    },
    {
      name: 'two lengths',
      bytes: 'POST http://a.test/ HTTP/1.1\r\nHost: a.test\r\nContent-Length: 1\r\nContent-Length: 1\r\n\r\nx',
      status: 400,
      says: /Content-Length.*\(byte 63\)/,
      code: 'bad-request',
    },
    {
      name: 'length beside chunks',
      bytes: 'POST http://a.test/ HTTP/1.1\r\nHost: a.test\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n',
      status: 400,
      says: /Content-Length beside Transfer-Encoding \(byte \d+\)/,
      code: 'bad-request',
    },
    {
      name: 'no Host',
      bytes: 'GET http://a.test/ HTTP/1.1\r\n\r\n',
      status: 400,
      says: /without Host/,
      code: 'bad-request',
    },
    {
      name: 'bytes that are no HTTP',
      bytes: '\x16\x03\x01\x02\x00\x01\x00\x01',
      status: 400,
      says: /\(byte 0\)/,
      code: 'bad-request',
    },
    {
      name: 'a request line beyond the limit',
      bytes: `GET http://a.test/${'a'.repeat(2000)} HTTP/1.1\r\nHost: a.test\r\n\r\n`,
      status: 414,
      says: /a request line of more than 1024 bytes.*limits\.requestLine/s,
      code: 'target-too-long',
      options: { 'limits.requestLine': 1 },
    },
    {
      name: 'a header beyond the limit',
      bytes: `GET http://a.test/ HTTP/1.1\r\nHost: a.test\r\nX: ${'a'.repeat(2000)}\r\n\r\n`,
      status: 431,
      says: /header/,
      code: 'head-too-large',
      options: { 'limits.header': 1 },
    },
    {
      name: 'too many field lines',
      bytes: `GET http://a.test/ HTTP/1.1\r\nHost: a.test\r\n${'X: y\r\n'.repeat(20)}\r\n`,
      status: 431,
      says: /header/,
      code: 'head-too-large',
      options: { 'limits.fieldCount': 16 },
    },
    {
      name: 'HTTP/2.0 as a version',
      bytes: 'GET http://a.test/ HTTP/2.0\r\nHost: a.test\r\n\r\n',
      status: 505,
      says: /\(byte \d+\)/,
      code: 'version-not-supported',
    },
    {
      name: 'a coding that nobody knows',
      bytes: 'POST http://a.test/ HTTP/1.1\r\nHost: a.test\r\nTransfer-Encoding: gzip, chunked\r\n\r\n',
      status: 501,
      says: /./,
      code: 'not-implemented',
    },
  ];
  for (const { name, bytes, status, says, code, options } of refusals) {
    it(`${name}: ${status}, with what and where`, async () => {
      const proxy = await stage.proxy(options);
      const client = await stage.client(proxy);
      client.send(bytes);
      const answer = await client.readAnswer();
      assert.equal(answer.status, status);
      assert.match(answer.body, says);
      assert.match(answer.field('proxy-status') ?? '', /^Wirelens; ?error=http_request_error/);
      assert.equal(answer.field('connection'), 'close');
      assert.match(answer.field('date') ?? '', / GMT$/);
      await client.expectEnd();
      const flow = await proxy.detail();
      assert.deepEqual([flow.state, flow.error?.code], ['failed', code]);
      assert.ok((flow.refusedBytes ?? '').length > 0 || flow.request !== undefined);
      assert.equal(proxy.engine.state().counters.refused, 1);
    });
  }

  it('bad chunks: 400 with the offset, and upstream is left', async () => {
    const proxy = await stage.proxy();
    const origin = await stage.origin();
    const client = await stage.client(proxy);
    const start = head(`POST ${origin.url()} HTTP/1.1`, `Host: ${origin.authority}`, 'Transfer-Encoding: chunked');
    client.send(start + '3\r\nabc\r\n');
    const upstream = await origin.accept();
    await upstream.readHead();
    await upstream.expect('3\r\nabc\r\n');
    client.send('zz\r\n');
    const answer = await client.readAnswer();
    assert.equal(answer.status, 400);
    assert.match(answer.body, new RegExp(`\\(byte ${start.length + 8}\\)`));
    await upstream.expectClose();
  });

  it('bad chunks in the same piece as their head: 400 too, and upstream is not even asked', async () => {
    const proxy = await stage.proxy();
    const origin = await stage.origin();
    const client = await stage.client(proxy);
    const start = head(`POST ${origin.url()} HTTP/1.1`, `Host: ${origin.authority}`, 'Transfer-Encoding: chunked');
    client.send(`${start}3\r\nabc\r\nzz\r\n`);
    const answer = await client.readAnswer();
    assert.equal(answer.status, 400);
    assert.match(answer.body, new RegExp(`\\(byte ${start.length + 8}\\)`));
    await client.expectEnd();
    assert.equal(origin.accepted, 0);
    assert.equal((await proxy.flow()).error?.code, 'bad-request');
  });

  for (const [name, framing, body] of [
    ['by length', `Content-Length: ${2 ** 20 + 1}`, ''],
    ['in chunks', 'Transfer-Encoding: chunked', `${(2 ** 20 + 1).toString(16)}\r\n${'x'.repeat(2 ** 20 + 1)}`],
  ] as const) {
    it(`a body ${name} beyond the limit that is set: 413`, async () => {
      const proxy = await stage.proxy({ 'limits.requestBody': 1 });
      const origin = await stage.origin();
      const client = await stage.client(proxy);
      client.send(head(`POST ${origin.url()} HTTP/1.1`, `Host: ${origin.authority}`, framing) + body);
      const answer = await client.readAnswer();
      assert.equal(answer.status, 413);
      assert.equal(answer.field('connection'), 'close');
      assert.match(answer.body, /larger than 1,048,576 bytes/);
      await client.expectEnd();
    });
  }

  for (const [name, line] of [
    ['a chunk size', 'f'.repeat(16)],
    ['chunk extensions', `3;${'a'.repeat(2000)}`],
  ] as const) {
    it(`${name} beyond what anybody needs: 413, with what and where`, async () => {
      const proxy = await stage.proxy();
      const origin = await stage.origin();
      const client = await stage.client(proxy);
      const start = head(`POST ${origin.url()} HTTP/1.1`, `Host: ${origin.authority}`, 'Transfer-Encoding: chunked');
      client.send(`${start}${line}\r\nabc\r\n0\r\n\r\n`);
      const answer = await client.readAnswer();
      assert.equal(answer.status, 413);
      assert.match(answer.body, /Refused: a chunk size .* \(byte [\d,]+\)/);
      await client.expectEnd();
      assert.equal((await proxy.flow()).error?.code, 'chunk-too-large');
    });
  }

  it('a request behind good ones: the good ones are answered first', async () => {
    const proxy = await stage.proxy();
    const origin = await stage.origin();
    const client = await stage.client(proxy);
    client.send(`${asked(origin, '/good')}GARBAGE\r\n\r\n`);
    const upstream = await origin.accept();
    await upstream.expect(forwarded(origin, '/good'));
    upstream.send(ok('good'));
    await client.expect(ok('good'));
    assert.equal((await client.readAnswer()).status, 400);
    await client.expectEnd();
  });
});

describe('upstream errors', () => {
  const stage = useStage();

  async function failing(accept?: string): Promise<ReadAnswer> {
    const proxy = await stage.proxy();
    const dead = await stage.origin();
    await dead.close();
    const client = await stage.client(proxy);
    client.send(asked(dead, '/', ...(accept === undefined ? [] : [`Accept: ${accept}`])));
    return await client.readAnswer();
  }

  it('say what happened and what to do, as text by default', async () => {
    const answer = await failing();
    assert.equal(answer.status, 502);
    assert.match(answer.field('content-type') ?? '', /^text\/plain/);
    assert.match(answer.field('proxy-status') ?? '', /error=connection_refused; ?details="Upstream refused/);
    assert.match(answer.body, /Upstream refused the connection \(127\.0\.0\.1:\d+\)/);
    assert.match(answer.body, /Is the server running/);
    assert.equal(answer.field('cache-control'), 'no-store');
  });

  it('are HTML for a browser', async () => {
    const answer = await failing('text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8');
    assert.match(answer.field('content-type') ?? '', /^text\/html/);
    assert.match(answer.body, /^<!doctype html>/);
    assert.match(answer.body, /Upstream refused/);
  });

  it('are JSON for who accepts that', async () => {
    const answer = await failing('application/json');
    assert.match(answer.field('content-type') ?? '', /json/);
    const problem = JSON.parse(answer.body) as { status: number; detail: string };
    assert.equal(problem.status, 502);
    assert.match(problem.detail, /Upstream refused/);
  });

  it('of a name that does not exist: 502', async () => {
    const proxy = await stage.proxy();
    const client = await stage.client(proxy);
    client.send(head('GET http://nowhere.invalid/ HTTP/1.1', 'Host: nowhere.invalid'));
    const answer = await client.readAnswer();
    assert.equal(answer.status, 502);
    assert.match(answer.field('proxy-status') ?? '', /error=dns_error/);
    assert.match(answer.body, /nowhere\.invalid/);
  });

  it('of an answer that is no HTTP: 502 with the offset', async () => {
    const proxy = await stage.proxy();
    const origin = await stage.origin();
    const client = await stage.client(proxy);
    client.send(asked(origin, '/'));
    const upstream = await origin.accept();
    await upstream.readHead();
    upstream.send('220 mail.test ESMTP\r\n\r\n');
    const answer = await client.readAnswer();
    assert.equal(answer.status, 502);
    assert.match(answer.field('proxy-status') ?? '', /error=http_protocol_error/);
    assert.match(answer.body, /\(byte 0\)/);
    assert.equal((await proxy.flow()).error?.code, 'bad-response');
  });

  it('leave the client’s connection open for its next request', async () => {
    const proxy = await stage.proxy();
    const dead = await stage.origin();
    await dead.close();
    const origin = await stage.origin();
    const client = await stage.client(proxy);
    client.send(asked(dead, '/'));
    assert.equal((await client.readAnswer()).status, 502);
    await roundTrip(client, origin.accept(), origin);
  });

  it('have no body after HEAD, on the wire and in the record', async () => {
    const proxy = await stage.proxy();
    const dead = await stage.origin();
    await dead.close();
    const client = await stage.client(proxy);
    client.send(head(`HEAD ${dead.url()} HTTP/1.1`, `Host: ${dead.authority}`));
    const text = await client.readHead();
    assert.match(text, /^HTTP\/1\.1 502/);
    assert.equal((await proxy.flow()).responseBytes, 0);
    const origin = await stage.origin();
    await roundTrip(client, origin.accept(), origin);
  });

  it('a 504 where the client wants only what is cached', async () => {
    const proxy = await stage.proxy();
    const origin = await stage.origin();
    const client = await stage.client(proxy);
    client.send(asked(origin, '/', 'Cache-Control: only-if-cached'));
    const answer = await client.readAnswer();
    assert.equal(answer.status, 504);
    assert.match(answer.field('proxy-status') ?? '', /error=proxy_internal_response/);
    assert.equal(origin.accepted, 0);
  });
});

describe('the page of the proxy', () => {
  const stage = useStage();

  it('proves to who asks for http://wirelens.test/ that the request was captured', async () => {
    const proxy = await stage.proxy();
    const { output } = await stage.curl('--proxy', proxy.url, '--include', 'http://wirelens.test/');
    assert.match(output, /^HTTP\/1\.1 200/);
    assert.match(output, /You are captured/);
    assert.match(output, /^Date: .* GMT\r$/m);
    const flow = await proxy.flow();
    assert.deepEqual([flow.status, flow.url, flow.error], [200, 'http://wirelens.test/', undefined]);
    const asHtml = await stage.curl('--proxy', proxy.url, '--header', 'Accept: text/html', 'http://wirelens.test/');
    assert.match(asHtml.output, /<h1>You are captured<\/h1>/);
  });

  it('does not claim to have recorded what is not', async () => {
    const proxy = await stage.proxy();
    proxy.engine.setCapturing(false);
    const { output } = await stage.curl('--proxy', proxy.url, 'http://wirelens.test/');
    assert.match(output, /not recorded: capture is paused/);
    assert.doesNotMatch(output, /You are captured/);
  });

  it('is the only one of that name', async () => {
    const proxy = await stage.proxy();
    const { output } = await stage.curl('--proxy', proxy.url, '--include', 'http://wirelens.test/settings');
    assert.match(output, /^HTTP\/1\.1 404/);
  });
});
