// Through another proxy: HTTP, HTTPS and SOCKS5, with credentials, exceptions, refusals and loops.
import assert from 'node:assert/strict';
import { connect as connectTls } from 'node:tls';
import { trusted, unknownAuthority } from '../../support/certificates.ts';
import { head } from '../../support/conversation.ts';
import { useStage, type Stage } from '../../support/stage.ts';
import { HttpUpstreamProxy, SocksUpstreamProxy, type UpstreamProxyOptions } from '../../support/upstream-proxy.ts';
import { parseProxyUrl } from '../../../src/contract/upstream.ts';
import type { EngineSettings } from '../../../src/contract/settings.ts';
import type { HttpOrigin } from '../../support/origin.ts';
import type { Proxy, ProxyOptions } from '../../support/proxy.ts';

const HOST = 'api.test';

async function through(
  stage: Stage,
  kind: 'http' | 'https' | 'socks5',
  options: UpstreamProxyOptions = {},
): Promise<HttpUpstreamProxy | SocksUpstreamProxy> {
  const middle =
    kind === 'socks5'
      ? await SocksUpstreamProxy.start(options)
      : await HttpUpstreamProxy.start(kind === 'https' ? { ...options, certificate: trusted } : options);
  stage.closing(async () => middle.close());
  return middle;
}

/** Credentials come beside the settings, as from the secret storage. */
function withCredentials(url: string): Pick<ProxyOptions, 'finer'> {
  const proxy = parseProxyUrl(url);
  assert.ok(proxy);
  return {
    finer: (settings: EngineSettings): EngineSettings => ({
      ...settings,
      upstream: { ...settings.upstream, httpProxy: proxy, httpsProxy: proxy },
    }),
  };
}

async function greeter(stage: Stage, secure = false): Promise<HttpOrigin> {
  return await stage.httpOrigin((request, response) => response.end(`hello ${request.headers.host}`), {
    ...(secure ? { certificate: trusted } : {}),
  });
}

async function get(stage: Stage, proxy: Proxy, url: string): Promise<{ status: number; body: string }> {
  const client = await stage.client(proxy);
  client.send(head(`GET ${url} HTTP/1.1`, `Host: ${new URL(url).host}`));
  return await client.readAnswer();
}

