// What clients of HTTP/2 may do, what they may not, and how their connections end.
import assert from 'node:assert/strict';
import { connect as connectHttp2, constants } from 'node:http2';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
import { head } from '../support/conversation.ts';
import { frame, line, PREFACE, request, SETTINGS } from '../support/frames.ts';
import { ask, http2Client, Http2Origin } from '../support/http2.ts';
import { useStage } from '../support/stage.ts';
import { until } from '../support/until.ts';

describe('a client of HTTP/2', () => {
  const stage = useStage();

  const answering = async (): Promise<Http2Origin> =>
    await Http2Origin.start(stage, (stream) => stream.respond({ ':status': 200 }, { endStream: true }));

  it('that sends its preface byte by byte is understood', async () => {
    const origin = await answering();
    const proxy = await stage.proxy();
    const client = await stage.client(proxy);
    for (const byte of PREFACE) {
      client.send(Buffer.from([byte]));
      await new Promise<void>((fulfil) => setImmediate(fulfil));
    }
    client.send(Buffer.concat([SETTINGS, frame(1, 0x5, 1, request(origin.authority))]));
    assert.equal((await proxy.flow()).status, 200);
  });

  it('is served inside a CONNECT tunnel, in HTTP/2 on both sides', async () => {
    const origin = await answering();
    const proxy = await stage.proxy();
    const socket = await tunnel(proxy.port, origin.authority);
    stage.closing(() => void socket.destroy());
    const session = connectHttp2(`http://${origin.authority}`, { createConnection: () => socket });
    session.on('error', () => undefined);
    stage.closing(() => session.destroy());
    assert.equal((await ask(session, { ':path': '/inside' })).status, 200);
    const detail = await proxy.detail(2);
    assert.deepEqual(
      [detail.url, detail.protocol, detail.connection?.http2?.stream],
      [origin.url('/inside'), 'HTTP/2', 1],
    );
  });

  it('is served by the cache', async () => {
    let asked = 0;
    const origin = await Http2Origin.start(stage, (stream) => {
      asked += 1;
      stream.respond({ ':status': 200, 'cache-control': 'max-age=60' });
      stream.end('kept');
    });
    const proxy = await stage.proxy();
    const client = http2Client(stage, proxy.port);
    await ask(client, { ':path': '/', ':authority': origin.authority });
    const again = await ask(client, { ':path': '/', ':authority': origin.authority });
    assert.deepEqual([again.status, again.body, asked], [200, 'kept', 1]);
    assert.match(again.field('cache-status') ?? '', /hit/);
    assert.equal((await proxy.flow(2)).cache, 'hit');
  });

  it('gets one large answer from the cache whole', async () => {
    const body = Buffer.alloc(1_000_000, 'x');
    const origin = await Http2Origin.start(stage, (stream) => {
      stream.respond({ ':status': 200, 'cache-control': 'max-age=60' });
      stream.end(body);
    });
    const proxy = await stage.proxy();
    const client = http2Client(stage, proxy.port);
    for (const _time of [1, 2]) {
      const answer = await ask(client, { ':path': '/', ':authority': origin.authority });
      assert.equal(answer.body.length, body.length);
    }
    assert.equal((await proxy.flow(2)).cache, 'hit');
  });

  it('that sends a malformed request gets 400, and what it sent is shown', async () => {
    const proxy = await stage.proxy();
    const client = http2Client(stage, proxy.port);
    const answer = await ask(client, { ':path': '/', ':authority': 'a.test', host: 'b.test' });
    assert.equal(answer.status, 400);
    const detail = await proxy.detail();
    assert.match(detail.error?.message ?? '', /different servers/);
    assert.match(detail.refusedBytes ?? '', /host: b\.test/);
  });

  it('cannot smuggle a line break or a field of HTTP/1.1 to upstream', async () => {
    const origin = await stage.httpOrigin((_request, response) => response.end('x'));
    const proxy = await stage.proxy();
    const client = await stage.client(proxy);
    client.send(Buffer.concat([PREFACE, SETTINGS]));
    const bad = [
      line('a', 'b\r\nGET /smuggled HTTP/1.1\r\n'),
      line('transfer-encoding', 'chunked'),
      line('connection', 'x'),
    ];
    bad.forEach((field, index) => client.send(frame(1, 0x5, 2 * index + 1, request(origin.authority, field))));
    client.send(frame(1, 0x5, 7, request(origin.authority, line('last', '1'))));
    await until(() => origin.requests.length > 0, 'the last one is at upstream');
    await until(() => proxy.engine.state().inFlight === 0, 'all are over');
    assert.ok(
      origin.requests.every((one) => one === 'GET /'),
      origin.requests.join(),
    );
  });

  it('whose content is not what it announced is refused', async () => {
    const origin = await stage.httpOrigin((request, response) => {
      request.resume();
      request.on('end', () => response.end('whole'));
    });
    const proxy = await stage.proxy();
    const client = http2Client(stage, proxy.port);
    const headers = { ':method': 'POST', ':path': '/', ':authority': origin.authority, 'content-length': 5 };
    for (const body of ['abcd', 'abcdef']) {
      const answer = await ask(client, headers, { body });
      assert.ok(answer.reset !== 0 || answer.status === 400, `${answer.status} ${answer.reset}`);
      assert.notEqual(answer.body, 'whole');
    }
  });

  it('that does not read stops upstream, and no other stream', async () => {
    let written = 0;
    const origin = await Http2Origin.start(stage, (stream, list) => {
      if (list.includes('/small')) {
        stream.respond({ ':status': 200 }, { endStream: true });
        return;
      }
      stream.respond();
      const piece = Buffer.alloc(64 * 1024);
      const write = (): void => {
        while (!stream.destroyed && written < 64 * 1024 * 1024 && stream.write(piece)) written += piece.length;
      };
      stream.on('drain', write);
      write();
    });
    const proxy = await stage.proxy();
    const client = http2Client(stage, proxy.port);
    const large = client.request({ ':path': '/large', ':authority': origin.authority });
    large.on('error', () => undefined);
    await new Promise<void>((fulfil) => large.once('response', () => fulfil()));
    assert.equal((await ask(client, { ':path': '/small', ':authority': origin.authority })).status, 200);
    await stage.caughtUp(proxy);
    await settled(() => written);
    assert.ok(written < 8 * 1024 * 1024, `${written} bytes were taken`);
    large.close(constants.NGHTTP2_CANCEL);
  });

  it('is told by GOAWAY when the proxy stops, and its stream may end', async () => {
    let end = (): void => undefined;
    const origin = await Http2Origin.start(stage, (stream) => {
      stream.respond();
      stream.write('a');
      end = () => stream.end('b');
    });
    const proxy = await stage.proxy();
    const client = http2Client(stage, proxy.port);
    const away = new Promise<number>((fulfil) => client.once('goaway', fulfil));
    const asking = ask(client, { ':path': '/', ':authority': origin.authority });
    await until(() => proxy.flows()[0]?.state === 'streaming', 'the answer comes');
    const closing = proxy.engine.close();
    assert.equal(await away, constants.NGHTTP2_NO_ERROR);
    end();
    assert.deepEqual((await asking).body, 'ab');
    await closing;
  });

  it('that is idle for too long is told by GOAWAY', async () => {
    const origin = await answering();
    const proxy = await stage.proxy();
    const client = http2Client(stage, proxy.port);
    const away = new Promise<number>((fulfil) => client.once('goaway', fulfil));
    await ask(client, { ':path': '/', ':authority': origin.authority });
    await stage.caughtUp(proxy);
    proxy.clock.advance(121_000);
    assert.equal(await away, constants.NGHTTP2_NO_ERROR);
  });

  it('has its connection closed after an exchange where keep-alive is off', async () => {
    const origin = await answering();
    const proxy = await stage.proxy({ keepAlive: false });
    const client = http2Client(stage, proxy.port);
    const closed = new Promise<void>((fulfil) => client.once('close', fulfil));
    assert.equal((await ask(client, { ':path': '/', ':authority': origin.authority })).status, 200);
    await closed;
  });

  it('gets 503 on the streams that the admission gate has no room for', async () => {
    const waiting: (() => void)[] = [];
    const origin = await Http2Origin.start(stage, (stream) => {
      waiting.push(() => stream.respond({ ':status': 200 }, { endStream: true }));
    });
    const proxy = await stage.proxy({ maxConcurrent: 1, maxQueued: 0 });
    const client = http2Client(stage, proxy.port);
    const first = ask(client, { ':path': '/', ':authority': origin.authority });
    await until(() => waiting.length === 1, 'the first is at upstream');
    assert.equal((await ask(client, { ':path': '/', ':authority': origin.authority })).status, 503);
    waiting[0]?.();
    assert.equal((await first).status, 200);
  });

  it('opens a tunnel on a stream', async () => {
    const echo = createServer((socket) => socket.pipe(socket));
    await new Promise<void>((fulfil) => echo.listen(0, '127.0.0.1', fulfil));
    stage.closing(() => void echo.close());
    const proxy = await stage.proxy();
    const client = http2Client(stage, proxy.port);
    const authority = `127.0.0.1:${(echo.address() as AddressInfo).port}`;
    const answer = await ask(client, { ':method': 'CONNECT', ':authority': authority }, { body: 'through' });
    assert.deepEqual([answer.status, answer.body, answer.reset], [200, 'through', 0]);
    const flow = await proxy.flow();
    assert.deepEqual([flow.kind, flow.requestBytes, flow.responseBytes], ['tunnel', 7, 7]);
  });

  it('opens a WebSocket by extended CONNECT', async () => {
    const origin = await stage.origin();
    const proxy = await stage.proxy({ reverse: origin.url() });
    const client = http2Client(stage, proxy.port);
    await new Promise<void>((fulfil) => client.once('remoteSettings', () => fulfil()));
    assert.equal(client.remoteSettings.enableConnectProtocol, true);
    const asking = ask(
      client,
      { ':method': 'CONNECT', ':protocol': 'websocket', ':scheme': 'http', ':path': '/chat', ':authority': 'a.test' },
      { body: 'up' },
    );
    const upstream = await origin.accept();
    await upstream.expect('GET /chat HTTP/1.1\r\n');
    const rest = await upstream.readHead();
    assert.match(rest, /Upgrade: websocket\r\nConnection: Upgrade|Connection: Upgrade\r\nUpgrade: websocket/);
    assert.match(rest, /Sec-WebSocket-Key: \S{24}/);
    upstream.send(
      head('HTTP/1.1 101 Switching Protocols', 'Connection: Upgrade', 'Upgrade: websocket', 'Sec-WebSocket-Accept: x'),
    );
    await upstream.expect('up');
    upstream.send('down').end();
    const answer = await asking;
    assert.deepEqual([answer.status, answer.body, answer.field('sec-websocket-accept')], [200, 'down', undefined]);
    assert.equal((await proxy.flow()).kind, 'upgrade');
  });
});

