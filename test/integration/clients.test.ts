// Clients that people use, as they are: curl, node:http, undici with and without tunnel, Node's fetch.
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { fetch, request } from 'undici';
import { trusted } from '../support/certificates.ts';
import { keepAliveAgent, undiciAgent, viaNode } from '../support/client.ts';
import { useStage } from '../support/stage.ts';
import type { IncomingMessage, ServerResponse } from 'node:http';

/** Answers with the method, the path, and the hash of the body; in chunks where the path says so. */
function describeRequest(request: IncomingMessage, response: ServerResponse): void {
  const hash = createHash('sha256');
  request.on('data', (piece: Buffer) => hash.update(piece));
  request.on('end', () => {
    const text = `${request.method} ${request.url} ${hash.digest('hex')}`;
    if (request.url !== '/chunked') {
      response.setHeader('Content-Length', text.length);
      response.end(text);
      return;
    }
    response.setHeader('Trailer', 'X-Sum');
    response.write(text.slice(0, 10));
    response.addTrailers({ 'X-Sum': 'seven' });
    response.end(text.slice(10));
  });
}

const nothing = createHash('sha256').digest('hex');
const large = Buffer.alloc(3_000_000, 'of some length. ');
const largeHash = createHash('sha256').update(large).digest('hex');

describe('curl', () => {
  const stage = useStage();

  it('gets and posts through the proxy', async () => {
    const proxy = await stage.proxy();
    const origin = await stage.httpOrigin(describeRequest);
    const got = await stage.curl('--proxy', proxy.url, origin.url('/get'));
    assert.deepEqual([got.code, got.output], [0, `GET /get ${nothing}`]);
    // A body of this size makes curl expect 100 Continue.
    const file = 'x'.repeat(100_000);
    const posted = await stage.curl(
      '--proxy',
      proxy.url,
      '--data-binary',
      file,
      '--expect100-timeout',
      '5',
      origin.url('/p'),
    );
    assert.equal(posted.output, `POST /p ${createHash('sha256').update(file).digest('hex')}`);
  });

  it('uses one connection for several URLs', async () => {
    const proxy = await stage.proxy();
    const origin = await stage.httpOrigin(describeRequest);
    const { output } = await stage.curl('--proxy', proxy.url, origin.url('/1'), origin.url('/2'), origin.url('/3'));
    assert.equal(output, ['/1', '/2', '/3'].map((path) => `GET ${path} ${nothing}`).join(''));
    assert.equal(origin.accepted, 1);
    const connections = await Promise.all(
      [1, 2, 3].map(async (number) => (await proxy.detail(number)).clientConnection),
    );
    assert.equal(new Set(connections).size, 1);
  });

  it('of HTTP/1.0 gets a body that the close ends', async () => {
    const proxy = await stage.proxy();
    const origin = await stage.httpOrigin(describeRequest);
    const { code, output } = await stage.curl('--http1.0', '--proxy', proxy.url, origin.url('/chunked'));
    assert.deepEqual([code, output], [0, `GET /chunked ${nothing}`]);
  });

  it('tunnels when it is told to, for http', async () => {
    const proxy = await stage.proxy();
    const origin = await stage.httpOrigin(describeRequest);
    const { output } = await stage.curl('--proxytunnel', '--proxy', proxy.url, origin.url('/in'));
    assert.equal(output, `GET /in ${nothing}`);
    assert.deepEqual(
      (await Promise.all([proxy.flow(1), proxy.flow(2)])).map(({ kind }) => kind),
      ['tunnel', 'exchange'],
    );
  });

  it('tunnels for https, and sees the certificate of upstream', async () => {
    const proxy = await stage.proxy();
    const origin = await stage.httpOrigin(describeRequest, { certificate: trusted });
    const { code, output } = await stage.curl('--insecure', '--proxy', proxy.url, origin.url('/tls'));
    assert.deepEqual([code, output], [0, `GET /tls ${nothing}`]);
    const flow = await proxy.flow(1);
    assert.deepEqual([flow.kind, proxy.flows().length], ['tunnel', 1]);
    const refused = await stage.curl('--proxy', proxy.url, origin.url('/tls'));
    assert.equal(refused.code, 60);
  });

  it('gets HEAD without a body', async () => {
    const proxy = await stage.proxy();
    const origin = await stage.httpOrigin(describeRequest);
    const { code, output } = await stage.curl('--head', '--proxy', proxy.url, origin.url('/head'));
    assert.equal(code, 0);
    assert.match(output, /^HTTP\/1\.1 200 OK\r\n/);
  });

  it('asks a reverse port like any server', async () => {
    const origin = await stage.httpOrigin(describeRequest);
    const proxy = await stage.proxy({ reverse: `http://${origin.authority}` });
    const { output } = await stage.curl(`${proxy.url}/reversed`);
    assert.equal(output, `GET /reversed ${nothing}`);
  });
});