describe('through an upstream proxy', () => {
  const stage = useStage();

  for (const kind of ['http', 'https'] as const) {
    it(`of ${kind}, plain requests are asked for by their URL, on a kept connection`, async () => {
      const origin = await greeter(stage);
      const middle = await through(stage, kind, { names: { [HOST]: origin.port } });
      const proxy = await stage.proxy({ upstreamProxy: middle.url });
      const client = await stage.client(proxy);
      for (const path of ['/1', '/2']) {
        client.send(head(`GET http://${HOST}${path}?q HTTP/1.1`, `Host: ${HOST}`));
        assert.equal((await client.readAnswer()).body, `hello ${HOST}`);
      }
      assert.deepEqual(middle.asked, [`GET http://${HOST}/1?q`, `GET http://${HOST}/2?q`]);
      const { connection } = await proxy.detail(2);
      assert.equal(connection?.via, middle.url);
      assert.equal(connection?.kind, 'reused');
      assert.match(connection?.remote ?? '', new RegExp(`:${middle.port}$`));
      assert.equal(proxy.engine.origins()[0]?.key, `http://${HOST} via ${middle.url} (absolute URLs)`);
    });
  }

  it('of socks5, plain requests go through a tunnel, and the name is resolved there', async () => {
    const origin = await greeter(stage);
    const middle = await through(stage, 'socks5', { names: { [HOST]: origin.port } });
    const proxy = await stage.proxy({ upstreamProxy: middle.url });
    assert.equal((await get(stage, proxy, `http://${HOST}/`)).body, `hello ${HOST}`);
    assert.deepEqual(middle.asked, [`name ${HOST}:80`]);
    assert.equal((await proxy.detail()).connection?.via, middle.url);
  });

  for (const kind of ['http', 'https', 'socks5'] as const) {
    it(`of ${kind}, https requests go through a tunnel and are verified end to end`, async () => {
      const origin = await greeter(stage, true);
      const middle = await through(stage, kind, { names: { localhost: origin.port } });
      const proxy = await stage.proxy({ upstreamProxy: middle.url, noProxy: ['<-loopback>'] });
      const client = await stage.client(proxy);
      for (let count = 0; count < 2; count += 1) {
        client.send(head('GET https://localhost/ HTTP/1.1', 'Host: localhost'));
        assert.equal((await client.readAnswer()).body, 'hello localhost');
      }
      assert.equal(middle.asked.length, 1);
      assert.match(middle.asked[0] ?? '', /^(CONNECT|name) localhost:443$/);
      const { connection, timing } = await proxy.detail(2);
      assert.match(connection?.tls?.chain[0]?.names.join() ?? '', /localhost/);
      assert.equal(connection?.exchange, 2);
      assert.ok((await proxy.detail(1)).timing.tls !== undefined && timing.tls === undefined);
    });

    it(`of ${kind}, a client's tunnel goes through another one`, async () => {
      const origin = await greeter(stage, true);
      const middle = await through(stage, kind, { names: { localhost: origin.port } });
      const proxy = await stage.proxy({ upstreamProxy: middle.url, noProxy: ['<-loopback>'] });
      const client = await stage.client(proxy);
      client.send(head('CONNECT localhost:443 HTTP/1.1', 'Host: localhost:443'));
      await client.expect('HTTP/1.1 200 Connection Established\r\n\r\n');
      const secured = connectTls({ socket: client.socket, servername: 'localhost' });
      const answer = new Promise<string>((fulfil) => secured.once('data', (bytes: Buffer) => fulfil(bytes.toString())));
      secured.write(head('GET / HTTP/1.1', 'Host: localhost', 'Connection: close'));
      assert.match(await answer, /^HTTP\/1\.1 200/);
      assert.match(middle.asked[0] ?? '', /^(CONNECT|name) localhost:443$/);
      secured.destroy();
      client.reset();
      await proxy.flow();
    });

    it(`of ${kind} that asks for credentials, they are sent to it and to nobody else`, async () => {
      let seen: string | undefined;
      const origin = await stage.httpOrigin((request, response) => {
        seen = request.headers['proxy-authorization'];
        response.end('in');
      });
      const middle = await through(stage, kind, { names: { [HOST]: origin.port }, credentials: 'me:p@ss:word' });
      const url = middle.url.replace('://', '://me:p%40ss:word@');
      const proxy = await stage.proxy(withCredentials(url));
      assert.equal((await get(stage, proxy, `http://${HOST}/`)).body, 'in');
      assert.equal(seen, undefined);
      const shown = JSON.stringify([await proxy.detail(), proxy.engine.origins()]);
      assert.doesNotMatch(shown, /p@ss|p%40ss|bWU6/);
    });

    it(`of ${kind} that asks for credentials nobody has set, the answer is 502 and says what to do`, async () => {
      const middle = await through(stage, kind, { credentials: 'me:secret' });
      const proxy = await stage.proxy({ upstreamProxy: middle.url });
      const answer = await get(stage, proxy, `http://${HOST}/`);
      assert.equal(answer.status, 502);
      assert.match(answer.body, /asks for a user name and a password .*Set upstream proxy credentials/s);
      assert.equal((await proxy.flow()).error?.code, 'proxy-authentication');
    });
  }

  it('that refuses the credentials, the answer says that', async () => {
    const middle = await through(stage, 'socks5', { credentials: 'me:secret' });
    const proxy = await stage.proxy(withCredentials(middle.url.replace('://', '://me:wrong@')));
    assert.match((await get(stage, proxy, `http://${HOST}/`)).body, /refused the user name and password/);
  });

  it('that refuses CONNECT, the answer names the proxy and its reason', async () => {
    const middle = await through(stage, 'http', { refuses: '403 Forbidden by policy' });
    const proxy = await stage.proxy({ upstreamProxy: middle.url });
    const answer = await get(stage, proxy, `https://${HOST}/`);
    assert.equal(answer.status, 502);
    const { error } = await proxy.flow();
    assert.equal(error?.code, 'proxy-refused');
    assert.equal(
      error?.message,
      `The upstream proxy ${middle.url} did not connect to ${HOST}:443: 403 Forbidden by policy`,
    );
  });

  it('that refuses a SOCKS request, the answer names its reason', async () => {
    const middle = await through(stage, 'socks5', { refuses: '4' });
    const proxy = await stage.proxy({ upstreamProxy: middle.url });
    await get(stage, proxy, `http://${HOST}/`);
    assert.match((await proxy.flow()).error?.message ?? '', /did not connect to api\.test:80: host unreachable$/);
  });

  it('that does not run, the answer names the proxy', async () => {
    const middle = await through(stage, 'http');
    await middle.close();
    const proxy = await stage.proxy({ upstreamProxy: middle.url });
    await get(stage, proxy, `http://${HOST}/`);
    const { error } = await proxy.flow();
    assert.equal(error?.code, 'proxy-failed');
    assert.match(error?.message ?? '', new RegExp(`^The upstream proxy ${middle.url} cannot be used: .*refused`));
  });

  it('that speaks no SOCKS, the answer says so', async () => {
    const origin = await stage.origin();
    const proxy = await stage.proxy({ upstreamProxy: `socks5://${origin.authority}` });
    const answer = get(stage, proxy, `http://${HOST}/`);
    const upstream = await origin.accept();
    await upstream.expect('\x05\x01\x00');
    upstream.send('HTTP/1.1 400 Bad Request\r\n\r\n');
    await answer;
    assert.match((await proxy.flow()).error?.message ?? '', /does not speak SOCKS5/);
  });

  it('with a certificate that nobody trusts, the answer says so', async () => {
    const middle = await HttpUpstreamProxy.start({ certificate: unknownAuthority });
    stage.closing(async () => middle.close());
    const proxy = await stage.proxy({ upstreamProxy: middle.url });
    await get(stage, proxy, `http://${HOST}/`);
    const { error } = await proxy.flow();
    assert.equal(error?.code, 'proxy-failed');
    assert.match(error?.message ?? '', /self-signed/);
  });

  it('hosts of noProxy and loopback addresses are reached directly', async () => {
    const origin = await greeter(stage);
    const middle = await through(stage, 'http', { names: { [HOST]: origin.port } });
    const proxy = await stage.proxy({
      upstreamProxy: middle.url,
      noProxy: ['direct.test'],
      dnsOverrides: { 'direct.test': '127.0.0.1' },
    });
    await get(stage, proxy, `http://direct.test:${origin.port}/`);
    await get(stage, proxy, origin.url());
    assert.deepEqual(middle.asked, []);
    assert.equal((await proxy.detail(1)).connection?.via, undefined);
    await get(stage, proxy, `http://${HOST}/`);
    assert.equal(middle.asked.length, 1);
  });

  it('that is ourselves: refused as a loop where it was set', async () => {
    const proxy = await stage.proxy();
    await proxy.configure({ upstreamProxy: proxy.url, port: proxy.port });
    const answer = await get(stage, proxy, `http://${HOST}/`);
    assert.equal(answer.status, 502);
    assert.equal((await proxy.flow()).error?.code, 'proxy-loop');
  });

  it('that is ourselves: left out where it is but a default, such as our own HTTP_PROXY', async () => {
    const origin = await greeter(stage);
    const proxy = await stage.proxy();
    const own = parseProxyUrl(proxy.url);
    assert.ok(own);
    await proxy.configure({
      port: proxy.port,
      dnsOverrides: { 'other.test': '127.0.0.1' },
      noProxy: ['<-loopback>'],
      finer: (settings) => ({
        ...settings,
        upstream: { ...settings.upstream, httpProxy: own, httpsProxy: own, proxyByDefault: true },
      }),
    });
    assert.equal((await get(stage, proxy, `http://other.test:${origin.port}/`)).status, 200);
    assert.equal((await proxy.detail()).connection?.via, undefined);
  });

  it('connections do not outlive a change of it', async () => {
    const origin = await greeter(stage);
    const middle = await through(stage, 'http');
    const proxy = await stage.proxy();
    await get(stage, proxy, origin.url());
    await proxy.parked(1);
    await proxy.configure({ upstreamProxy: middle.url, noProxy: ['<-loopback>'], port: proxy.port });
    await get(stage, proxy, origin.url());
    assert.deepEqual(middle.asked, [`GET ${origin.url()}`]);
    assert.deepEqual(
      proxy.engine
        .origins()
        .map(({ lastClose }) => lastClose)
        .filter(Boolean),
      ['settings-changed'],
    );
  });

  it('tells a client nothing of a challenge that is for the proxy', async () => {
    const middle = await through(stage, 'http', { credentials: 'me:secret' });
    const proxy = await stage.proxy({ upstreamProxy: middle.url });
    const { code, output } = await stage.curl('--proxy', proxy.url, '--include', `http://${HOST}/`);
    assert.equal(code, 0);
    assert.match(output, /^HTTP\/1\.1 502/);
    assert.doesNotMatch(output, /^proxy-authenticate/im);
    assert.match((await proxy.detail()).interim[0]?.startLine ?? '', /407/);
  });
});

