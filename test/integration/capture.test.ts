// The record of an exchange: what was on the wire, what was decided, and the limits of what is kept.
import assert from 'node:assert/strict';
import { keepAliveAgent, viaNode } from '../support/client.ts';
import { head } from '../support/conversation.ts';
import { asked, ok, roundTrip } from '../support/messages.ts';
import { useStage } from '../support/stage.ts';
import { until } from '../support/until.ts';

const mebibyte = 1024 * 1024;

describe('a flow', () => {
  const stage = useStage();

  it('has both messages as on the wire, with bodies', async () => {
    const proxy = await stage.proxy();
    const origin = await stage.origin();
    const client = await stage.client(proxy);
    const fields = ['content-TYPE: text/plain', 'X-A:1', 'x-a: 2', 'Connection: close', 'Content-Length: 4'];
    client.send(head(`POST ${origin.url('/a?b')} HTTP/1.1`, `Host: ${origin.authority}`, ...fields) + 'ping');
    const upstream = await origin.accept();
    await upstream.readHead();
    await upstream.expect('ping');
    upstream.send(ok('pong!', 'content-type: application/json', 'Set-Cookie: a', 'Set-Cookie: b'));
    await client.rest();
    const detail = await proxy.detail();
    assert.equal(detail.request?.startLine, `POST ${origin.url('/a?b')} HTTP/1.1`);
    assert.deepEqual(detail.request?.fields, [
      ['Host', origin.authority],
      ['content-TYPE', 'text/plain'],
      ['X-A', '1'],
      ['x-a', '2'],
      ['Connection', 'close'],
      ['Content-Length', '4'],
    ]);
    assert.equal(detail.response?.startLine, 'HTTP/1.1 200 OK');
    assert.deepEqual(detail.response?.fields.slice(0, 3), [
      ['content-type', 'application/json'],
      ['Set-Cookie', 'a'],
      ['Set-Cookie', 'b'],
    ]);
    assert.equal((await proxy.body(1, 'request')).toString(), 'ping');
    assert.equal((await proxy.body(1, 'response')).toString(), 'pong!');
  });

  it('has its sizes, source, timings and decision', async () => {
    const proxy = await stage.proxy();
    const origin = await stage.origin();
    const client = await stage.client(proxy);
    const began = Date.now();
    client.send(head(`POST ${origin.url()} HTTP/1.1`, `Host: ${origin.authority}`, 'Content-Length: 4') + 'ping');
    const upstream = await origin.accept();
    await upstream.expect(head('POST / HTTP/1.1', `Host: ${origin.authority}`, 'Content-Length: 4') + 'ping');
    upstream.send(ok('pong!', 'content-type: application/json'));
    await client.readAnswer();
    const { startedAt, duration, timing, decision, ...detail } = await proxy.detail();
    const { id, kind, method, status, requestBytes, responseBytes, mediaType, source, state } = detail;
    assert.deepEqual([id, kind, method, status, state, source], ['test.1', 'exchange', 'POST', 200, 'done', 'main']);
    assert.deepEqual([requestBytes, responseBytes, mediaType], [4, 5, 'application/json']);
    assert.equal(detail.clientAddress, `127.0.0.1:${client.localPort}`);
    assert.ok(startedAt >= began - 1 && startedAt <= Date.now());
    const { dns, connect, sent, firstByte, download, total } = timing;
    for (const time of [dns, connect, sent, firstByte, download, total]) assert.ok(time! >= 0);
    assert.ok(Math.abs(duration! - total!) < 1);
    assert.deepEqual([decision!.find.kind, decision!.store?.kind], ['not-asked', 'not-stored']);
  });

  it('shows what upstream sent, not what the client got of it', async () => {
    const proxy = await stage.proxy();
    const origin = await stage.origin();
    const client = await stage.client(proxy);
    client.send(`GET ${origin.url()} HTTP/1.0\r\n\r\n`);
    const upstream = await origin.accept();
    await upstream.readHead();
    upstream.send(
      head('HTTP/1.1 200 Sure', 'Transfer-Encoding: chunked', 'Keep-Alive: timeout=5') + '1\r\nx\r\n0\r\n\r\n',
    );
    await client.rest();
    const { response, removed, responseBytes } = await proxy.detail();
    assert.equal(response?.startLine, 'HTTP/1.1 200 Sure');
    assert.deepEqual(response?.fields, [
      ['Transfer-Encoding', 'chunked'],
      ['Keep-Alive', 'timeout=5'],
    ]);
    assert.deepEqual([removed.response, responseBytes], [['Keep-Alive'], 1]);
  });

  it('is there while it lives, with what has come so far', async () => {
    const proxy = await stage.proxy();
    const origin = await stage.origin();
    const client = await stage.client(proxy);
    client.send(asked(origin, '/'));
    const upstream = await origin.accept();
    await upstream.readHead();
    assert.equal(proxy.flows()[0]?.state, 'waiting');
    upstream.send(head('HTTP/1.1 200 OK', 'Content-Length: 8') + 'half');
    await client.readHead();
    await client.expect('half');
    assert.deepEqual([proxy.flows()[0]?.state, proxy.flows()[0]?.responseBytes], ['streaming', 4]);
    assert.equal((await proxy.body(1, 'response')).toString(), 'half');
    upstream.send('half');
    await client.expect('half');
    assert.equal((await proxy.flow()).state, 'done');
  });

  it('keeps the bytes that were no request', async () => {
    const proxy = await stage.proxy();
    const client = await stage.client(proxy);
    client.send('\x17\x03\x03\x00\xff');
    await client.readAnswer();
    const { refusedBytes, url, method } = await proxy.detail();
    assert.match(refusedBytes ?? '', /17/);
    assert.deepEqual([url, method], ['', '']);
  });
});

