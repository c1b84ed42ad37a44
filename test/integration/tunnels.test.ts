// CONNECT and upgrades: bytes both ways, TLS through, plain HTTP inside recognised, and who speaks first.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect as connectTls } from 'node:tls';
import { fetch } from 'undici';
import { trusted } from '../support/certificates.ts';
import { undiciAgent } from '../support/client.ts';
import { Conversation, head } from '../support/conversation.ts';
import { forwarded, ok, roundTrip } from '../support/messages.ts';
import type { ScriptedOrigin } from '../support/origin.ts';
import type { Proxy } from '../support/proxy.ts';
import { useStage, type Stage } from '../support/stage.ts';
import { until } from '../support/until.ts';

const established = head('HTTP/1.1 200 Connection Established');

/** A client that has asked for a tunnel and got it, and upstream's end. */
async function tunnel(
  stage: Stage,
  proxy: Proxy,
  origin: ScriptedOrigin,
): Promise<{ client: Conversation; upstream: Conversation }> {
  const client = await stage.client(proxy);
  client.send(head(`CONNECT ${origin.authority} HTTP/1.1`, `Host: ${origin.authority}`));
  await client.expect(established);
  return { client, upstream: await origin.accept() };
}

describe('CONNECT', () => {
  const stage = useStage();

  it('passes bytes both ways, and each end on its own', async () => {
    const proxy = await stage.proxy();
    const origin = await stage.origin();
    const { client, upstream } = await tunnel(stage, proxy, origin);
    client.send('\x00\x01binary');
    await upstream.expect('\x00\x01binary');
    upstream.send('\xff\xfe');
    await client.expect('\xff\xfe');
    client.end();
    await upstream.expectEnd();
    upstream.send('last words').end();
    await client.expect('last words');
    await client.expectEnd();
    const flow = await proxy.flow();
    assert.deepEqual(
      [flow.kind, flow.state, flow.url, flow.requestBytes, flow.responseBytes],
      ['tunnel', 'done', origin.authority, 8, 12],
    );
    assert.equal((await proxy.detail()).connection?.reason, 'tunnel');
  });

  it('passes on what the client sent in the segment of its request', async () => {
    const proxy = await stage.proxy();
    const origin = await stage.origin();
    const client = await stage.client(proxy);
    client.send(head(`CONNECT ${origin.authority} HTTP/1.1`, `Host: ${origin.authority}`) + '\x16\x03\x01early');
    await client.expect(established);
    const upstream = await origin.accept();
    await upstream.expect('\x16\x03\x01early');
  });

  it('lets upstream speak first', async () => {
    const proxy = await stage.proxy();
    const origin = await stage.origin();
    const { client, upstream } = await tunnel(stage, proxy, origin);
    upstream.send('220 mail.test ESMTP\r\n');
    await client.expect('220 mail.test ESMTP\r\n');
    client.send('GET / HTTP/1.1\r\n');
    await upstream.expect('GET / HTTP/1.1\r\n');
    upstream.send('500 what?\r\n');
    await client.expect('500 what?\r\n');
  });

  it('carries TLS from end to end', async () => {
    const proxy = await stage.proxy();
    const origin = await stage.origin({ certificate: trusted });
    const client = await stage.client(proxy);
    client.send(head(`CONNECT ${origin.authority} HTTP/1.1`, `Host: ${origin.authority}`));
    await client.expect(established);
    client.socket.removeAllListeners('data');
    const secured = connectTls({ socket: client.socket, host: '127.0.0.1', rejectUnauthorized: true });
    await once(secured, 'secureConnect');
    const inside = new Conversation(secured);
    const upstream = await origin.accept();
    inside.send('through');
    await upstream.expect('through');
    upstream.send('and back');
    await inside.expect('and back');
    secured.destroy();
  });

  it('says 502 and not 200 where upstream cannot be reached', async () => {
    const proxy = await stage.proxy();
    const origin = await stage.origin();
    const { authority } = origin;
    await origin.close();
    const client = await stage.client(proxy);
    client.send(head(`CONNECT ${authority} HTTP/1.1`, `Host: ${authority}`));
    const answer = await client.readAnswer();
    assert.equal(answer.status, 502);
    assert.match(answer.field('proxy-status') ?? '', /error=connection_refused/);
    assert.equal((await proxy.flow()).error?.code, 'connection-refused');
  });

  it('without a port is refused', async () => {
    const proxy = await stage.proxy();
    const client = await stage.client(proxy);
    client.send(head('CONNECT example.test HTTP/1.1', 'Host: example.test'));
    assert.equal((await client.readAnswer()).status, 400);
  });

  it('gives its slot back once it is open, and has a limit of its own', async () => {
    const proxy = await stage.proxy({ maxConcurrent: 1, maxQueued: 0, maxTunnels: 1 });
    const origin = await stage.origin();
    const { client } = await tunnel(stage, proxy, origin);
    assert.equal(proxy.engine.state().inFlight, 0);
    await roundTrip(await stage.client(proxy), origin.accept(), origin);
    const second = await stage.client(proxy);
    second.send(head(`CONNECT ${origin.authority} HTTP/1.1`, `Host: ${origin.authority}`));
    const answer = await second.readAnswer();
    assert.equal(answer.status, 503);
    assert.match(answer.field('proxy-status') ?? '', /error=connection_limit_reached/);
    client.reset();
    await proxy.flow(1);
    const third = await tunnel(stage, proxy, origin);
    third.client.send('\x00');
    await third.upstream.expect('\x00');
  });

  it('inside a tunnel is passed on as bytes to the proxy that the tunnel leads to', async () => {
    const proxy = await stage.proxy();
    const origin = await stage.origin();
    const { client, upstream } = await tunnel(stage, proxy, origin);
    const inner = head('CONNECT far.test:443 HTTP/1.1', 'Host: far.test:443');
    client.send(inner);
    await upstream.expect(inner);
    upstream.send(established);
    await client.expect(established);
  });

  it('ends upstream when the client breaks off', async () => {
    const proxy = await stage.proxy();
    const origin = await stage.origin();
    const { client, upstream } = await tunnel(stage, proxy, origin);
    client.send('\x00');
    await upstream.expect('\x00');
    client.reset();
    await upstream.expectClose();
  });

  it('is broken and not ended where upstream breaks it', async () => {
    const proxy = await stage.proxy();
    const origin = await stage.origin();
    const { client, upstream } = await tunnel(stage, proxy, origin);
    client.send('\x00');
    await upstream.expect('\x00');
    upstream.send('part');
    await client.expect('part');
    upstream.reset();
    assert.equal(await client.expectReset(), '');
    const flow = await proxy.flow();
    assert.deepEqual([flow.status, flow.error?.code], [200, 'connection-reset']);
  });

  it('gives an upstream that ended first all that the client sends after it', async () => {
    const proxy = await stage.proxy();
    const origin = await stage.origin();
    const { client, upstream } = await tunnel(stage, proxy, origin);
    client.send('\x00');
    await upstream.expect('\x00');
    upstream.socket.pause();
    upstream.end();
    await client.expectEnd();
    const bytes = Buffer.alloc(4 * 1024 * 1024, 'all of it');
    client.send(bytes).end();
    // Only when the system takes no more is a part of it in the proxy's hands.
    const taken = (): number => proxy.engine.origins()[0]?.connections[0]?.bytesSent ?? 0;
    for (let turns = 0, before = -1; turns < 500; turns = taken() === before ? turns + 1 : 0) {
      before = taken();
      await new Promise<void>((fulfil) => setImmediate(fulfil));
    }
    upstream.socket.resume();
    assert.ok((await upstream.read(bytes.length)).equals(bytes));
    await upstream.expectEnd();
  });

  it('ends upstream when the client ends with its request', async () => {
    const proxy = await stage.proxy();
    const origin = await stage.origin();
    const client = await stage.client(proxy);
    client.send(head(`CONNECT ${origin.authority} HTTP/1.1`, `Host: ${origin.authority}`)).end();
    await client.expect(established);
    await (await origin.accept()).expectEnd();
    await client.expectEnd();
  });

  it('ends upstream when the client goes before it sent anything', async () => {
    const proxy = await stage.proxy();
    const origin = await stage.origin();
    const { client, upstream } = await tunnel(stage, proxy, origin);
    client.end();
    await upstream.expectEnd();
    await client.expectEnd();
    assert.equal((await proxy.flow()).kind, 'tunnel');
  });
});

