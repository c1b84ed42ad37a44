// What people do to the cache by hand, as clients and upstream see it: revalidation, expiry, pins, and saving a body.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { gzipSync } from 'node:zlib';
import type { FlowDetail } from '../../src/contract/model.ts';
import { head, type Conversation } from '../support/conversation.ts';
import { asked, forwarded, ok } from '../support/messages.ts';
import type { ScriptedOrigin } from '../support/origin.ts';
import type { Proxy } from '../support/proxy.ts';
import { useStage, type Stage } from '../support/stage.ts';
import { until } from '../support/until.ts';

/** A response that is stored at one origin behind the proxy. */
interface Stored {
  readonly proxy: Proxy;
  readonly origin: ScriptedOrigin;
  readonly client: Conversation;
  readonly upstream: Conversation;
  readonly id: string;
}

async function store(stage: Stage, answer: string, ...fields: readonly string[]): Promise<Stored> {
  const proxy = await stage.proxy();
  const origin = await stage.origin();
  const client = await stage.client(proxy);
  client.send(asked(origin, '/a', ...fields));
  const upstream = await origin.accept();
  await upstream.readHead();
  upstream.send(answer);
  await client.readAnswer();
  const [entry] = proxy.engine.cacheSnapshot().entries;
  assert.ok(entry !== undefined, 'it is stored');
  return { proxy, origin, client, upstream, id: entry.id };
}

async function detailOf({ proxy }: Stored, flow: string | undefined): Promise<FlowDetail> {
  const number = proxy.engine.recorder.store.numberOf(flow ?? '');
  assert.ok(number !== undefined, 'it is recorded');
  return await proxy.detail(number);
}

const fresh = 'Cache-Control: max-age=600';

describe('revalidating a cache entry now', () => {
  const stage = useStage();

  it('asks upstream conditionally on the pooled connection, and takes 304 over', async () => {
    const stored = await store(stage, ok('stored', fresh, 'ETag: "1"'));
    const { proxy, origin, upstream, id, client } = stored;
    proxy.clock.advance(20_000);
    const asking = proxy.engine.revalidate(id);
    const request = await upstream.readHead();
    assert.equal(request, forwarded(origin, '/a', 'Cache-Control: no-cache', 'If-None-Match: "1"'));
    upstream.send(head('HTTP/1.1 304 Not Modified', 'ETag: "1"', fresh));
    const result = await asking;
    assert.ok(result.kind === 'done');
    assert.equal(result.decision?.store?.kind, 'updated');
    const flow = await detailOf(stored, result.flow);
    assert.deepEqual(
      [flow.state, flow.status, flow.cache, flow.source, flow.connection?.kind],
      ['done', 200, 'validated', 'wirelens', 'reused'],
    );
    assert.deepEqual(flow.decision, result.decision);
    assert.match(flow.interim[0]?.startLine ?? '', /304/);
    client.send(asked(origin, '/a'));
    assert.equal((await client.readAnswer()).field('age'), '0');
  });

  it('stores what has changed, and sends the fields that the variant was chosen by', async () => {
    const answer = ok('guten Tag', fresh, 'Vary: Accept-Language', 'ETag: "1"');
    const stored = await store(stage, answer, 'Accept-Language: de, en;q=0.5');
    const { proxy, upstream, id, client, origin } = stored;
    const asking = proxy.engine.revalidate(id);
    assert.match(await upstream.readHead(), /\r\nAccept-Language: de, en;q=0\.5\r\n/);
    upstream.send(ok('moin', fresh, 'Vary: Accept-Language', 'ETag: "2"'));
    const result = await asking;
    assert.ok(result.kind === 'done');
    assert.equal(result.decision?.store?.kind, 'stored');
    assert.equal((await proxy.body(2, 'response')).toString(), 'moin');
    client.send(asked(origin, '/a', 'Accept-Language: de, en;q=0.5'));
    assert.equal((await client.readAnswer()).body, 'moin');
    assert.equal(proxy.engine.cacheSnapshot().total, 1);
  });

  it('takes a large answer to its end although nobody reads it', async () => {
    const size = 3 * 1024 * 1024;
    const stored = await store(stage, ok('small', fresh));
    const asking = stored.proxy.engine.revalidate(stored.id);
    await stored.upstream.readHead();
    stored.upstream.send(ok('x'.repeat(size), fresh));
    const result = await asking;
    assert.ok(result.kind === 'done');
    assert.equal((await detailOf(stored, result.flow)).response?.body.size, size);
    assert.ok((stored.proxy.engine.cacheSnapshot().entries[0]?.size ?? 0) > size);
  });

  it('says what went wrong, and keeps the entry', async () => {
    const stored = await store(stage, ok('stored', fresh, 'ETag: "1"'));
    stored.upstream.end();
    await stored.proxy.parked(0);
    await stored.origin.close();
    const result = await stored.proxy.engine.revalidate(stored.id);
    assert.ok(result.kind === 'done');
    assert.equal(result.error?.code, 'connection-refused');
    assert.equal((await detailOf(stored, result.flow)).state, 'failed');
    assert.equal(stored.proxy.engine.cacheSnapshot().total, 1);
  });

  it('tells the outcome also while capture is paused', async () => {
    const { proxy, upstream, id } = await store(stage, ok('stored', fresh, 'ETag: "1"'));
    proxy.engine.setCapturing(false);
    const asking = proxy.engine.revalidate(id);
    await upstream.readHead();
    upstream.send(head('HTTP/1.1 304 Not Modified'));
    const result = await asking;
    assert.ok(result.kind === 'done');
    assert.deepEqual([result.flow, result.decision?.store?.kind], [undefined, 'updated']);
  });

  it('sends nothing for an entry that is gone, or where the proxy is stopped', async () => {
    const { proxy, id } = await store(stage, ok('stored', fresh));
    assert.deepEqual(await proxy.engine.revalidate('none'), { kind: 'gone' });
    await proxy.engine.close();
    assert.deepEqual(await proxy.engine.revalidate(id), { kind: 'stopped' });
    assert.equal(proxy.flows().length, 1);
  });

  it('is broken off when the proxy stops', async () => {
    const { proxy, upstream, id, client } = await store(stage, ok('stored', fresh));
    client.end();
    const asking = proxy.engine.revalidate(id);
    await upstream.readHead();
    await proxy.engine.close();
    const result = await asking;
    assert.ok(result.kind === 'done');
    assert.equal(result.error?.code, 'stopping');
    await until(() => proxy.engine.state().inFlight === 0, 'its slot is free');
  });
});