describe('the room of the record', () => {
  const stage = useStage();

  it('cuts a body beyond the limit in the record, never on the wire, and says so', async () => {
    const proxy = await stage.proxy({ 'capture.maxBody': 1 });
    const body = 'x'.repeat(3 * mebibyte);
    const origin = await stage.httpOrigin((_request, response) => response.end(body));
    const { output } = await stage.curl('--proxy', proxy.url, origin.url());
    assert.equal(output.length, body.length);
    const { response } = await proxy.detail();
    assert.deepEqual(response?.body, { size: body.length, kept: mebibyte, state: 'truncated' });
    assert.equal((await proxy.body(1, 'response')).length, mebibyte);
  });

  it('moves bodies to the disk where memory is full, and reads them from there', async () => {
    const proxy = await stage.proxy({ 'capture.memory': 4, 'cache.mode': 'off' });
    const bodyOf = (number: number): Buffer => Buffer.from(`/${number}\n`.repeat(64 * 1024));
    const origin = await stage.httpOrigin((request, response) => response.end(bodyOf(Number(request.url?.slice(1)))));
    const agent = keepAliveAgent(stage);
    const memory = (): { used: number; limit: number } => proxy.engine.state().captureMemory;
    for (let number = 1; number <= 40; number += 1) {
      await viaNode(proxy, origin.url(`/${number}`), { agent });
      // A body that comes faster than the disk can take it would be cut.
      await until(() => memory().used < memory().limit, 'there is room in memory again', memory);
    }
    assert.ok(proxy.engine.state().captureDisk.used > 4 * mebibyte);
    for (let number = 1; number <= 40; number += 1) {
      assert.ok((await proxy.body(number, 'response')).equals(bodyOf(number)), `body ${number}`);
    }
    assert.equal(proxy.engine.state().truncating, false);
  });

  it('drops the oldest bodies where the disk is full too', async () => {
    const proxy = await stage.proxy({ 'capture.memory': 4, 'capture.disk': 0, 'cache.mode': 'off' });
    const origin = await stage.httpOrigin((_request, response) => response.end('xy'.repeat(mebibyte)));
    for (let number = 0; number < 5; number += 1) await stage.curl('--proxy', proxy.url, origin.url(`/${number}`));
    assert.equal((await proxy.detail(1)).response?.body.state, 'dropped');
    assert.equal((await proxy.detail(5)).response?.body.state, 'complete');
    assert.equal(proxy.engine.state().truncating, true);
  });

  it('lets the oldest flow go where there are too many', async () => {
    const proxy = await stage.proxy({ 'capture.maxFlows': 100 });
    const client = await stage.client(proxy);
    const own = head('GET http://wirelens.test/ HTTP/1.1', 'Host: wirelens.test');
    for (let number = 0; number < 103; number += 1) {
      client.send(own);
      await client.readAnswer();
    }
    await proxy.flow(103);
    assert.deepEqual([proxy.engine.state().flows, proxy.flows()[0]?.number], [100, 4]);
    assert.equal(proxy.engine.state().counters.requests, 103);
  });
});

describe('what is recorded', () => {
  const stage = useStage();

  it('is only what the include patterns fit', async () => {
    const proxy = await stage.proxy({ 'capture.include': ['127.0.0.1/api/*'] });
    const origin = await stage.origin();
    const client = await stage.client(proxy);
    const upstream = await roundTrip(client, origin.accept(), origin, '/health');
    await roundTrip(client, upstream, origin, '/api/users');
    await proxy.flow(1);
    assert.deepEqual(
      proxy.flows().map(({ url }) => url),
      [origin.url('/api/users')],
    );
    const { requests, recorded, notRecorded } = proxy.engine.state().counters;
    assert.deepEqual([requests, recorded, notRecorded], [2, 1, 1]);
  });

  it('is not what the exclude patterns fit', async () => {
    const proxy = await stage.proxy({ 'capture.exclude': ['*/health*'] });
    const origin = await stage.origin();
    const client = await stage.client(proxy);
    const upstream = await roundTrip(client, origin.accept(), origin, '/health?x=1');
    await roundTrip(client, upstream, origin, '/api');
    await proxy.flow(1);
    assert.equal(proxy.flows()[0]?.url, origin.url('/api'));
  });

  it('is nothing while capture is paused, but it is counted', async () => {
    const proxy = await stage.proxy();
    const origin = await stage.origin();
    const client = await stage.client(proxy);
    const upstream = await roundTrip(client, origin.accept(), origin, '/1');
    proxy.engine.setCapturing(false);
    await roundTrip(client, upstream, origin, '/2');
    proxy.engine.setCapturing(true);
    await roundTrip(client, upstream, origin, '/3');
    await proxy.flow(2);
    assert.deepEqual(
      proxy.flows().map(({ url }) => url),
      [origin.url('/1'), origin.url('/3')],
    );
    assert.equal(proxy.engine.state().counters.requests, 3);
  });

  it('is gone after clearing, and live flows go on without a trace', async () => {
    const proxy = await stage.proxy();
    const origin = await stage.origin();
    const client = await stage.client(proxy);
    client.send(asked(origin, '/live'));
    const upstream = await origin.accept();
    await upstream.readHead();
    proxy.engine.recorder.store.clear();
    assert.deepEqual([proxy.flows(), proxy.engine.state().flows], [[], 0]);
    upstream.send(ok('still answered'));
    await client.expect(ok('still answered'));
    await roundTrip(client, upstream, origin, '/next');
    await proxy.flow(2);
    assert.deepEqual(
      proxy.flows().map(({ url }) => url),
      [origin.url('/next')],
    );
  });
});