describe('plain HTTP inside a tunnel', () => {
  const stage = useStage();

  it('is recognised, recorded and pooled like any other', async () => {
    const proxy = await stage.proxy();
    const origin = await stage.origin();
    const { client, upstream } = await tunnel(stage, proxy, origin);
    client.send(forwarded(origin, '/inside'));
    await upstream.expect(forwarded(origin, '/inside'));
    upstream.send(ok('in'));
    await client.expect(ok('in'));
    await proxy.parked(1);
    await roundTrip(await stage.client(proxy), upstream, origin, '/outside');
    assert.equal(origin.accepted, 1);
    const flows = proxy.flows();
    assert.deepEqual(
      flows.map(({ kind, method, url, state }) => [kind, method, url, state]),
      [
        ['tunnel', 'CONNECT', origin.authority, 'done'],
        ['exchange', 'GET', origin.url('/inside'), 'done'],
        ['exchange', 'GET', origin.url('/outside'), 'done'],
      ],
    );
  });

  it('is cached like any other', async () => {
    const proxy = await stage.proxy();
    const origin = await stage.httpOrigin((_request, response) => {
      response.setHeader('Cache-Control', 'max-age=60');
      response.end('cached');
    });
    const dispatcher = undiciAgent(stage, proxy, true);
    const first = await fetch(origin.url('/c'), { dispatcher });
    assert.equal(await first.text(), 'cached');
    const second = await fetch(origin.url('/c'), { dispatcher });
    assert.equal(await second.text(), 'cached');
    assert.match(second.headers.get('cache-status') ?? '', /^Wirelens; hit/);
    assert.deepEqual(origin.requests, ['GET /c']);
  });

  it('keeps the Host that the client sent, and caches nothing under a name that is not the tunnel’s', async () => {
    const proxy = await stage.proxy();
    const origin = await stage.origin();
    const { client, upstream } = await tunnel(stage, proxy, origin);
    const request = head('GET /v HTTP/1.1', 'Host: myapp.local');
    const answer = head('HTTP/1.1 200 OK', 'Cache-Control: max-age=60', 'Content-Length: 2') + 'ok';
    for (let turn = 0; turn < 2; turn += 1) {
      client.send(request);
      await upstream.expect(request);
      upstream.send(answer);
      await client.expect(answer);
    }
    const { decision, url } = await proxy.detail(3);
    assert.equal(url, 'http://myapp.local/v');
    assert.equal(decision?.find.kind === 'not-asked' && decision.find.reason, 'tunnel-host');
    assert.equal(proxy.engine.cacheSnapshot().total, 0);
  });

  it('is recognised although the request line comes in pieces', async () => {
    const proxy = await stage.proxy();
    const origin = await stage.origin();
    const { client, upstream } = await tunnel(stage, proxy, origin);
    for (const piece of ['G', 'ET', ' ']) {
      client.send(piece);
      await new Promise<void>((fulfil) => setImmediate(fulfil));
    }
    client.send(forwarded(origin, '/').slice(4));
    await upstream.expect(forwarded(origin, '/'));
    upstream.send(ok('in'));
    await client.expect(ok('in'));
    assert.equal((await proxy.flow(2)).url, origin.url('/'));
  });

  it('is answered although the client has ended its side', async () => {
    const proxy = await stage.proxy();
    const origin = await stage.origin();
    const client = await stage.client(proxy);
    const tunnelling = head(`CONNECT ${origin.authority} HTTP/1.1`, `Host: ${origin.authority}`);
    client.send(tunnelling + forwarded(origin, '/all-at-once')).end();
    await client.expect(established);
    const upstream = await origin.accept();
    await upstream.expect(forwarded(origin, '/all-at-once'));
    upstream.send(ok('in'));
    await client.expect(ok('in'));
    await client.expectEnd();
  });

  it('may be absolute form, but only for the authority of the tunnel', async () => {
    const proxy = await stage.proxy();
    const origin = await stage.origin();
    const { client, upstream } = await tunnel(stage, proxy, origin);
    client.send(head(`GET ${origin.url('/same')} HTTP/1.1`, `Host: ${origin.authority}`));
    await upstream.expect(forwarded(origin, '/same'));
    upstream.send(ok(''));
    await client.expect(ok(''));
    client.send(head('GET http://elsewhere.test/ HTTP/1.1', 'Host: elsewhere.test'));
    assert.equal((await client.readAnswer()).status, 400);
  });

  it('to the own name answers the page of the proxy', async () => {
    const proxy = await stage.proxy();
    const client = await stage.client(proxy);
    client.send(head('CONNECT wirelens.test:80 HTTP/1.1', 'Host: wirelens.test:80'));
    await client.expect(established);
    client.send(head('GET / HTTP/1.1', 'Host: wirelens.test'));
    assert.match((await client.readAnswer()).body, /You are captured/);
  });
});

