// Memory stays constant: whoever does not read makes the other side wait, whatever the size of the body.
import assert from 'node:assert/strict';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { head, type Conversation } from '../support/conversation.ts';
import { asked, ok } from '../support/messages.ts';
import type { Proxy } from '../support/proxy.ts';
import { useStage } from '../support/stage.ts';
import { until } from '../support/until.ts';

const mebibyte = 1024 * 1024;
const offered = 200 * mebibyte;
const block = Buffer.alloc(mebibyte, 'constant memory.');

/** Writes as long as the other side takes it; the result says how many bytes the socket accepted. */
function offer(conversation: Conversation, total: number, piece = block): { readonly accepted: () => number } {
  const { socket } = conversation;
  let written = 0;
  const more = (): void => {
    while (written < total) {
      written += piece.length;
      if (!socket.write(piece)) return;
    }
  };
  socket.on('drain', more);
  more();
  return { accepted: () => written };
}

/** Resolves once a number does not change any more over many turns of the event loop. */
async function settled(value: () => number): Promise<number> {
  let last = -1;
  let turns = 0;
  await until(() => {
    const now = value();
    turns = now === last ? turns + 1 : 0;
    last = now;
    return turns > 2000;
  }, 'a number settles');
  return last;
}

setFlagsFromString('--expose_gc');
const collectGarbage = runInNewContext('gc') as () => void;

