// What happens when one side goes away in the middle: the other side hears of it, and never takes it for a clean end.
import assert from 'node:assert/strict';
import { head } from '../support/conversation.ts';
import { asked, forwarded, ok, roundTrip } from '../support/messages.ts';
import { useStage } from '../support/stage.ts';

describe('a client that goes away', () => {
  const stage = useStage();

  it('with a reset aborts upstream at once, before the answer', async () => {
    const proxy = await stage.proxy();
    const origin = await stage.origin();
    const client = await stage.client(proxy);
    client.send(asked(origin, '/slow'));
    const upstream = await origin.accept();
    await upstream.readHead();
    client.reset();
    await upstream.expectClose();
    const flow = await proxy.flow();
    assert.deepEqual([flow.state, flow.error?.code], ['failed', 'client-left']);
  });

  it('with a reset aborts upstream at once, in the middle of the answer', async () => {
    const proxy = await stage.proxy();
    const origin = await stage.origin();
    const client = await stage.client(proxy);
    client.send(asked(origin, '/slow'));
    const upstream = await origin.accept();
    await upstream.readHead();
    upstream.send(head('HTTP/1.1 200 OK', 'Content-Length: 100') + 'part');
    await client.readHead();
    client.reset();
    await upstream.expectClose();
    const flow = await proxy.flow();
    assert.deepEqual([flow.error?.code, flow.responseBytes], ['client-left', 4]);
    assert.equal((await proxy.detail()).response?.body.state, 'partial');
  });

  it('in the middle of its request aborts upstream', async () => {
    const proxy = await stage.proxy();
    const origin = await stage.origin();
    const client = await stage.client(proxy);
    client.send(head(`POST ${origin.url()} HTTP/1.1`, `Host: ${origin.authority}`, 'Content-Length: 100') + 'part');
    const upstream = await origin.accept();
    await upstream.readHead();
    await upstream.expect('part');
    client.end();
    await upstream.expectClose();
    assert.equal((await proxy.flow()).error?.code, 'client-left');
  });

  it('with a half-close is given up after the grace, since nobody tells whether it still waits', async () => {
    const proxy = await stage.proxy();
    const origin = await stage.origin();
    const client = await stage.client(proxy);
    client.send(asked(origin, '/slow'));
    const upstream = await origin.accept();
    await upstream.readHead();
    client.end();
    await roundTrip(await stage.client(proxy), origin.accept(), origin, '/meanwhile');
    assert.equal(upstream.over, false);
    proxy.clock.advance(6000);
    await upstream.expectClose();
    assert.equal((await proxy.flow()).error?.code, 'client-left');
  });

  it('while it waits for a slot leaves the queue', async () => {
    const proxy = await stage.proxy({ maxConcurrent: 1, maxQueued: 1 });
    const origin = await stage.origin();
    const first = await stage.client(proxy);
    first.send(asked(origin, '/1'));
    const upstream = await origin.accept();
    await upstream.readHead();
    const second = await stage.client(proxy);
    second.send(asked(origin, '/2'));
    second.reset();
    assert.equal((await proxy.flow(2)).error?.code, 'client-left');
    assert.equal(proxy.engine.state().queued, 0);
    upstream.send(ok('1'));
    await first.expect(ok('1'));
  });

  it('while the connection to upstream is being opened ends that too', async () => {
    const proxy = await stage.proxy();
    const origin = await stage.origin();
    const client = await stage.client(proxy);
    // A TLS handshake that upstream never answers.
    client.send(head(`GET https://${origin.authority}/ HTTP/1.1`, `Host: ${origin.authority}`));
    const upstream = await origin.accept();
    await upstream.read(1);
    client.reset();
    await upstream.expectClose();
    assert.equal((await proxy.flow()).error?.code, 'client-left');
  });

  it('has nothing asked of what it pipelined behind', async () => {
    const proxy = await stage.proxy({ maxConcurrent: 1 });
    const origin = await stage.origin();
    const client = await stage.client(proxy);
    client.send(asked(origin, '/1') + asked(origin, '/2'));
    const upstream = await origin.accept();
    await upstream.expect(forwarded(origin, '/1'));
    client.reset();
    await upstream.expectClose();
    await proxy.flow(1);
    await roundTrip(await stage.client(proxy), origin.accept(), origin, '/other');
    assert.equal(proxy.flows().length, 2);
  });
});

