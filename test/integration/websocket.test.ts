// WebSockets through the proxy, with a real client and server: nothing is changed on the way, and every message is in the record.
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { WebSocket, WebSocketServer, type ClientOptions, type PerMessageDeflateOptions } from 'ws';
import type { FlowMessage, MessageWindow } from '../../src/contract/messages.ts';
import { webSocketMessages } from '../../src/engine/cli/har-messages.ts';
import { harEntry } from '../../src/formats/har.ts';
import { trusted, type Certificate } from '../support/certificates.ts';
import type { Proxy } from '../support/proxy.ts';
import { useStage, type Stage } from '../support/stage.ts';
import { until } from '../support/until.ts';

interface Pair {
  readonly proxy: Proxy;
  readonly client: WebSocket;
  readonly server: WebSocket;
}

interface PairOptions {
  readonly server?: PerMessageDeflateOptions | boolean;
  readonly client?: ClientOptions;
  readonly proxy?: Parameters<Stage['proxy']>[0];
  /** Makes the server one of TLS. */
  readonly certificate?: Certificate;
}

/** A server, a reverse proxy before it, and a client of that. */
async function connected(stage: Stage, options: PairOptions = {}): Promise<Pair> {
  const sockets = new WebSocketServer({ noServer: true, perMessageDeflate: options.server ?? false });
  const { certificate } = options;
  const origin = await stage.httpOrigin((_request, response) => response.end(), certificate && { certificate });
  const { promise, resolve } = Promise.withResolvers<WebSocket>();
  origin.onUpgrade((request, socket, head) => sockets.handleUpgrade(request, socket, head, resolve));
  const proxy = await stage.proxy({ ...options.proxy, reverse: origin.url('') });
  const client = new WebSocket(`${proxy.url.replace('http:', 'ws:')}/chat`, options.client);
  stage.closing(() => client.terminate());
  await once(client, 'open');
  return { proxy, client, server: await promise };
}

/** Sends and waits until the other side has it. */
async function passed(from: WebSocket, to: WebSocket, message: string | Buffer, options = {}): Promise<Buffer> {
  const arrives = once(to, 'message');
  from.send(message, options);
  const [data] = (await arrives) as [Buffer];
  return data;
}

async function windowOf(proxy: Proxy, from?: number, count = 200): Promise<MessageWindow> {
  const window = await proxy.engine.recorder.store.messageWindow(1, from, count);
  assert.ok(window);
  return window;
}

async function messagesOf(proxy: Proxy): Promise<readonly FlowMessage[]> {
  return (await windowOf(proxy)).messages;
}

async function payload(proxy: Proxy, message: number, form: 'wire' | 'decoded' | 'pretty' = 'wire'): Promise<Buffer> {
  const { bodies } = proxy.engine;
  const opened = await bodies.openBody({ id: 'test.1', side: 'response', message, form });
  assert.ok(opened);
  const pieces: Uint8Array[] = [];
  for (let at = 0; at < opened.size;) {
    const piece = await bodies.readBody(opened.handle, at);
    pieces.push(piece);
    at += piece.length;
  }
  bodies.closeBody(opened.handle);
  return Buffer.concat(pieces);
}

function brief({ direction, kind, size, state, preview }: FlowMessage): unknown[] {
  return [direction, kind, size, state, preview];
}

async function closed({ client, server }: Pair, code = 1000, reason = 'done'): Promise<void> {
  const both = Promise.all([once(client, 'close'), once(server, 'close')]);
  client.close(code, reason);
  await both;
}