/** Bytes of memory in use, without garbage. */
function held(): number {
  collectGarbage();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

/** Buffers that nobody holds are given back some turns after the collection. */
async function heldNoMoreThan(limit: number): Promise<void> {
  await until(() => held() <= limit, `no more than ${limit} bytes are held`, held);
}

async function received(conversation: Conversation, total: number): Promise<void> {
  const piece = mebibyte / 4;
  let left = total;
  while (left > 0) left -= (await conversation.read(Math.min(left, piece))).length;
}

/** Records no bodies, so that what memory grows by is not the record. */
const unrecorded = { 'capture.maxBody': 0 } as const;

describe('a response that the client does not read', () => {
  const stage = useStage();

  it('is not read from upstream either, and all of it arrives later', async () => {
    const proxy = await stage.proxy(unrecorded);
    const origin = await stage.origin();
    const client = await stage.client(proxy);
    client.socket.pause();
    client.send(asked(origin, '/'));
    const upstream = await origin.accept();
    await upstream.readHead();
    const before = held();
    upstream.send(head('HTTP/1.1 200 OK', `Content-Length: ${offered}`));
    const { accepted } = offer(upstream, offered);
    assert.ok((await settled(accepted)) < offered / 4, `upstream could write ${accepted()} bytes`);
    await heldNoMoreThan(before + 20 * mebibyte);
    assert.equal(proxy.flows()[0]?.state, 'streaming');
    client.socket.resume();
    await client.readHead();
    await received(client, offered);
    await heldNoMoreThan(before + 20 * mebibyte);
    assert.equal((await proxy.flow()).responseBytes, offered);
  });

  it('in chunks is not read from upstream either', async () => {
    const proxy = await stage.proxy(unrecorded);
    const origin = await stage.origin();
    const client = await stage.client(proxy);
    client.socket.pause();
    client.send(asked(origin, '/'));
    const upstream = await origin.accept();
    await upstream.readHead();
    upstream.send(`${head('HTTP/1.1 200 OK', 'Transfer-Encoding: chunked')}${offered.toString(16)}\r\n`);
    const { accepted } = offer(upstream, offered);
    assert.ok((await settled(accepted)) < offered / 4, `upstream could write ${accepted()} bytes`);
  });

  it('is not read from upstream either where it is interim responses without end', async () => {
    const proxy = await stage.proxy(unrecorded);
    const origin = await stage.origin();
    const client = await stage.client(proxy);
    client.socket.pause();
    client.send(asked(origin, '/hints'));
    const upstream = await origin.accept();
    await upstream.readHead();
    const hint = head('HTTP/1.1 103 Early Hints', `Link: ${'x'.repeat(1000)}`);
    const { accepted } = offer(upstream, offered, Buffer.from(hint.repeat(1000), 'latin1'));
    assert.ok((await settled(accepted)) < offered / 4, `upstream could write ${accepted()} bytes`);
    client.socket.resume();
    await client.expect(hint);
    client.reset();
  });

  it('gives the client up when it has not read for the idle time', async () => {
    const proxy = await stage.proxy({ ...unrecorded, 'timeouts.idle': 30 });
    const origin = await stage.origin();
    const client = await stage.client(proxy);
    client.socket.pause();
    client.send(asked(origin, '/'));
    const upstream = await origin.accept();
    await upstream.readHead();
    upstream.send(head('HTTP/1.1 200 OK', `Content-Length: ${offered}`));
    await settled(offer(upstream, offered).accepted);
    proxy.clock.advance(31_000);
    await upstream.expectClose();
    assert.equal((await proxy.flow()).error?.code, 'client-left');
  });

  it('of the cache is not cut off when the connection closes after it', async () => {
    const proxy = await stage.proxy();
    const body = 'x'.repeat(9 * mebibyte);
    const origin = await stage.httpOrigin((_request, response) => {
      response.setHeader('Cache-Control', 'max-age=60');
      response.end(body);
    });
    assert.equal((await stage.curl('--proxy', proxy.url, origin.url())).output.length, body.length);
    const client = await stage.client(proxy);
    client.socket.pause();
    client.send(asked(origin, '/', 'Connection: close'));
    await until(() => proxy.flows()[1]?.cache === 'hit', 'the answer begins');
    const other = await stage.client(proxy);
    other.send('GET http://');
    await stage.caughtUp(proxy);
    proxy.clock.advance(70_000);
    // The sweep that ends this one has looked at the other one too.
    assert.equal((await other.readAnswer()).status, 408);
    client.socket.resume();
    await client.readHead();
    assert.equal((await client.rest()).length, body.length);
  });

  it('of the cache goes on to who reads slowly, however long it takes in all', async () => {
    const proxy = await stage.proxy({ 'cache.maxEntrySize': 64, 'timeouts.idle': 30 });
    const body = 'x'.repeat(48 * mebibyte);
    const origin = await stage.httpOrigin((_request, response) => {
      response.setHeader('Cache-Control', 'max-age=6000');
      response.end(body);
    });
    assert.equal((await stage.curl('--proxy', proxy.url, '--output', '/dev/null', origin.url())).code, 0);
    const client = await stage.client(proxy);
    client.send(asked(origin, '/'));
    await client.readHead();
    const sent = (): number => proxy.flows()[1]?.responseBytes ?? 0;
    for (let left = body.length; left > 0; left -= 4 * mebibyte) {
      client.socket.pause();
      const before = await settled(sent);
      proxy.clock.advance(25_000);
      client.socket.resume();
      await received(client, 4 * mebibyte);
      await until(() => sent() > before || sent() === body.length, 'more is written');
    }
    assert.deepEqual([(await proxy.flow(2)).state, (await proxy.flow(2)).cache], ['done', 'hit']);
  });

  it('holds back the answers to what the client pipelined behind it', async () => {
    const proxy = await stage.proxy();
    const body = 'x'.repeat(9 * mebibyte);
    const origin = await stage.httpOrigin((_request, response) => {
      response.setHeader('Cache-Control', 'max-age=60');
      response.end(body);
    });
    assert.equal((await stage.curl('--proxy', proxy.url, origin.url())).output.length, body.length);
    const client = await stage.client(proxy);
    client.socket.pause();
    client.send(asked(origin, '/').repeat(20));
    const answered = await settled(() => proxy.flows().length);
    assert.ok(answered < 6, `${answered} flows`);
    client.socket.resume();
    for (let time = 0; time < 20; time += 1) {
      assert.match(await client.readHead(), /^HTTP\/1\.1 200/);
      await received(client, body.length);
    }
  });
});

describe('a request that upstream does not read', () => {
  const stage = useStage();

  async function refuseToRead(proxy: Proxy, start: (authority: string, url: string) => string): Promise<void> {
    const origin = await stage.origin();
    const client = await stage.client(proxy);
    const before = held();
    client.send(start(origin.authority, origin.url('/up')));
    const upstream = await origin.accept();
    upstream.socket.pause();
    const { accepted } = offer(client, offered);
    assert.ok((await settled(accepted)) < offered / 4, `the client could write ${accepted()} bytes`);
    await heldNoMoreThan(before + 20 * mebibyte);
    upstream.socket.resume();
    await upstream.readHead();
    await received(upstream, offered);
    upstream.send(ok('got it'));
    await client.expect(ok('got it'));
    assert.equal((await proxy.flow()).requestBytes, offered);
  }

  it('is not read from the client either, and all of it arrives later', async () => {
    await refuseToRead(await stage.proxy(unrecorded), (authority, url) =>
      head(`PUT ${url} HTTP/1.1`, `Host: ${authority}`, `Content-Length: ${offered}`),
    );
  });

  it('is not read from the client while it waits for a slot', async () => {
    const proxy = await stage.proxy({ ...unrecorded, maxConcurrent: 1 });
    const origin = await stage.origin();
    const [first, second] = [await stage.client(proxy), await stage.client(proxy)];
    first.send(asked(origin, '/'));
    await origin.accept();
    second.send(head(`PUT ${origin.url()} HTTP/1.1`, `Host: ${origin.authority}`, `Content-Length: ${offered}`));
    const { accepted } = offer(second, offered);
    assert.ok((await settled(accepted)) < offered / 4, `the client could write ${accepted()} bytes`);
  });
});

describe('a tunnel that is not read on one side', () => {
  const stage = useStage();

  async function open(proxy: Proxy): Promise<{ client: Conversation; upstream: Conversation }> {
    const origin = await stage.origin();
    const client = await stage.client(proxy);
    client.send(head(`CONNECT ${origin.authority} HTTP/1.1`, `Host: ${origin.authority}`));
    await client.readHead();
    const upstream = await origin.accept();
    client.send('\x00');
    await upstream.expect('\x00');
    return { client, upstream };
  }

  it('is not read from upstream either where the client is the one', async () => {
    const { client, upstream } = await open(await stage.proxy());
    client.socket.pause();
    const { accepted } = offer(upstream, offered);
    assert.ok((await settled(accepted)) < offered / 4, `upstream could write ${accepted()} bytes`);
    client.socket.resume();
    await received(client, accepted());
  });

  it('is not read from the client either where upstream is the one', async () => {
    const { client, upstream } = await open(await stage.proxy());
    upstream.socket.pause();
    const { accepted } = offer(client, offered);
    assert.ok((await settled(accepted)) < offered / 4, `the client could write ${accepted()} bytes`);
    upstream.socket.resume();
    await received(upstream, accepted());
  });
});