describe('marking a cache entry as expired', () => {
  const stage = useStage();

  it('makes the next request validate, and the flow says why', async () => {
    const { proxy, origin, client, upstream, id } = await store(stage, ok('stored', fresh, 'ETag: "1"'));
    assert.equal(proxy.engine.cache.care.expire(id), true);
    client.send(asked(origin, '/a'));
    assert.equal(await upstream.readHead(), forwarded(origin, '/a', 'If-None-Match: "1"'));
    upstream.send(head('HTTP/1.1 304 Not Modified', 'ETag: "1"'));
    const answer = await client.readAnswer();
    assert.match(answer.field('cache-status') ?? '', /^Wirelens; fwd=stale; detail=marked-expired; fwd-status=304/);
    const { decision } = await proxy.detail(2);
    assert.ok(decision?.find.kind === 'miss');
    assert.equal(decision.find.reason, 'marked-expired');
  });
});

describe('the content of a cache entry', () => {
  const stage = useStage();

  async function read(proxy: Proxy, form: 'wire' | 'decoded' | 'pretty'): Promise<{ pieces: number[]; bytes: Buffer }> {
    const [entry] = proxy.engine.cacheSnapshot().entries;
    const opened = await proxy.engine.openCacheBody(entry?.id ?? '', form);
    assert.ok(opened !== undefined);
    const pieces: Uint8Array[] = [];
    for (let offset = 0; offset < opened.size;) {
      const piece = await proxy.engine.bodies.readBody(opened.handle, offset);
      assert.ok(piece.length > 0 && piece.length <= 256 * 1024);
      pieces.push(piece);
      offset += piece.length;
    }
    proxy.engine.bodies.closeBody(opened.handle);
    return { pieces: pieces.map(({ length }) => length), bytes: Buffer.concat(pieces) };
  }

  it('comes in pieces, also after the entry has left the cache', async () => {
    const body = 'x'.repeat(600 * 1024);
    const { proxy, id } = await store(stage, ok(body, fresh));
    const opened = await proxy.engine.openCacheBody(id, 'decoded');
    assert.ok(opened !== undefined);
    const { pieces, bytes } = await read(proxy, 'decoded');
    assert.deepEqual([pieces, bytes.toString()], [[262_144, 262_144, 90_112], body]);
    proxy.engine.cache.flush();
    assert.equal((await proxy.engine.bodies.readBody(opened.handle, 0)).length, 262_144);
    assert.equal(await proxy.engine.openCacheBody(id, 'decoded'), undefined);
    proxy.engine.bodies.closeBody(opened.handle);
  });

  it('comes decoded, laid out, or as it was sent', async () => {
    const zipped = gzipSync('{"a":1}');
    const server = createServer((_request: IncomingMessage, response: ServerResponse) => {
      response
        .writeHead(200, {
          'Content-Type': 'application/json',
          'Content-Encoding': 'gzip',
          'Cache-Control': 'max-age=60',
        })
        .end(zipped);
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    try {
      const { port } = server.address() as AddressInfo;
      const proxy = await stage.proxy();
      const client = await stage.client(proxy);
      const authority = `127.0.0.1:${port}`;
      client.send(head(`GET http://${authority}/ HTTP/1.1`, `Host: ${authority}`));
      await client.readAnswer();
      assert.equal((await read(proxy, 'decoded')).bytes.toString(), '{"a":1}');
      assert.equal((await read(proxy, 'pretty')).bytes.toString(), '{\n  "a": 1\n}');
      assert.deepEqual((await read(proxy, 'wire')).bytes, zipped);
    } finally {
      server.closeAllConnections();
      server.close();
    }
  });
});
