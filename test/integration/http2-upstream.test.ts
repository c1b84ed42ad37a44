// Upstreams that speak HTTP/2: agreed by ALPN, shared, refused, reset and going away.
import assert from 'node:assert/strict';
import { constants, type ServerHttp2Stream } from 'node:http2';
import { trusted } from '../support/certificates.ts';
import { head } from '../support/conversation.ts';
import { ask, http2Client, Http2Origin } from '../support/http2.ts';
import { useStage } from '../support/stage.ts';
import { until } from '../support/until.ts';

/** Without a date; trailers are still to come, so that a reset is not preceded by an end. */
function respond(stream: ServerHttp2Stream, status: number): void {
  const options = { sendDate: false, waitForTrailers: true };
  stream.respond({ ':status': status }, options);
}

describe('a client of HTTP/1.1 before an upstream of HTTP/2', () => {
  const stage = useStage();

  it('is answered over one connection that ALPN agreed on', async () => {
    const lists: (readonly string[])[] = [];
    const origin = await Http2Origin.start(
      stage,
      (stream, list) => {
        lists.push(list);
        stream.respond({ ':status': 200, 'content-length': 2 });
        stream.end('ok');
      },
      { certificate: trusted },
    );
    const proxy = await stage.proxy();
    const client = await stage.client(proxy);
    for (const path of ['/1', '/2']) {
      client.send(
        head(`GET ${origin.url(path)} HTTP/1.1`, `Host: ${origin.authority}`, 'X-A: b', 'Connection: keep-alive'),
      );
      const answer = await client.readAnswer();
      assert.deepEqual([answer.status, answer.body], [200, 'ok']);
      assert.match(answer.head, /^HTTP\/1\.1 200 \r\n/);
    }
    assert.equal(origin.sessions.length, 1);
    assert.deepEqual(lists[0], [
      ':method',
      'GET',
      ':scheme',
      'https',
      ':authority',
      origin.authority,
      ':path',
      '/1',
      'x-a',
      'b',
    ]);
    const [first, second] = [await proxy.detail(1), await proxy.detail(2)];
    assert.equal(first.protocol, 'HTTP/1.1');
    assert.equal(first.connection?.tls?.alpn, 'h2');
    assert.deepEqual([second.connection?.kind, second.connection?.http2?.stream], ['reused', 3]);
  });

  it('gets content of unknown length in chunks, with its trailers', async () => {
    const origin = await Http2Origin.start(
      stage,
      (stream) => {
        respond(stream, 200);
        stream.on('wantTrailers', () => stream.sendTrailers({ 'x-sum': '1' }));
        stream.end('abc');
      },
      { certificate: trusted },
    );
    const proxy = await stage.proxy();
    const client = await stage.client(proxy);
    client.send(head(`GET ${origin.url('/')} HTTP/1.1`, `Host: ${origin.authority}`));
    await client.expect('HTTP/1.1 200 \r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\nx-sum: 1\r\n\r\n');
  });

  it('sends its chunks as DATA and its trailers as trailers', async () => {
    const got: string[] = [];
    const origin = await Http2Origin.start(
      stage,
      (stream) => {
        stream.on('data', (chunk: Buffer) => void got.push(chunk.toString()));
        stream.on('trailers', (_headers: unknown, _flags: unknown, list: unknown) => void got.push(String(list)));
        stream.on('end', () => stream.respond({ ':status': 204 }));
      },
      { certificate: trusted },
    );
    const proxy = await stage.proxy();
    const client = await stage.client(proxy);
    client.send(head(`POST ${origin.url('/')} HTTP/1.1`, `Host: ${origin.authority}`, 'Transfer-Encoding: chunked'));
    client.send('3\r\nabc\r\n0\r\nX-Sum: 1\r\n\r\n');
    assert.equal((await client.readAnswer()).status, 204);
    assert.deepEqual(got, ['abc', 'x-sum,1']);
  });

  it('gets interim responses', async () => {
    const origin = await Http2Origin.start(
      stage,
      (stream) => {
        stream.additionalHeaders({ ':status': 103, link: '</a>' });
        stream.respond({ ':status': 200, 'content-length': 0 }, { endStream: true });
      },
      { certificate: trusted },
    );
    const proxy = await stage.proxy();
    const client = await stage.client(proxy);
    client.send(head(`GET ${origin.url('/')} HTTP/1.1`, `Host: ${origin.authority}`));
    await client.expect('HTTP/1.1 103 \r\nlink: </a>\r\n\r\nHTTP/1.1 200 \r\n');
    assert.equal((await proxy.detail()).interim[0]?.startLine, 'HTTP/2 103');
  });

  it('is served in HTTP/1.1 where wirelens.http2 is off', async () => {
    const origin = await stage.httpOrigin((_request, response) => response.end('x'), { certificate: trusted });
    const proxy = await stage.proxy({ http2: false });
    const client = await stage.client(proxy);
    client.send(head(`GET ${origin.url()} HTTP/1.1`, `Host: ${origin.authority}`));
    assert.equal((await client.readAnswer()).status, 200);
    assert.equal((await proxy.detail()).connection?.tls?.alpn, 'http/1.1');
  });
});