describe('upgrades', () => {
  const stage = useStage();
  const fields = ['Connection: Upgrade', 'Upgrade: websocket', 'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ=='];
  const switching = head('HTTP/1.1 101 Switching Protocols', 'Connection: Upgrade', 'Upgrade: websocket');

  it('are passed through and joined as a pipe', async () => {
    const proxy = await stage.proxy();
    const origin = await stage.origin();
    const client = await stage.client(proxy);
    client.send(head(`GET ${origin.url('/chat')} HTTP/1.1`, `Host: ${origin.authority}`, ...fields));
    const upstream = await origin.accept();
    await upstream.expect(forwarded(origin, '/chat', ...fields));
    upstream.send(`${switching}\x81\x05hello`);
    await client.expect(`${switching}\x81\x05hello`);
    client.send('\x81\x85mask');
    await upstream.expect('\x81\x85mask');
    upstream.send('\x88\x00').end();
    await client.expect('\x88\x00');
    await client.expectEnd();
    client.end();
    const detail = await proxy.detail();
    assert.equal(detail.error, undefined);
    assert.deepEqual(
      [detail.kind, detail.status, detail.state, detail.connection?.reason],
      ['upgrade', 101, 'done', 'upgrade'],
    );
    await until(() => proxy.upstream().tunnel === 0, 'the pipe is gone');
  });

  it('are given a connection of their own, which is not pooled', async () => {
    const proxy = await stage.proxy();
    const origin = await stage.origin();
    const client = await stage.client(proxy);
    await roundTrip(client, origin.accept(), origin);
    await proxy.parked(1);
    client.send(head(`GET ${origin.url('/chat')} HTTP/1.1`, `Host: ${origin.authority}`, ...fields));
    const second = await origin.accept();
    await second.readHead();
    second.send(switching);
    await client.expect(switching);
    client.reset();
    await second.expectClose();
    await proxy.parked(1);
  });

  it('that upstream does not take are ordinary exchanges', async () => {
    const proxy = await stage.proxy();
    const origin = await stage.origin();
    const client = await stage.client(proxy);
    client.send(head(`GET ${origin.url('/chat')} HTTP/1.1`, `Host: ${origin.authority}`, ...fields));
    const upstream = await origin.accept();
    await upstream.readHead();
    upstream.send(ok('no'));
    await client.expect(ok('no'));
    assert.equal((await proxy.flow()).kind, 'exchange');
    await roundTrip(client, upstream, origin, '/next');
  });

  it('that nobody asked for are an error of upstream', async () => {
    const proxy = await stage.proxy();
    const origin = await stage.origin();
    const client = await stage.client(proxy);
    client.send(forwarded(origin, '/plain').replace('/plain', origin.url('/plain')));
    const upstream = await origin.accept();
    await upstream.readHead();
    upstream.send(switching);
    assert.match(await client.readHead(), /^HTTP\/1\.1 502 /);
    assert.equal((await proxy.flow()).error?.code, 'bad-response');
  });

  it('pass on what the client sent ahead', async () => {
    const proxy = await stage.proxy();
    const origin = await stage.origin();
    const client = await stage.client(proxy);
    client.send(head(`GET ${origin.url('/chat')} HTTP/1.1`, `Host: ${origin.authority}`, ...fields) + 'ahead');
    const upstream = await origin.accept();
    await upstream.readHead();
    upstream.send(switching);
    await client.expect(switching);
    await upstream.expect('ahead');
  });
});