describe('an upstream that breaks off in the middle', () => {
  const stage = useStage();
  const starts: readonly (readonly [string, string, string])[] = [
    ['a body by length', head('HTTP/1.1 200 OK', 'Content-Length: 100'), 'part'],
    ['a chunked body', head('HTTP/1.1 200 OK', 'Transfer-Encoding: chunked'), '4\r\npart\r\n'],
    ['a chunk', head('HTTP/1.1 200 OK', 'Transfer-Encoding: chunked'), '40\r\npart'],
  ];
  for (const [name, start, part] of starts) {
    for (const [way, leave] of [
      ['an end', 'end'],
      ['a reset', 'reset'],
    ] as const) {
      it(`of ${name} with ${way} breaks the client’s connection`, async () => {
        const proxy = await stage.proxy();
        const origin = await stage.origin();
        const client = await stage.client(proxy);
        client.send(asked(origin, '/'));
        const upstream = await origin.accept();
        await upstream.readHead();
        upstream.send(start + part);
        await client.expect(start + part);
        upstream[leave]();
        assert.equal(await client.expectReset(), '');
        const flow = await proxy.flow();
        assert.deepEqual([flow.state, flow.status, flow.error?.code], ['failed', 200, 'broken-off']);
        assert.equal((await proxy.detail()).response?.body.state, 'partial');
        assert.equal((await proxy.body(1, 'response')).toString(), 'part');
      });
    }
  }

  it('of a body until the close, with a reset, breaks the client’s connection', async () => {
    const proxy = await stage.proxy();
    const origin = await stage.origin();
    const client = await stage.client(proxy);
    client.send(asked(origin, '/'));
    const upstream = await origin.accept();
    await upstream.readHead();
    upstream.send(`${head('HTTP/1.1 200 OK')}part`);
    await client.expect(`${head('HTTP/1.1 200 OK', 'Connection: close')}part`);
    upstream.reset();
    await client.expectReset();
    assert.equal((await proxy.flow()).error?.code, 'broken-off');
  });

  it('of its head gives 502', async () => {
    const proxy = await stage.proxy();
    const origin = await stage.origin();
    const client = await stage.client(proxy);
    client.send(head(`POST ${origin.url()} HTTP/1.1`, `Host: ${origin.authority}`, 'Content-Length: 0'));
    const upstream = await origin.accept();
    await upstream.readHead();
    upstream.send('HTTP/1.1 200 OK\r\nContent-Le').end();
    const answer = await client.readAnswer();
    assert.equal(answer.status, 502);
    assert.match(answer.field('proxy-status') ?? '', /error=connection_terminated/);
  });

  it('is noticed by curl', async () => {
    const proxy = await stage.proxy();
    const origin = await stage.httpOrigin((_request, response) => {
      response.writeHead(200, { 'Content-Length': '1000' });
      response.write('part', () => response.destroy());
    });
    const { code } = await stage.curl('--proxy', proxy.url, origin.url());
    // 18: transferred a partial file; 56: failure in receiving.
    assert.ok(code === 18 || code === 56, `${code}`);
  });

  it('leaves other clients alone', async () => {
    const proxy = await stage.proxy();
    const origin = await stage.origin();
    const client = await stage.client(proxy);
    client.send(asked(origin, '/'));
    const upstream = await origin.accept();
    await upstream.readHead();
    upstream.send(head('HTTP/1.1 200 OK', 'Content-Length: 9') + 'part').reset();
    await client.readHead();
    await client.expectClose();
    await roundTrip(await stage.client(proxy), origin.accept(), origin, '/again');
  });
});
