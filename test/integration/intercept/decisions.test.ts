// What is opened and what is not: the setting, the patterns, what is wired, what cannot be opened, and clients that refuse.
import assert from 'node:assert/strict';
import { Duplex } from 'node:stream';
import { connect as connectTls } from 'node:tls';
import { connect, createServer, type AddressInfo } from 'node:net';
import { trusted } from '../../support/certificates.ts';
import { head, type Conversation } from '../../support/conversation.ts';
import { ok } from '../../support/messages.ts';
import type { ScriptedOrigin } from '../../support/origin.ts';
import type { Proxy } from '../../support/proxy.ts';
import { useStage } from '../../support/stage.ts';

describe('interception', () => {
  const stage = useStage();

  async function opened(proxy: Proxy, authority: string): Promise<Conversation> {
    const client = await stage.client(proxy);
    client.send(head(`CONNECT ${authority} HTTP/1.1`, `Host: ${authority}`));
    await client.expect(head('HTTP/1.1 200 Connection Established'));
    return client;
  }

  /** The first message of a TLS client that asks for this name. */
  async function helloOf(servername: string): Promise<Buffer> {
    return await new Promise<Buffer>((fulfil) => {
      const wire = new Duplex({
        read: () => undefined,
        write: (chunk: Buffer, _encoding, done) => {
          done();
          fulfil(chunk);
          setImmediate(() => secured.destroy());
        },
      });
      const secured = connectTls({ socket: wire, servername });
      secured.on('error', () => undefined);
    });
  }

  /** A relay to a port of this machine that passes every byte from the client in a write of its own. */
  async function dribblingRelay(port: number): Promise<number> {
    const relay = createServer((client) => {
      const onward = connect({ host: '127.0.0.1', port, noDelay: true });
      onward.pipe(client);
      const waiting: number[] = [];
      const passOne = (): void => {
        const byte = waiting.shift();
        if (byte === undefined || onward.destroyed) return;
        onward.write(Buffer.from([byte]), () => passOne());
      };
      client.on('data', (chunk) => {
        const idle = waiting.length === 0;
        waiting.push(...chunk);
        if (idle) passOne();
      });
      client.on('error', () => undefined).once('close', () => onward.destroy());
      onward.on('error', () => undefined).once('close', () => client.destroy());
    });
    await new Promise<void>((fulfil) => relay.listen(0, '127.0.0.1', fulfil));
    stage.closing(async () => {
      await new Promise<void>((fulfil) => relay.close(() => fulfil()));
    });
    return (relay.address() as AddressInfo).port;
  }

  /** Asks with curl, without verifying, and says which certificate it saw: ours or that of the server. */
  async function whose(proxy: Proxy, origin: ScriptedOrigin): Promise<'ours' | 'theirs'> {
    const asking = stage.curl('--insecure', '--verbose', '--proxy', proxy.url, `https://${origin.authority}/`);
    const upstream = await origin.accept();
    await upstream.readThrough('\r\n\r\n');
    upstream.send(ok('done')).end();
    const { output, errors } = await asking;
    assert.equal(output, 'done', errors);
    return errors.includes('O=Wirelens') ? 'ours' : 'theirs';
  }

  describe('the setting https.intercept', () => {
    it('“off” opens nothing', async () => {
      const proxy = await stage.proxy({ 'https.intercept': 'off' });
      assert.equal(await whose(proxy, await stage.origin({ certificate: trusted })), 'theirs');
      const { tunnel, responseBytes } = await proxy.detail(1);
      assert.deepEqual(tunnel?.decision, { kind: 'tunnel', reason: 'off' });
      assert.deepEqual([tunnel?.inside, tunnel?.protocols], ['tls', ['h2', 'http/1.1']]);
      assert.ok(responseBytes > 0);
    });

    it('“wired” opens from the export of the certificate until its reset', async () => {
      const proxy = await stage.proxy({ 'https.intercept': 'wired' });
      const origin = await stage.origin({ certificate: trusted });
      assert.equal(await whose(proxy, origin), 'theirs');
      assert.deepEqual((await proxy.detail(1)).tunnel?.decision, { kind: 'tunnel', reason: 'not-wired' });
      proxy.engine.exportAuthority();
      assert.equal(await whose(proxy, origin), 'ours');
      proxy.engine.resetAuthority();
      const other = await stage.origin({ certificate: trusted });
      assert.equal(await whose(proxy, other), 'theirs');
    });

    it('opens no host that is excluded, and only those that are included', async () => {
      const proxy = await stage.proxy({ 'https.intercept': 'all', 'https.exclude': ['127.0.0.1'] });
      assert.equal(await whose(proxy, await stage.origin({ certificate: trusted })), 'theirs');
      assert.deepEqual((await proxy.detail(1)).tunnel?.decision, { kind: 'tunnel', reason: 'excluded' });
      await proxy.configure({ 'https.intercept': 'all', 'https.include': ['*.test'] });
      assert.equal(await whose(proxy, await stage.origin({ certificate: trusted })), 'theirs');
      assert.deepEqual((await proxy.detail(2)).tunnel?.decision, { kind: 'tunnel', reason: 'not-included' });
      await proxy.configure({ 'https.intercept': 'all', 'https.include': ['127.*'] });
      assert.equal(await whose(proxy, await stage.origin({ certificate: trusted })), 'ours');
    });
  });

  describe('a client that does not take our certificate', () => {
    it('is a flow that says so, when it says so itself', async () => {
      const proxy = await stage.proxy({ 'https.intercept': 'all' });
      const { code } = await stage.curl('--proxy', proxy.url, 'https://never-dialled.test/');
      assert.equal(code, 60);
      const { state, error, tunnel } = await proxy.detail(1);
      assert.deepEqual([state, error?.code, error?.source], ['failed', 'certificate-rejected', 'client']);
      assert.match(
        error?.message ?? '',
        /^The client did not accept .* never-dialled\.test: it does not know who issued it/,
      );
      assert.equal(tunnel?.serverName, 'never-dialled.test');
    });

    it('is one too, when it closes right after the handshake (as TLS 1.3 lets it)', async () => {
      const proxy = await stage.proxy({ 'https.intercept': 'all' });
      const client = await opened(proxy, 'pinned.test:443');
      client.socket.removeAllListeners('data');
      await new Promise<void>((fulfil) => {
        const options = { socket: client.socket, servername: 'pinned.test', rejectUnauthorized: false };
        const secured = connectTls(options, () => secured.end());
        secured.once('close', fulfil);
      });
      const { error } = await proxy.detail(1);
      assert.equal(error?.code, 'certificate-rejected');
      assert.match(error?.message ?? '', /right after the handshake/);
    });

    it('is one too, when it breaks off in the middle of the handshake', async () => {
      const proxy = await stage.proxy({ 'https.intercept': 'all' });
      const client = await opened(proxy, 'broken.test:443');
      client.send(await helloOf('broken.test'));
      await client.read(100);
      client.reset();
      const { error } = await proxy.flow(1);
      assert.equal(error?.code, 'certificate-rejected');
      assert.match(error?.message ?? '', /as soon as it had seen it/);
    });

    it('is not to blame where the proxy stops in the middle of its handshake', async () => {
      const proxy = await stage.proxy({ 'https.intercept': 'all' });
      const client = await opened(proxy, 'stopped.test:443');
      client.send(await helloOf('stopped.test'));
      await client.read(100);
      proxy.engine.dispose();
      assert.equal((await proxy.flow(1)).error, undefined);
    });

    it('may pass unopened the next time, by setting, until the certificate is exported', async () => {
      const proxy = await stage.proxy({ 'https.intercept': 'all', 'https.bypassAfterRejection': true });
      const origin = await stage.origin({ certificate: trusted });
      await stage.curl('--proxy', proxy.url, `https://${origin.authority}/`);
      assert.equal(await whose(proxy, origin), 'theirs');
      assert.deepEqual((await proxy.detail(2)).tunnel?.decision, { kind: 'tunnel', reason: 'rejected-before' });
      proxy.engine.exportAuthority();
      assert.equal(await whose(proxy, await stage.origin({ certificate: trusted })), 'ours');
    });

    it('counts as gone, not as refused by it, where it only connected in advance', async () => {
      const proxy = await stage.proxy({ 'https.intercept': 'all' });
      const client = await opened(proxy, 'advance.test:443');
      client.socket.removeAllListeners('data');
      await new Promise<void>((fulfil) => {
        const ca = proxy.engine.authority.certificate;
        const secured = connectTls({ socket: client.socket, servername: 'advance.test', ca });
        // A ticket comes only when the handshake is over for the proxy too.
        secured.once('session', () => {
          proxy.clock.advance(5000);
          secured.end();
        });
        secured.once('close', fulfil);
      });
      assert.equal((await proxy.flow(1)).state, 'done');
    });
  });

  describe('what cannot be opened', () => {
    it('is TLS with protocols that we do not speak: it passes as it is', async () => {
      const proxy = await stage.proxy({ 'https.intercept': 'all' });
      const origin = await stage.origin();
      const client = await opened(proxy, origin.authority);
      client.socket.removeAllListeners('data');
      const secured = connectTls({ socket: client.socket, ALPNProtocols: ['acme-tls/1'] });
      secured.on('error', () => undefined);
      const upstream = await origin.accept();
      assert.equal((await upstream.read(1))[0], 0x16);
      upstream.reset();
      const { tunnel } = await proxy.detail(1);
      assert.deepEqual(tunnel?.decision, { kind: 'tunnel', reason: 'protocol' });
      assert.deepEqual(tunnel?.protocols, ['acme-tls/1']);
    });

    it('is a protocol in which the server speaks first: it is dialled after a moment', async () => {
      const proxy = await stage.proxy({ 'https.intercept': 'all' });
      const origin = await stage.origin();
      const client = await opened(proxy, origin.authority);
      const upstream = await origin.accept();
      upstream.send('220 mail\r\n');
      await client.expect('220 mail\r\n');
      client.send('HELO me\r\n');
      await upstream.expect('HELO me\r\n');
    });

    it('is opened where it is TLS, though it began only after upstream was let speak first', async () => {
      const proxy = await stage.proxy({ 'https.intercept': 'all' });
      const origin = await stage.origin();
      const client = await opened(proxy, origin.authority);
      const dialled = await origin.accept();
      client.send(await helloOf('localhost'));
      // A handshake record of TLS is answered by the proxy; upstream saw nothing of it.
      assert.deepEqual([...(await client.read(1))], [0x16]);
      await dialled.expectClose();
    });

    it('is anything else: it is dialled at once, and a failure breaks the client off', async () => {
      const proxy = await stage.proxy({ 'https.intercept': 'all' });
      const closed = await stage.origin();
      await closed.close();
      const client = await opened(proxy, closed.authority);
      client.send('SSH-2.0-client\r\n');
      await client.expectReset();
      assert.equal((await proxy.flow(1)).error?.code, 'connection-refused');
    });
  });

  describe('an opened tunnel', () => {
    it('answers a failure of upstream in words, in clear', async () => {
      const proxy = await stage.proxy({ 'https.intercept': 'all' });
      const closed = await stage.origin({ certificate: trusted });
      await closed.close();
      const got = await stage.curl('--cacert', proxy.caFile(), '--proxy', proxy.url, closed.url('/'));
      assert.match(got.output, /Upstream refused the connection/);
      assert.equal((await proxy.flow(2)).status, 502);
    });

    it('leads to ourselves no more than others do', async () => {
      const proxy = await stage.proxy({ 'https.intercept': 'all' });
      const got = await stage.curl(
        '--cacert',
        proxy.caFile(),
        '--proxy',
        proxy.url,
        `https://127.0.0.1:${proxy.port}/`,
      );
      assert.match(got.output, /421 Misdirected Request/);
    });

    it('to an address connects there, and asks for the name that the client asked for', async () => {
      const proxy = await stage.proxy({ 'https.intercept': 'all' });
      const origin = await stage.origin({ certificate: trusted });
      const way = ['--connect-to', `localhost:443:${origin.authority}`, '--proxytunnel'];
      const asking = stage.curl('--cacert', proxy.caFile(), '--proxy', proxy.url, ...way, 'https://localhost/');
      const upstream = await origin.accept();
      await upstream.expect(
        head('GET / HTTP/1.1', 'Host: localhost', 'User-Agent: curl/7.88.1', 'Accept: */*').slice(0, 20),
      );
      await upstream.readThrough('\r\n\r\n');
      upstream.send(ok('by name'));
      assert.equal((await asking).output, 'by name');
      assert.equal((await proxy.detail(2)).connection?.remote, origin.authority);
    });

    it('takes a ClientHello in single bytes', async () => {
      const proxy = await stage.proxy({ 'https.intercept': 'all' });
      const port = await dribblingRelay(proxy.port);
      const ca = proxy.caFile();
      const got = await stage.curl('--cacert', ca, '--proxy', `http://127.0.0.1:${port}`, 'https://wirelens.test/');
      assert.match(got.output, /You are captured/, got.errors);
      assert.equal((await proxy.detail(1)).tunnel?.serverName, 'wirelens.test');
    });

    it('breaks off without a clean end where upstream does', async () => {
      const proxy = await stage.proxy({ 'https.intercept': 'all' });
      const origin = await stage.origin({ certificate: trusted });
      const asking = stage.curl('--cacert', proxy.caFile(), '--proxy', proxy.url, origin.url('/'));
      const upstream = await origin.accept();
      await upstream.readThrough('\r\n\r\n');
      upstream.send(head('HTTP/1.1 200 OK', 'Content-Length: 100') + 'half');
      upstream.socket.destroy();
      const { code } = await asking;
      // curl speaks HTTP/2 with us where it can, and then a stream is reset (CURLE_HTTP2_STREAM).
      assert.ok(code === 18 || code === 56 || code === 92, String(code));
      assert.equal((await proxy.flow(2)).error?.code, 'broken-off');
    });
  });

  describe('the port itself over TLS', () => {
    it('refuses origin form, as it does in clear', async () => {
      const proxy = await stage.proxy();
      const got = await stage.curl('--cacert', proxy.caFile(), `https://localhost:${proxy.port}/`);
      assert.match(got.output, /This is a Wirelens proxy port/);
    });

    it('serves origin form where it is a reverse port', async () => {
      const origin = await stage.origin();
      const proxy = await stage.proxy({ reverse: origin.url('').replace(/\/$/, '') });
      const asking = stage.curl('--cacert', proxy.caFile(), `https://localhost:${proxy.port}/reverse`);
      const upstream = await origin.accept();
      await upstream.readThrough('\r\n\r\n');
      upstream.send(ok('from behind'));
      assert.equal((await asking).output, 'from behind');
      assert.equal((await proxy.detail(1)).clientTls?.serverName, 'localhost');
    });

    it('records clients that do not take its certificate, and bytes that are no TLS after all', async () => {
      const proxy = await stage.proxy();
      await stage.curl(`https://localhost:${proxy.port}/`);
      assert.equal((await proxy.flow(1)).error?.code, 'certificate-rejected');
      const client = await stage.client(proxy);
      client.send(Buffer.from([0x16, 3, 1, 0, 2, 9, 9])).end();
      assert.equal((await proxy.flow(2)).error?.code, 'client-tls');
    });
  });

  describe('SOCKS', () => {
    it('is refused in words of its own, and recorded', async () => {
      const proxy = await stage.proxy();
      const client = await stage.client(proxy);
      client.send(Buffer.from([5, 1, 2]));
      assert.equal((await client.read(2)).toString('hex'), '05ff');
      const { error, refusedBytes } = await proxy.detail(1);
      assert.equal(error?.code, 'bad-socks');
      assert.ok(refusedBytes !== undefined);
    });

    it('says that upstream refused', async () => {
      const proxy = await stage.proxy();
      const closed = await stage.origin();
      await closed.close();
      const got = await stage.curl('--socks5', `127.0.0.1:${proxy.port}`, closed.url('/'));
      assert.equal(got.code, 97, got.errors);
      assert.equal((await proxy.flow(1)).error?.code, 'connection-refused');
    });

    it('carries plain HTTP to the ordinary loop', async () => {
      const proxy = await stage.proxy();
      const origin = await stage.origin();
      const asking = stage.curl('--socks5', `127.0.0.1:${proxy.port}`, origin.url('/plain'));
      const upstream = await origin.accept();
      await upstream.readThrough('\r\n\r\n');
      upstream.send(ok('plain'));
      assert.equal((await asking).output, 'plain');
      assert.equal((await proxy.flow(2)).url, origin.url('/plain'));
    });

    it('is not spoken by a reverse port', async () => {
      const origin = await stage.origin();
      const proxy = await stage.proxy({ reverse: origin.url('').replace(/\/$/, '') });
      const got = await stage.curl('--socks5-hostname', `127.0.0.1:${proxy.port}`, 'http://a.test/');
      assert.notEqual(got.code, 0);
      assert.equal((await proxy.flow(1)).error?.code, 'bad-socks');
    });
  });
});
