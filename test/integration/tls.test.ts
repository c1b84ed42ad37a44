// Upstreams that speak TLS, and reverse ports: certificates verified, connections pooled.
import assert from 'node:assert/strict';
import { otherName, trusted, unknownAuthority, type Certificate } from '../support/certificates.ts';
import { head, type Conversation } from '../support/conversation.ts';
import { asked, forwarded, ok, roundTrip } from '../support/messages.ts';
import { useStage } from '../support/stage.ts';

describe('https targets in absolute form', () => {
  const stage = useStage();

  it('are asked over TLS, verified and pooled', async () => {
    const proxy = await stage.proxy();
    const origin = await stage.origin({ certificate: trusted });
    const client = await stage.client(proxy);
    const upstream = await roundTrip(client, origin.accept(), origin, '/1');
    await roundTrip(client, upstream, origin, '/2');
    assert.equal(origin.accepted, 1);
    const [first, second] = [await proxy.detail(1), await proxy.detail(2)];
    assert.equal(first.url, origin.url('/1'));
    assert.match(first.connection?.tls?.version ?? '', /^TLSv1\.[23]$/);
    assert.ok(first.timing.tls !== undefined);
    assert.deepEqual([second.connection?.kind, second.connection?.exchange], ['reused', 2]);
    assert.deepEqual(second.connection?.tls, first.connection?.tls);
  });

  it('and http ones with the same host and port do not share connections', async () => {
    const proxy = await stage.proxy();
    const origin = await stage.origin({ certificate: trusted });
    await roundTrip(await stage.client(proxy), origin.accept(), origin);
    await proxy.parked(1);
    const client = await stage.client(proxy);
    client.send(head(`GET http://${origin.authority}/ HTTP/1.1`, `Host: ${origin.authority}`));
    assert.equal((await client.readAnswer()).status, 502);
    assert.equal(origin.accepted, 2);
  });

  it('with a name are asked for by that name', async () => {
    const proxy = await stage.proxy();
    const origin = await stage.origin({ certificate: trusted });
    origin.host = 'localhost';
    await roundTrip(await stage.client(proxy), origin.accept(), origin);
  });

  const refused: readonly (readonly [string, Certificate, RegExp])[] = [
    ['from an authority that nobody trusts', unknownAuthority, /self-signed|SELF_SIGNED|unable to/i],
    ['for another name', otherName, /altnames|does not match|hostname/i],
  ];
  for (const [name, certificate, reason] of refused) {
    it(`with a certificate ${name} give 502 with the reason`, async () => {
      const proxy = await stage.proxy();
      const origin = await stage.origin({ certificate });
      const client = await stage.client(proxy);
      client.send(asked(origin, '/'));
      const answer = await client.readAnswer();
      assert.equal(answer.status, 502);
      assert.match(answer.field('proxy-status') ?? '', /error=tls_certificate_error/);
      assert.match(answer.body, reason);
      const flow = await proxy.flow();
      assert.equal(flow.error?.code, 'certificate');
      assert.match(flow.error?.message ?? '', reason);
    });
  }

  it('that do not speak TLS give 502 with the reason', async () => {
    const proxy = await stage.proxy();
    const origin = await stage.origin();
    const client = await stage.client(proxy);
    client.send(head(`GET https://${origin.authority}/ HTTP/1.1`, `Host: ${origin.authority}`));
    const upstream = await origin.accept();
    upstream.send('HTTP/1.1 400 Bad Request\r\n\r\n').end();
    const answer = await client.readAnswer();
    assert.equal(answer.status, 502);
    assert.match(answer.field('proxy-status') ?? '', /error=tls_protocol_error/);
    assert.match(answer.body, /TLS with 127\.0\.0\.1 failed: wrong version number\.\n/);
    assert.equal((await proxy.flow()).error?.code, 'tls');
  });
});

describe('reverse ports', () => {
  const stage = useStage();

  it('take origin form for their upstream', async () => {
    const origin = await stage.origin();
    const proxy = await stage.proxy({ reverse: `http://${origin.authority}` });
    const client = await stage.client(proxy);
    client.send(head('GET /a?b=c HTTP/1.1', `Host: 127.0.0.1:${proxy.port}`, 'X-Y: z'));
    const upstream = await origin.accept();
    await upstream.expect(forwarded(origin, '/a?b=c', 'X-Y: z'));
    upstream.send(ok('reversed'));
    await client.expect(ok('reversed'));
    assert.equal((await proxy.flow()).url, origin.url('/a?b=c'));
  });

  it('take OPTIONS *', async () => {
    const origin = await stage.origin();
    const proxy = await stage.proxy({ reverse: `http://${origin.authority}` });
    const client = await stage.client(proxy);
    client.send(head('OPTIONS * HTTP/1.1', `Host: 127.0.0.1:${proxy.port}`));
    const upstream = await origin.accept();
    await upstream.expect(head('OPTIONS * HTTP/1.1', `Host: ${origin.authority}`));
    upstream.send(ok(''));
    await client.expect(ok(''));
  });

  it('speak TLS with an upstream that does, verified and pooled', async () => {
    const origin = await stage.origin({ certificate: trusted });
    const proxy = await stage.proxy({ reverse: `https://${origin.authority}` });
    const client = await stage.client(proxy);
    let upstream: Conversation | undefined;
    for (const path of ['/1', '/2']) {
      client.send(head(`GET ${path} HTTP/1.1`, `Host: 127.0.0.1:${proxy.port}`));
      upstream ??= await origin.accept();
      await upstream.expect(forwarded(origin, path));
      upstream.send(ok(path));
      await client.expect(ok(path));
    }
    assert.equal((await proxy.detail(2)).connection?.kind, 'reused');
  });

  it('do not accept a bad certificate either', async () => {
    const origin = await stage.origin({ certificate: unknownAuthority });
    const proxy = await stage.proxy({ reverse: `https://${origin.authority}` });
    const client = await stage.client(proxy);
    client.send(head('GET / HTTP/1.1', `Host: 127.0.0.1:${proxy.port}`));
    assert.equal((await client.readAnswer()).status, 502);
  });

  it('open no tunnels', async () => {
    const origin = await stage.origin();
    const proxy = await stage.proxy({ reverse: `http://${origin.authority}` });
    const client = await stage.client(proxy);
    client.send(head(`CONNECT ${origin.authority} HTTP/1.1`, `Host: ${origin.authority}`));
    const { status } = await client.readAnswer();
    assert.ok(status >= 400 && status < 500, `${status}`);
    assert.equal(origin.accepted, 0);
  });
});