describe('node:http', () => {
  const stage = useStage();

  it('with a keep-alive agent uses one connection, and sees chunks and trailers', async () => {
    const proxy = await stage.proxy();
    const origin = await stage.httpOrigin(describeRequest);
    const agent = keepAliveAgent(stage, 1);
    const first = await viaNode(proxy, origin.url('/1'), { agent });
    const second = await viaNode(proxy, origin.url('/chunked'), { agent, headers: { te: 'trailers' } });
    assert.deepEqual([first.status, first.body], [200, `GET /1 ${nothing}`]);
    assert.deepEqual([second.body, second.trailers['x-sum']], [`GET /chunked ${nothing}`, 'seven']);
    assert.equal((await proxy.detail(2)).clientExchange, 2);
  });

  it('uploads a large body whole', async () => {
    const proxy = await stage.proxy();
    const origin = await stage.httpOrigin(describeRequest);
    const answer = await viaNode(proxy, origin.url('/up'), { method: 'PUT', body: large });
    assert.equal(answer.body, `PUT /up ${largeHash}`);
    assert.equal((await proxy.flow()).requestBytes, large.length);
  });

  it('in parallel: fifty at once are all answered, each with its own', async () => {
    const proxy = await stage.proxy();
    const origin = await stage.httpOrigin(describeRequest);
    const agent = keepAliveAgent(stage, 10);
    const paths = Array.from({ length: 50 }, (_none, index) => `/${index}`);
    const answers = await Promise.all(paths.map((path) => viaNode(proxy, origin.url(path), { agent })));
    assert.deepEqual(
      answers.map(({ body }) => body),
      paths.map((path) => `GET ${path} ${nothing}`),
    );
    assert.equal(proxy.engine.state().counters.requests, 50);
  });
});

describe('undici', () => {
  const stage = useStage();

  for (const tunnel of [false, true]) {
    const way = tunnel ? 'with a tunnel' : 'in absolute form';
    it(`${way}: requests and uploads`, async () => {
      const proxy = await stage.proxy();
      const origin = await stage.httpOrigin(describeRequest);
      const dispatcher = undiciAgent(stage, proxy, tunnel);
      const got = await request(origin.url('/get'), { dispatcher });
      assert.equal(await got.body.text(), `GET /get ${nothing}`);
      const put = await request(origin.url('/put'), { dispatcher, method: 'PUT', body: large });
      assert.equal(await put.body.text(), `PUT /put ${largeHash}`);
      const flows = proxy.flows();
      assert.equal(
        flows.some(({ kind }) => kind === 'tunnel'),
        tunnel,
      );
      assert.deepEqual(
        flows.filter(({ kind }) => kind === 'exchange').map(({ url }) => url),
        [origin.url('/get'), origin.url('/put')],
      );
    });
  }

  it('with a tunnel to a TLS upstream: the bytes pass untouched', async () => {
    const proxy = await stage.proxy();
    const origin = await stage.httpOrigin(describeRequest, { certificate: trusted });
    const got = await request(origin.url('/tls'), { dispatcher: undiciAgent(stage, proxy, true) });
    assert.equal(await got.body.text(), `GET /tls ${nothing}`);
    assert.deepEqual(
      proxy.flows().map(({ kind }) => kind),
      ['tunnel'],
    );
  });
});

describe('fetch', () => {
  const stage = useStage();

  it('asks for a tunnel even for http, and its requests are recorded all the same', async () => {
    const proxy = await stage.proxy();
    const origin = await stage.httpOrigin(describeRequest);
    const dispatcher = undiciAgent(stage, proxy, true);
    const answers = await Promise.all(['/1', '/2', '/3'].map((path) => fetch(origin.url(path), { dispatcher })));
    assert.deepEqual(
      await Promise.all(answers.map((answer) => answer.text())),
      ['/1', '/2', '/3'].map((path) => `GET ${path} ${nothing}`),
    );
    const exchanges = proxy.flows().filter(({ kind }) => kind === 'exchange');
    assert.equal(exchanges.length, 3);
  });

  it('sends a stream in chunks and reads one', async () => {
    const proxy = await stage.proxy();
    const origin = await stage.httpOrigin(describeRequest);
    const body = new ReadableStream<Uint8Array>({
      start(controller) {
        controller.enqueue(large.subarray(0, 1_000_000));
        controller.enqueue(large.subarray(1_000_000));
        controller.close();
      },
    });
    const dispatcher = undiciAgent(stage, proxy, true);
    const answer = await fetch(origin.url('/chunked'), { dispatcher, method: 'POST', body, duplex: 'half' });
    assert.equal(await answer.text(), `POST /chunked ${largeHash}`);
  });

  it('that is aborted aborts upstream', async () => {
    const proxy = await stage.proxy();
    const origin = await stage.origin();
    const dispatcher = undiciAgent(stage, proxy, false);
    const abort = new AbortController();
    const answer = fetch(origin.url('/slow'), { dispatcher, signal: abort.signal });
    const upstream = await origin.accept();
    await upstream.readHead();
    abort.abort();
    await assert.rejects(answer);
    // It closes with a FIN, which could be a half-close: the grace has to pass.
    await stage.caughtUp(proxy);
    proxy.clock.advance(6000);
    await upstream.expectClose();
    assert.equal((await proxy.flow(1)).error?.code, 'client-left');
  });
});