describe('DNS overrides', () => {
  const stage = useStage();

  it('lead a name to their address, with its Host and its name in TLS, and are told', async () => {
    const origin = await greeter(stage);
    const proxy = await stage.proxy({ dnsOverrides: { 'api.test': '127.0.0.1', '*.wild.test': '127.0.0.1' } });
    for (const host of ['api.test', 'deep.wild.test']) {
      const { body } = await get(stage, proxy, `http://${host}:${origin.port}/`);
      assert.equal(body, `hello ${host}:${origin.port}`);
    }
    assert.equal((await proxy.detail(1)).connection?.overridden, '127.0.0.1');
    assert.equal(proxy.engine.origins()[0]?.key.endsWith(' at 127.0.0.1'), true);
  });

  it('of the exact name count before those of a pattern', async () => {
    const origin = await greeter(stage);
    const proxy = await stage.proxy({ dnsOverrides: { '*.test': '192.0.2.1', 'api.test': '127.0.0.1' } });
    assert.equal((await get(stage, proxy, `http://api.test:${origin.port}/`)).status, 200);
  });

  it('do not get around the refusal of our own address', async () => {
    const proxy = await stage.proxy({ dnsOverrides: { 'api.test': '127.0.0.1' } });
    await get(stage, proxy, `http://api.test:${proxy.port}/`);
    assert.equal((await proxy.flow()).error?.code, 'own-address');
  });
});