describe('a WebSocket', () => {
  const stage = useStage();

  it('is a flow with its messages, in both directions', async () => {
    const pair = await connected(stage);
    const { proxy, client, server } = pair;
    await passed(client, server, '{"ask":1}');
    await passed(server, client, Buffer.from([0, 1, 2]));
    await closed(pair, 4001, 'enough');
    const detail = await proxy.detail();
    assert.deepEqual([detail.kind, detail.state, detail.status, detail.messages], ['upgrade', 'done', 101, 4]);
    const messages = await messagesOf(proxy);
    assert.deepEqual(messages.map(brief), [
      ['sent', 'text', 9, 'complete', '{"ask":1}'],
      ['received', 'binary', 3, 'complete', ''],
      ['sent', 'close', 8, 'complete', 'enough'],
      ['received', 'close', 8, 'complete', 'enough'],
    ]);
    assert.deepEqual(messages[2]?.close, { code: 4001, reason: 'enough' });
    assert.deepEqual([...(await payload(proxy, 2))], [0, 1, 2]);
    assert.equal((await payload(proxy, 1, 'pretty')).toString(), '{\n  "ask": 1\n}');
  });

  it('shows messages while it is open', async () => {
    const { proxy, client, server } = await connected(stage);
    await passed(client, server, 'now');
    const summary = proxy.flows()[0];
    assert.deepEqual([summary?.state, summary?.messages], ['streaming', 1]);
    assert.equal((await messagesOf(proxy))[0]?.preview, 'now');
  });

  it('joins fragments, and keeps control frames between them apart', async () => {
    const pair = await connected(stage);
    const { proxy, client, server } = pair;
    const arrives = once(server, 'message');
    client.send('one ', { fin: false });
    client.ping('are you there');
    client.send('two ', { fin: false });
    client.send('three', { fin: true });
    assert.equal(String(((await arrives) as [Buffer])[0]), 'one two three');
    await closed(pair);
    await proxy.flow();
    const messages = await messagesOf(proxy);
    assert.deepEqual(messages.slice(0, 3).map(brief).slice(0, 2), [
      ['sent', 'text', 13, 'complete', 'one two three'],
      ['sent', 'ping', 13, 'complete', 'are you there'],
    ]);
    assert.ok(messages.some(({ kind, preview }) => kind === 'pong' && preview === 'are you there'));
  });

  for (const takeover of [true, false]) {
    it(`inflates what is compressed ${takeover ? 'with' : 'without'} context takeover`, async () => {
      const deflate = {
        threshold: 0,
        serverNoContextTakeover: !takeover,
        clientNoContextTakeover: !takeover,
      };
      const pair = await connected(stage, { server: deflate, client: { perMessageDeflate: deflate } });
      const { proxy, client, server } = pair;
      const text = randomBytes(400).toString('hex');
      for (let turn = 0; turn < 3; turn += 1) {
        assert.equal(String(await passed(client, server, `${turn} ${text}`)), `${turn} ${text}`);
        assert.equal(String(await passed(server, client, `${turn} ${text}`)), `${turn} ${text}`);
      }
      await passed(client, server, '');
      await closed(pair);
      await proxy.flow();
      const messages = await messagesOf(proxy);
      assert.deepEqual((await windowOf(proxy)).lost, undefined);
      assert.equal(messages.length, 9);
      for (let number = 1; number <= 6; number += 1) {
        assert.equal(String(await payload(proxy, number)), `${Math.floor((number - 1) / 2)} ${text}`);
        assert.ok((messages[number - 1]?.wireSize ?? Infinity) < text.length);
      }
      // With takeover a repeated message is all reference to the one before.
      assert.equal((messages[2]?.wireSize ?? 0) < 60, takeover);
      assert.deepEqual(brief(messages[6]!), ['sent', 'text', 0, 'complete', '']);
    });
  }

  it('passes large messages on as they are, and records them whole', async () => {
    const pair = await connected(stage, { server: true, client: { perMessageDeflate: true } });
    const { proxy, client, server } = pair;
    const large = randomBytes(1024 * 1024);
    assert.ok((await passed(client, server, large)).equals(large));
    assert.ok((await passed(server, client, large, { compress: false })).equals(large));
    await closed(pair);
    await proxy.flow();
    assert.ok((await payload(proxy, 1)).equals(large));
    assert.ok((await payload(proxy, 2)).equals(large));
  });

  it('keeps the beginning of a message that is over the limit, and says so', async () => {
    const pair = await connected(stage, {
      proxy: { finer: (all) => ({ ...all, capture: { ...all.capture, maxBody: 1000 } }) },
    });
    const { proxy, client, server } = pair;
    assert.equal((await passed(client, server, 'x'.repeat(5000))).length, 5000);
    await passed(client, server, 'short');
    await closed(pair);
    await proxy.flow();
    const [first, second] = await messagesOf(proxy);
    assert.deepEqual([first?.size, first?.kept, first?.state], [5000, 1000, 'truncated']);
    assert.equal(second?.state, 'complete');
    const opened = await proxy.engine.bodies.openBody({ id: 'test.1', side: 'request', message: 1, form: 'decoded' });
    assert.match(opened?.note ?? '', /first 1 kB of 5 kB/);
  });

  it('that breaks off leaves what came', async () => {
    const { proxy, client, server } = await connected(stage);
    await passed(server, client, 'whole');
    const seen = once(client, 'message');
    server.send('begun', { fin: false });
    server.send('mark', { fin: true });
    await seen;
    const socket = Reflect.get(server, '_socket') as Socket;
    // The header of a message of 100 bytes, and 4 of them.
    socket.write(Buffer.from([0x81, 100, 0x61, 0x62, 0x63, 0x64]));
    await until(() => proxy.flows()[0]?.messages === 3, 'the third message begins');
    socket.resetAndDestroy();
    const summary = await proxy.flow();
    assert.equal(summary.state, 'failed');
    const last = (await messagesOf(proxy)).at(-1);
    assert.deepEqual(last && brief(last), ['received', 'text', 4, 'partial', 'abcd']);
  });

  it('goes on when the record cannot follow', async () => {
    const { proxy, client, server } = await connected(stage);
    const socket = Reflect.get(client, '_socket') as Socket;
    const ends = once(server, 'error');
    // Unmasked, which no client may send (RFC 6455 §5.1).
    socket.write(Buffer.from([0x81, 0x02, 0x68, 0x69]));
    const [error] = (await ends) as [Error];
    assert.match(error.message, /MASK must be set/);
    await proxy.flow();
    const { lost, messages } = await windowOf(proxy);
    assert.deepEqual(lost, { direction: 'sent', reason: 'masking' });
    // The other direction is read on: this is the server's answer to it.
    assert.deepEqual(
      messages.map(({ direction, close }) => [direction, close?.code]),
      [['received', 1002]],
    );
  });

  it('with a server of TLS is the same', async () => {
    const pair = await connected(stage, { certificate: trusted, server: true, client: { perMessageDeflate: true } });
    await passed(pair.client, pair.server, 'secret '.repeat(300));
    await closed(pair);
    assert.equal((await pair.proxy.detail()).connection?.tls?.version, 'TLSv1.3');
    assert.equal(String(await payload(pair.proxy, 1)), 'secret '.repeat(300));
  });

  it('is a HAR entry with its messages, as Chrome’s tools write them', async () => {
    const pair = await connected(stage);
    const { proxy, client, server } = pair;
    const before = proxy.clock.wall() / 1000;
    await passed(client, server, 'héllo');
    await passed(server, client, Buffer.from([1, 2, 255]));
    await closed(pair);
    const { store } = proxy.engine.recorder;
    const detail = await proxy.detail();
    const messages = await webSocketMessages({ store, bodies: proxy.engine.bodies }, detail);
    assert.ok(messages);
    const entry = harEntry(detail, { messages });
    assert.equal(entry._resourceType, 'websocket');
    assert.deepEqual(
      entry._webSocketMessages?.slice(0, 2).map(({ type, opcode, data }) => [type, opcode, data]),
      [
        ['send', 1, 'héllo'],
        ['receive', 2, 'AQL/'],
      ],
    );
    assert.ok((messages[0]?.time ?? 0) >= before);
    assert.equal(messages.at(-1)?.opcode, 8);
  });

  it('inside a tunnel is read as well', async () => {
    const sockets = new WebSocketServer({ noServer: true });
    const origin = await stage.httpOrigin((_request, response) => response.end());
    origin.onUpgrade((request, socket, head) => sockets.handleUpgrade(request, socket, head, (one) => one.send('hi')));
    const proxy = await stage.proxy();
    const socket = connect(proxy.port, '127.0.0.1');
    socket.write(`CONNECT ${origin.authority} HTTP/1.1\r\nHost: ${origin.authority}\r\n\r\n`);
    await once(socket, 'data');
    const client = new WebSocket(`ws://${origin.authority}/`, { createConnection: () => socket });
    stage.closing(() => client.terminate());
    const [data] = (await once(client, 'message')) as [Buffer];
    assert.equal(String(data), 'hi');
    await until(() => proxy.flows()[1]?.messages === 1, 'the message is recorded');
  });
});