describe('an upstream of HTTP/2', () => {
  const stage = useStage();

  it('that refuses a stream gets the request again, with its body', async () => {
    let tries = 0;
    const bodies: string[] = [];
    const origin = await Http2Origin.start(stage, (stream) => {
      tries += 1;
      if (tries === 1) {
        stream.close(constants.NGHTTP2_REFUSED_STREAM);
        return;
      }
      stream.on('data', (chunk: Buffer) => void bodies.push(chunk.toString()));
      stream.on('end', () => stream.respond({ ':status': 200 }, { endStream: true }));
    });
    const proxy = await stage.proxy();
    const answer = await ask(
      http2Client(stage, proxy.port),
      { ':method': 'POST', ':path': '/', ':authority': origin.authority },
      { body: 'abc' },
    );
    assert.equal(answer.status, 200);
    assert.deepEqual([tries, bodies], [2, ['abc']]);
    assert.equal((await proxy.detail()).connection?.retried, true);
  });

  it('that refuses it twice gives 502 with that reason', async () => {
    const origin = await Http2Origin.start(stage, (stream) => stream.close(constants.NGHTTP2_REFUSED_STREAM));
    const proxy = await stage.proxy();
    const answer = await ask(http2Client(stage, proxy.port), { ':path': '/', ':authority': origin.authority });
    assert.equal(answer.status, 502);
    assert.match(answer.body, /REFUSED_STREAM/);
    assert.equal((await proxy.flow()).error?.code, 'stream-refused');
  });

  it('that resets a stream before its answer gives 502 with the reason', async () => {
    const origin = await Http2Origin.start(stage, (stream) => stream.close(constants.NGHTTP2_INTERNAL_ERROR));
    const proxy = await stage.proxy();
    const answer = await ask(http2Client(stage, proxy.port), { ':path': '/', ':authority': origin.authority });
    assert.equal(answer.status, 502);
    const { error } = await proxy.flow();
    assert.equal(error?.code, 'stream-reset');
    assert.match(error?.message ?? '', /INTERNAL_ERROR/);
  });

  it('that resets a stream in its answer breaks the client off, and says the reason and the bytes', async () => {
    const origin = await Http2Origin.start(stage, (stream) => {
      respond(stream, 200);
      stream.write('abc', () => stream.close(constants.NGHTTP2_ENHANCE_YOUR_CALM));
    });
    const proxy = await stage.proxy();
    const answer = await ask(http2Client(stage, proxy.port), { ':path': '/', ':authority': origin.authority });
    assert.equal(answer.reset, constants.NGHTTP2_INTERNAL_ERROR);
    const { error } = await proxy.flow();
    assert.equal(error?.code, 'stream-broken-off');
    assert.match(error?.message ?? '', /ENHANCE_YOUR_CALM\) after 3 bytes/);
  });

  it('that loses its connection in an answer breaks off a client of HTTP/1.1 by a reset', async () => {
    const origin = await Http2Origin.start(
      stage,
      (stream) => {
        respond(stream, 200);
        stream.write('abc', () => stream.session?.destroy());
      },
      { certificate: trusted },
    );
    const proxy = await stage.proxy();
    const client = await stage.client(proxy);
    client.send(head(`GET ${origin.url('/')} HTTP/1.1`, `Host: ${origin.authority}`));
    await client.expect('HTTP/1.1 200 \r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n');
    await until(() => client.over, 'the client is broken off');
    assert.equal((await proxy.flow()).error?.code, 'stream-broken-off');
  });

  it('that says GOAWAY ends what is under way, and the next request opens a connection', async () => {
    const origin = await Http2Origin.start(stage, (stream) => {
      stream.respond();
      stream.write('a');
      stream.session?.goaway(constants.NGHTTP2_NO_ERROR);
      stream.end('b');
    });
    const proxy = await stage.proxy();
    const client = http2Client(stage, proxy.port);
    for (const path of ['/1', '/2']) {
      const answer = await ask(client, { ':path': path, ':authority': origin.authority });
      assert.deepEqual([answer.status, answer.body], [200, 'ab']);
    }
    assert.equal(origin.sessions.length, 2);
  });

  it('is asked for no more streams at a time than it allows', async () => {
    let [now, most] = [0, 0];
    const waiting: (() => void)[] = [];
    const origin = await Http2Origin.start(
      stage,
      (stream) => {
        now += 1;
        most = Math.max(most, now);
        waiting.push(() => {
          now -= 1;
          stream.respond({ ':status': 200 }, { endStream: true });
        });
      },
      { settings: { maxConcurrentStreams: 2 } },
    );
    const proxy = await stage.proxy();
    const client = http2Client(stage, proxy.port);
    const answers = [1, 2, 3, 4].map(
      async (path) => await ask(client, { ':path': `/${path}`, ':authority': origin.authority }),
    );
    await until(() => waiting.length === 4, 'all are at upstream');
    assert.ok(origin.sessions.length >= 2);
    for (const respond of waiting) respond();
    for (const answer of await Promise.all(answers)) assert.equal(answer.status, 200);
  });

  it('with a limit of one connection serves who waits as soon as there is room on it', async () => {
    let [now, most] = [0, 0];
    const origin = await Http2Origin.start(
      stage,
      (stream) => {
        now += 1;
        most = Math.max(most, now);
        stream.on('close', () => (now -= 1));
        stream.respond();
        stream.end('x');
      },
      { settings: { maxConcurrentStreams: 1 } },
    );
    const proxy = await stage.proxy({ 'pool.maxPerOrigin': 1 });
    const client = http2Client(stage, proxy.port);
    const asking = [1, 2, 3].map(
      async (path) => await ask(client, { ':path': `/${path}`, ':authority': origin.authority }),
    );
    for (const answer of await Promise.all(asking)) assert.equal(answer.body, 'x');
    assert.deepEqual([origin.sessions.length, most], [1, 1]);
  });

  it('that sends more or less than it announced is broken off', async () => {
    const origin = await Http2Origin.start(stage, (stream, list) => {
      stream.respond({ ':status': 200, 'content-length': 3 });
      stream.end(list.includes('/more') ? 'abcd' : 'ab');
    });
    const proxy = await stage.proxy();
    const client = http2Client(stage, proxy.port);
    for (const path of ['/more', '/less']) {
      const answer = await ask(client, { ':path': path, ':authority': origin.authority });
      assert.ok(answer.reset !== 0 || answer.status === 502, `${path}: ${answer.status} ${answer.reset}`);
    }
    assert.equal((await proxy.flow(1)).state, 'failed');
    assert.equal((await proxy.flow(2)).state, 'failed');
  });

  it('that falls silent is given up in time', async () => {
    const origin = await Http2Origin.start(stage, () => undefined);
    const proxy = await stage.proxy();
    const asking = ask(http2Client(stage, proxy.port), { ':path': '/', ':authority': origin.authority });
    await until(() => origin.sessions.length === 1 && proxy.upstream().busy === 1, 'it is asked');
    proxy.clock.advance(61_000);
    assert.equal((await asking).status, 504);
  });
});
