// HTTPS in clear: real clients that know our authority, through CONNECT, a secure proxy and SOCKS.
import assert from 'node:assert/strict';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { fetch, ProxyAgent } from 'undici';
import { trusted } from '../../support/certificates.ts';
import type { HttpOrigin } from '../../support/origin.ts';
import type { Proxy } from '../../support/proxy.ts';
import { useStage, type ProgramResult } from '../../support/stage.ts';

describe('HTTPS in clear', () => {
  const stage = useStage();

  function echo(request: IncomingMessage, response: ServerResponse): void {
    let size = 0;
    request.on('data', (piece: Buffer) => (size += piece.length));
    request.on('end', () => response.end(`${request.method} ${request.url} ${size}`));
  }

  interface Scene {
    readonly proxy: Proxy;
    readonly origin: HttpOrigin;
    /** A file with our certificate. */
    readonly ca: string;
  }

  async function scene(): Promise<Scene> {
    const proxy = await stage.proxy({ 'https.intercept': 'all' });
    return { proxy, origin: await stage.httpOrigin(echo, { certificate: trusted }), ca: proxy.caFile() };
  }

  function succeeded({ code, output, errors }: ProgramResult): string {
    assert.equal(code, 0, errors);
    return output;
  }

  /** The request is a flow of its own, in clear, behind its tunnel. */
  async function seen({ proxy, origin }: Scene, path: string): Promise<void> {
    const [tunnel, inside] = [await proxy.detail(1), await proxy.detail(2)];
    assert.deepEqual([tunnel.kind, tunnel.url, tunnel.state], ['tunnel', origin.authority, 'done']);
    assert.deepEqual(tunnel.tunnel?.decision, { kind: 'intercept', reason: 'all' });
    assert.deepEqual([inside.kind, inside.url, inside.status], ['exchange', origin.url(path), 200]);
    assert.match(inside.clientTls?.version ?? '', /^TLSv1\.[23]$/);
    assert.equal(inside.clientConnection, tunnel.clientConnection);
    assert.equal(proxy.upstream().idle, 1, 'the connection to upstream is pooled');
  }

  describe('curl with our certificate', () => {
    for (const [option, protocol, alpn] of [
      ['--http2', 'HTTP/2', 'h2'],
      ['--http1.1', 'HTTP/1.1', 'http/1.1'],
    ] as const) {
      it(`speaks ${protocol} with us where it offers that`, async () => {
        const { proxy, origin, ca } = await scene();
        const form = ['--data-binary', 'x'.repeat(100_000), '--write-out', ' %{http_version}'];
        const got = await stage.curl(option, ...form, '--cacert', ca, '--proxy', proxy.url, origin.url('/spoken'));
        assert.equal(succeeded(got), `POST /spoken 100000 ${protocol.slice('HTTP/'.length)}`);
        const inside = await proxy.detail(2);
        assert.deepEqual(
          [inside.protocol, inside.clientTls?.alpn, inside.url],
          [protocol, alpn, origin.url('/spoken')],
        );
      });
    }

    it('is seen in clear through CONNECT, with what it asked for', async () => {
      const all = await scene();
      const { proxy, origin, ca } = all;
      const got = await stage.curl('--cacert', ca, '--proxy', proxy.url, origin.url('/in-clear'));
      assert.equal(succeeded(got), 'GET /in-clear 0');
      await seen(all, '/in-clear');
      const { tunnel } = await proxy.detail(1);
      assert.deepEqual(
        [tunnel?.inside, tunnel?.serverName],
        ['tls', origin.host === '127.0.0.1' ? undefined : origin.host],
      );
    });

    it('posts a large body, and uses its connection again', async () => {
      const { proxy, origin, ca } = await scene();
      const urls = [origin.url('/1'), origin.url('/2')];
      const body = ['--data-binary', 'x'.repeat(100_000)];
      const got = await stage.curl('--cacert', ca, '--proxy', proxy.url, ...body, ...urls);
      assert.equal(succeeded(got), 'POST /1 100000POST /2 100000');
      assert.deepEqual((await proxy.detail(3)).clientExchange, 2);
    });

    it('comes through the port as a secure proxy, to http and to https', async () => {
      const all = await scene();
      const { proxy, origin, ca } = all;
      const secure = ['--proxy-cacert', ca, '--proxy', `https://localhost:${proxy.port}`];
      const plain = await stage.httpOrigin(echo);
      assert.equal(succeeded(await stage.curl('--cacert', ca, ...secure, origin.url('/inside'))), 'GET /inside 0');
      await seen(all, '/inside');
      assert.equal((await proxy.detail(1)).clientTls?.serverName, 'localhost');
      assert.equal(succeeded(await stage.curl(...secure, plain.url('/plain'))), 'GET /plain 0');
      assert.match((await proxy.detail(3)).clientTls?.version ?? '', /^TLS/);
    });

    for (const version of ['socks4', 'socks4a', 'socks5', 'socks5-hostname']) {
      it(`comes through ${version}`, async () => {
        const all = await scene();
        const { proxy, ca, origin } = all;
        const got = await stage.curl('--cacert', ca, `--${version}`, `127.0.0.1:${proxy.port}`, origin.url('/socks'));
        assert.equal(succeeded(got), 'GET /socks 0');
        await seen(all, '/socks');
      });
    }

    it('fetches the certificate that it needs from the proxy', async () => {
      const { proxy } = await scene();
      const got = await stage.curl('--proxy', proxy.url, 'http://wirelens.test/ca.pem');
      assert.equal(succeeded(got), proxy.engine.authority.certificate);
    });

    it('opens our own page over TLS', async () => {
      const { proxy, ca } = await scene();
      const got = await stage.curl('--cacert', ca, '--proxy', proxy.url, 'https://wirelens.test/');
      assert.match(succeeded(got), /You are captured/);
      assert.deepEqual((await proxy.detail(1)).tunnel?.decision, { kind: 'intercept', reason: 'own' });
    });
  });

  describe('other clients with our certificate', () => {
    it('undici', async () => {
      const all = await scene();
      const { proxy, origin } = all;
      const agent = new ProxyAgent({ uri: proxy.url, requestTls: { ca: proxy.engine.authority.certificate } });
      stage.closing(async () => await agent.close());
      const answer = await fetch(origin.url('/undici'), { dispatcher: agent });
      assert.equal(await answer.text(), 'GET /undici 0');
      await seen(all, '/undici');
    });

    it('Python’s urllib', async () => {
      const all = await scene();
      const { proxy, origin, ca } = all;
      const script = 'import sys, urllib.request; print(urllib.request.urlopen(sys.argv[1]).read().decode(), end="")';
      const env = { SSL_CERT_FILE: ca, https_proxy: proxy.url, HOME: process.env['HOME'] ?? '' };
      assert.equal(
        succeeded(await stage.run('python3', ['-c', script, origin.url('/python')], { env })),
        'GET /python 0',
      );
      await seen(all, '/python');
    });

    it('openssl s_client, whose second handshake is resumed', async () => {
      const { proxy, origin, ca } = await scene();
      const ticket = `${ca}.ticket`;
      const request = `GET /openssl HTTP/1.1\r\nHost: ${origin.authority}\r\nConnection: close\r\n\r\n`;
      const options = ['s_client', '-quiet', '-ign_eof', '-verify_return_error', '-CAfile', ca];
      const way = ['-proxy', `127.0.0.1:${proxy.port}`, '-connect', origin.authority, '-servername', 'localhost'];
      const first = await stage.run('openssl', [...options, ...way, '-sess_out', ticket], { input: request });
      assert.match(succeeded(first), /GET \/openssl 0/);
      const second = await stage.run('openssl', [...options, ...way, '-sess_in', ticket], { input: request });
      assert.match(succeeded(second), /GET \/openssl 0/);
      assert.deepEqual(
        [(await proxy.detail(2)).clientTls?.resumed, (await proxy.detail(4)).clientTls?.resumed],
        [false, true],
      );
    });
  });
});