describe('a client of HTTP/2 that floods', () => {
  const stage = useStage();

  it('with resets is sent away', async () => {
    const origin = await Http2Origin.start(stage, () => undefined);
    const proxy = await stage.proxy({ maxConcurrent: 2000 });
    const client = http2Client(stage, proxy.port);
    const away = new Promise<number>((fulfil) => client.once('goaway', fulfil));
    const closed = new Promise<void>((fulfil) => client.once('close', fulfil));
    const flood = setInterval(() => {
      for (let count = 0; count < 50 && !client.closed; count += 1) {
        const stream = client.request({ ':path': '/', ':authority': origin.authority });
        stream.on('error', () => undefined);
        stream.close(constants.NGHTTP2_CANCEL);
      }
    }, 1);
    await closed;
    clearInterval(flood);
    assert.equal(await away, constants.NGHTTP2_ENHANCE_YOUR_CALM);
    await until(() => proxy.engine.state().inFlight === 0, 'nothing is under way');
  });

  const floods: readonly (readonly [string, () => Buffer])[] = [
    [
      'CONTINUATION frames',
      () => Buffer.concat([frame(1, 0, 1, request('a.test')), ...many(100, frame(9, 0, 1, line('a', 'b')))]),
    ],
    ['settings', () => Buffer.concat(many(20_000, SETTINGS))],
    ['pings', () => Buffer.concat(many(20_000, frame(6, 0, 0, Buffer.alloc(8))))],
  ];
  for (const [name, bytes] of floods) {
    it(`with ${name} does not reach upstream, and others are served`, async () => {
      const origin = await Http2Origin.start(stage, (stream) =>
        stream.respond({ ':status': 200 }, { endStream: true }),
      );
      const proxy = await stage.proxy();
      const client = await stage.client(proxy);
      client.send(Buffer.concat([PREFACE, SETTINGS, bytes()]));
      const other = http2Client(stage, proxy.port);
      assert.equal((await ask(other, { ':path': '/', ':authority': origin.authority })).status, 200);
      assert.equal(proxy.flows().length, 1);
    });
  }

  it('with a header bomb has that stream refused', async () => {
    const origin = await Http2Origin.start(stage, (stream) => stream.respond({ ':status': 200 }, { endStream: true }));
    const proxy = await stage.proxy();
    const client = http2Client(stage, proxy.port);
    const bomb = Object.fromEntries(Array.from({ length: 400 }, (_none, index) => [`x-${index}`, 'a'.repeat(20)]));
    const answer = await ask(client, { ':path': '/', ':authority': origin.authority, ...bomb });
    assert.notEqual(answer.status, 200);
    assert.equal((await ask(client, { ':path': '/', ':authority': origin.authority })).status, 200);
    assert.equal(origin.sessions.length, 1);
  });
});

function many(count: number, one: Buffer): Buffer[] {
  return Array.from({ length: count }, () => one);
}

/** Resolves when the number has not changed for some turns of the event loop. */
async function settled(number: () => number): Promise<void> {
  for (let same = 0, last = -1; same < 200; same = number() === last ? same + 1 : 0) {
    last = number();
    await new Promise<void>((fulfil) => setImmediate(fulfil));
  }
}

/** A socket through a CONNECT tunnel. */
async function tunnel(port: number, authority: string): Promise<Socket> {
  const socket = connect(port, '127.0.0.1');
  socket.write(head(`CONNECT ${authority} HTTP/1.1`, `Host: ${authority}`));
  await new Promise<void>((fulfil) => {
    socket.once('data', () => {
      socket.pause();
      fulfil();
    });
  });
  return socket;
}
