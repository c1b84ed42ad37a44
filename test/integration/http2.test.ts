// Clients that speak HTTP/2 from the first byte, to proxy ports, to reverse ports and inside tunnels.
import assert from 'node:assert/strict';
import { constants } from 'node:http2';
import { ask, http2Client, Http2Origin } from '../support/http2.ts';
import { useStage } from '../support/stage.ts';
import { until } from '../support/until.ts';

describe('HTTP/2 with a client and with upstream', () => {
  const stage = useStage();

  it('carries a request and its answer, and both lists are in the record', async () => {
    const seen: (readonly string[])[] = [];
    const origin = await Http2Origin.start(stage, (stream, list) => {
      seen.push(list);
      stream.respond({ ':status': 201, 'content-type': 'text/plain', 'x-twice': ['1', '2'] }, { endStream: false });
      stream.end('hello');
    });
    const proxy = await stage.proxy();
    const client = http2Client(stage, proxy.port);
    const answer = await ask(client, { ':path': '/a', ':authority': origin.authority, 'x-list': ['b', 'a'] });
    assert.equal(answer.status, 201);
    assert.equal(answer.body, 'hello');
    assert.deepEqual(answer.list.slice(2, 8), ['content-type', 'text/plain', 'x-twice', '1', 'x-twice', '2']);
    assert.deepEqual(seen[0]?.slice(-4), ['x-list', 'b', 'x-list', 'a']);
    const detail = await proxy.detail();
    assert.equal(detail.protocol, 'HTTP/2');
    assert.equal(detail.clientStream, 1);
    assert.deepEqual(detail.connection?.http2, { stream: 1, others: 0 });
    assert.equal(detail.request?.startLine, 'GET /a HTTP/2');
    assert.deepEqual(detail.request?.fields[0], [':path', '/a']);
    assert.equal(detail.response?.startLine, 'HTTP/2 201');
    assert.equal((await proxy.body(1, 'response')).toString(), 'hello');
  });

  it('shares one connection to upstream among streams', async () => {
    const waiting: (() => void)[] = [];
    const origin = await Http2Origin.start(stage, (stream) => {
      waiting.push(() => {
        stream.respond();
        stream.end('x');
      });
    });
    const proxy = await stage.proxy();
    const client = http2Client(stage, proxy.port);
    const answers = [1, 2, 3].map(async (number) => {
      return await ask(client, { ':path': `/${number}`, ':authority': origin.authority });
    });
    await until(() => waiting.length === 3, 'all three are at upstream');
    assert.equal(origin.sessions.length, 1);
    for (const respond of waiting) respond();
    for (const answer of await Promise.all(answers)) assert.equal(answer.status, 200);
  });

  it('carries trailers both ways', async () => {
    const sent: (readonly string[])[] = [];
    const origin = await Http2Origin.start(stage, (stream) => {
      stream.on(
        'trailers',
        (_headers: unknown, _flags: unknown, list: unknown) => void sent.push(list as readonly string[]),
      );
      stream.on('data', () => undefined);
      stream.on('end', () => {
        stream.respond({ ':status': 200 }, { waitForTrailers: true });
        stream.on('wantTrailers', () => stream.sendTrailers({ 'grpc-status': '0' }));
        stream.end('data');
      });
    });
    const proxy = await stage.proxy({ reverse: origin.url() });
    const client = http2Client(stage, proxy.port);
    const answer = await ask(
      client,
      { ':method': 'POST', ':path': '/', te: 'trailers' },
      { body: 'b', trailers: { 'x-sum': '1' } },
    );
    assert.deepEqual(answer.trailers, ['grpc-status', '0']);
    assert.deepEqual(sent, [['x-sum', '1']]);
    const detail = await proxy.detail();
    assert.deepEqual(detail.request?.trailers, [['x-sum', '1']]);
    assert.deepEqual(detail.response?.trailers, [['grpc-status', '0']]);
  });

  it('goes on in HTTP/1.1 with an upstream that speaks no other, and remembers that', async () => {
    const bodies: string[] = [];
    const origin = await stage.httpOrigin((request, response) => {
      let body = '';
      request.on('data', (chunk: Buffer) => (body += chunk.toString()));
      request.on('end', () => {
        bodies.push(`${request.headers['transfer-encoding'] ?? request.headers['content-length']} ${body}`);
        response.setHeader('X-Case', 'kept');
        response.write('one');
        response.end('two');
      });
    });
    const proxy = await stage.proxy();
    const client = http2Client(stage, proxy.port);
    const first = await ask(
      client,
      { ':method': 'POST', ':path': '/', ':authority': origin.authority },
      { body: 'abc' },
    );
    assert.deepEqual([first.status, first.body, first.field('x-case')], [200, 'onetwo', 'kept']);
    assert.equal(first.field('transfer-encoding'), undefined);
    const headers = { ':method': 'POST', ':path': '/', ':authority': origin.authority, 'content-length': 3 };
    await ask(client, headers, { body: 'abc' });
    assert.deepEqual(bodies, ['chunked abc', '3 abc']);
    assert.equal(origin.accepted, 2);
  });

  it('cancels at upstream what the client resets, and says why', async () => {
    let reset = -1;
    const origin = await Http2Origin.start(stage, (stream) => {
      stream.respond();
      stream.write('part');
      stream.on('close', () => (reset = stream.rstCode));
    });
    const proxy = await stage.proxy();
    const client = http2Client(stage, proxy.port);
    const stream = client.request({ ':path': '/', ':authority': origin.authority });
    stream.on('error', () => undefined);
    stream.once('data', () => stream.close(constants.NGHTTP2_CANCEL));
    const flow = await proxy.flow();
    assert.equal(flow.error?.code, 'client-reset');
    assert.match(flow.error?.message ?? '', /CANCEL/);
    await until(() => reset >= 0, 'upstream hears of it');
    assert.equal(reset, constants.NGHTTP2_CANCEL);
  });
});
