// Time-outs, with a clock that the tests set forward: who was too slow, what the other side is told, what is kept.
import assert from 'node:assert/strict';
import { head } from '../support/conversation.ts';
import { asked, ok, roundTrip } from '../support/messages.ts';
import { useStage } from '../support/stage.ts';

describe('time-outs', () => {
  const stage = useStage();

  it('of the connection: 504 where upstream does not finish the TLS handshake', async () => {
    const proxy = await stage.proxy({
      finer: (settings) => ({ ...settings, timeouts: { ...settings.timeouts, connect: 50 } }),
    });
    const origin = await stage.origin();
    const client = await stage.client(proxy);
    client.send(head(`GET https://${origin.authority}/ HTTP/1.1`, `Host: ${origin.authority}`));
    const upstream = await origin.accept();
    const answer = await client.readAnswer();
    assert.equal(answer.status, 504);
    assert.match(answer.field('proxy-status') ?? '', /error=connection_timeout/);
    assert.match(answer.body, /within 0\.05 s \(timeouts\.connect\)/);
    await upstream.expectClose();
    assert.equal((await proxy.flow()).error?.code, 'connect-timeout');
  });

  it('of the first byte: 504 where upstream takes the request and says nothing', async () => {
    const proxy = await stage.proxy({ 'timeouts.firstByte': 20 });
    const origin = await stage.origin();
    const client = await stage.client(proxy);
    client.send(asked(origin, '/'));
    const upstream = await origin.accept();
    await upstream.readHead();
    proxy.clock.advance(21_000);
    const answer = await client.readAnswer();
    assert.equal(answer.status, 504);
    assert.match(answer.field('proxy-status') ?? '', /error=http_response_timeout/);
    assert.match(answer.body, /No answer within 20 s \(timeouts\.firstByte\)/);
    await upstream.expectClose();
    await roundTrip(client, origin.accept(), origin, '/next');
  });

  it('of the first byte do not run while the request is still being sent', async () => {
    const proxy = await stage.proxy({ 'timeouts.firstByte': 5, 'timeouts.request': 60 });
    const origin = await stage.origin();
    const client = await stage.client(proxy);
    client.send(head(`POST ${origin.url()} HTTP/1.1`, `Host: ${origin.authority}`, 'Content-Length: 8') + 'half');
    const upstream = await origin.accept();
    await upstream.readHead();
    await upstream.expect('half');
    proxy.clock.advance(10_000);
    const timed = await stage.client(proxy);
    timed.send('GET http://');
    await stage.caughtUp(proxy);
    proxy.clock.advance(45_000);
    client.send('half');
    await upstream.expect('half');
    upstream.send(ok('done'));
    await client.expect(ok('done'));
  });

  it('of silence in the middle of the answer: the client’s connection breaks', async () => {
    const proxy = await stage.proxy({ 'timeouts.idle': 30 });
    const origin = await stage.origin();
    const client = await stage.client(proxy);
    client.send(asked(origin, '/'));
    const upstream = await origin.accept();
    await upstream.readHead();
    upstream.send(head('HTTP/1.1 200 OK', 'Content-Length: 100') + 'part');
    await client.readHead();
    await client.expect('part');
    proxy.clock.advance(31_000);
    await client.expectReset();
    await upstream.expectClose();
    const flow = await proxy.flow();
    assert.deepEqual([flow.state, flow.error?.code], ['failed', 'idle-timeout']);
  });

  it('of silence do not run while the client still sends, although upstream said 100 Continue', async () => {
    const proxy = await stage.proxy({ 'timeouts.idle': 5, 'timeouts.request': 60, 'timeouts.clientIdle': 5 });
    const origin = await stage.origin();
    const client = await stage.client(proxy);
    const expecting = ['Expect: 100-continue', 'Content-Length: 8'];
    client.send(head(`PUT ${origin.url()} HTTP/1.1`, `Host: ${origin.authority}`, ...expecting));
    const upstream = await origin.accept();
    await upstream.readHead();
    upstream.send(head('HTTP/1.1 100 Continue'));
    await client.expect(head('HTTP/1.1 100 Continue'));
    for (const half of ['half', 'HALF']) {
      const idle = await stage.client(proxy);
      await stage.caughtUp(proxy);
      proxy.clock.advance(10_000);
      // The sweep that closes this one has looked at the connection to upstream too.
      await idle.expectEnd();
      client.send(half);
      await upstream.expect(half);
    }
    upstream.send(ok('done'));
    await client.expect(ok('done'));
  });

  it('of the first byte: 504 where upstream takes nothing more of the request', async () => {
    const proxy = await stage.proxy({ 'timeouts.firstByte': 5, 'timeouts.request': 60, 'capture.maxBody': 0 });
    const origin = await stage.origin();
    const client = await stage.client(proxy);
    const length = 64 * 1024 * 1024;
    client.send(head(`PUT ${origin.url()} HTTP/1.1`, `Host: ${origin.authority}`, `Content-Length: ${length}`));
    const upstream = await origin.accept();
    upstream.socket.pause();
    client.send(Buffer.alloc(length));
    const sent = (): number => proxy.engine.origins()[0]?.connections[0]?.bytesSent ?? 0;
    let before = -1;
    for (let turns = 0; turns < 1000; turns = sent() === before ? turns + 1 : 0) {
      before = sent();
      await new Promise<void>((fulfil) => setImmediate(fulfil));
    }
    proxy.clock.advance(6_000);
    assert.equal((await client.readAnswer()).status, 504);
    assert.equal((await proxy.flow()).error?.code, 'first-byte-timeout');
    client.reset();
  });

  it('of silence start anew with every piece', async () => {
    const proxy = await stage.proxy({ 'timeouts.idle': 30 });
    const origin = await stage.origin();
    const client = await stage.client(proxy);
    client.send(asked(origin, '/'));
    const upstream = await origin.accept();
    await upstream.readHead();
    upstream.send(head('HTTP/1.1 200 OK', 'Content-Length: 4'));
    await client.readHead();
    for (const piece of ['a', 'b', 'c', 'd']) {
      proxy.clock.advance(25_000);
      upstream.send(piece);
      await client.expect(piece);
    }
    assert.equal((await proxy.flow()).state, 'done');
  });

  it('of the request: 408 where its head does not arrive whole', async () => {
    const proxy = await stage.proxy({ 'timeouts.request': 20 });
    const client = await stage.client(proxy);
    client.send('GET http://example.test/ HTT');
    await stage.caughtUp(proxy);
    proxy.clock.advance(21_000);
    const answer = await client.readAnswer();
    assert.equal(answer.status, 408);
    assert.equal(answer.field('connection'), 'close');
    assert.match(answer.field('proxy-status') ?? '', /error=http_request_error/);
    assert.match(answer.body, /20 s \(timeouts\.request\)/);
    await client.expectEnd();
    assert.equal((await proxy.flow(2)).error?.code, 'request-timeout');
  });

  it('of the request: 408 where its body does not arrive whole, and upstream is left', async () => {
    const proxy = await stage.proxy({ 'timeouts.request': 20 });
    const origin = await stage.origin();
    const client = await stage.client(proxy);
    client.send(head(`POST ${origin.url()} HTTP/1.1`, `Host: ${origin.authority}`, 'Content-Length: 8') + 'half');
    const upstream = await origin.accept();
    await upstream.readHead();
    await upstream.expect('half');
    proxy.clock.advance(21_000);
    assert.equal((await client.readAnswer()).status, 408);
    await client.expectEnd();
    await upstream.expectClose();
    assert.equal((await proxy.flow()).error?.code, 'request-timeout');
  });

  it('of the next request: an idle client is closed without a word', async () => {
    const proxy = await stage.proxy({ 'timeouts.clientIdle': 40 });
    const origin = await stage.origin();
    const client = await stage.client(proxy);
    await roundTrip(client, origin.accept(), origin);
    await proxy.flow();
    proxy.clock.advance(41_000);
    await client.expectEnd();
    assert.equal(proxy.flows().length, 1);
  });

  it('of the first request: a client that says nothing is closed without a word', async () => {
    const proxy = await stage.proxy({ 'timeouts.clientIdle': 40 });
    const client = await stage.client(proxy);
    await stage.caughtUp(proxy);
    proxy.clock.advance(41_000);
    await client.expectEnd();
  });

  it('of a tunnel: both sides are closed when nothing crossed it for the idle time', async () => {
    const proxy = await stage.proxy({ 'timeouts.idle': 30 });
    const origin = await stage.origin();
    const client = await stage.client(proxy);
    client.send(head(`CONNECT ${origin.authority} HTTP/1.1`, `Host: ${origin.authority}`));
    await client.readHead();
    const upstream = await origin.accept();
    for (const byte of ['\x00', '\x01']) {
      proxy.clock.advance(25_000);
      client.send(byte);
      await upstream.expect(byte);
    }
    proxy.clock.advance(31_000);
    await client.expectClose();
    await upstream.expectClose();
  });

  it('of a tunnel to the own name: it does not stay open for ever either', async () => {
    const proxy = await stage.proxy({ 'timeouts.clientIdle': 30 });
    const client = await stage.client(proxy);
    client.send(head('CONNECT wirelens.test:80 HTTP/1.1', 'Host: wirelens.test:80'));
    await client.readHead();
    await stage.caughtUp(proxy);
    proxy.clock.advance(31_000);
    await client.rest();
  });
});
