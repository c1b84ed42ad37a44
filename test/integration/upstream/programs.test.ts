// Proxies of others as upstream proxy, and real clients through them: what Debian packages, where it is installed.
import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { trusted, certificateFile } from '../../support/certificates.ts';
import { packagedProxies, startPackagedProxy } from '../../support/packaged-proxy.ts';
import { useStage } from '../../support/stage.ts';
import { HttpUpstreamProxy, SocksUpstreamProxy } from '../../support/upstream-proxy.ts';
import { Command } from '../cli/command.ts';

const noProxy = ['<-loopback>'];

for (const program of packagedProxies) {
  describe(`${program.name} as upstream proxy`, () => {
    const stage = useStage();

    it('takes plain requests and tunnels', async () => {
      const plain = await stage.httpOrigin((_request, response) => response.end('plain'));
      const secure = await stage.httpOrigin((_request, response) => response.end('secure'), { certificate: trusted });
      const proxy = await stage.proxy({ upstreamProxy: await startPackagedProxy(stage, program), noProxy });
      const ca = certificateFile('authority.pem');
      assert.equal((await stage.curl('--proxy', proxy.url, plain.url('/1'))).output, 'plain');
      assert.equal((await stage.curl('--proxy', proxy.url, '--cacert', ca, secure.url('/2'))).output, 'secure');
      const [request, tunnel] = [await proxy.detail(1), await proxy.detail(2)];
      assert.match(request.connection?.via ?? '', /^http:\/\/127\.0\.0\.1:\d+$/);
      assert.equal(tunnel.kind, 'tunnel');
      assert.equal(tunnel.connection?.via, request.connection?.via);
    });

    it('is named with its own words where it cannot reach a server', async () => {
      const dead = await stage.httpOrigin(() => undefined, { certificate: trusted });
      await dead.close();
      const proxy = await stage.proxy({ upstreamProxy: await startPackagedProxy(stage, program), noProxy });
      const { code } = await stage.curl('--proxy', proxy.url, dead.url());
      assert.notEqual(code, 0);
      const { error } = await proxy.flow();
      assert.equal(error?.code, 'proxy-refused');
      assert.match(error?.message ?? '', /^The upstream proxy http:\S+ did not connect to 127\.0\.0\.1:\d+: 50\d /);
    });
  });
}

for (const program of packagedProxies.filter(({ name }) => name === 'tinyproxy')) {
  describe(`${program.name} with a password`, () => {
    const stage = useStage();

    it('lets in who has it in the environment, and no other', async () => {
      const origin = await stage.httpOrigin((_request, response) => response.end('in'));
      const url = await startPackagedProxy(stage, program, 'me:secret');
      for (const [credentials, expected] of [
        ['me:secret@', /^in$/],
        ['', /asks for a user name and a password|refused/],
      ] as const) {
        const environment = { http_proxy: url.replace('//', `//${credentials}`), NO_PROXY: '<-loopback>' };
        const command = await Command.listening(stage, [], { environment });
        assert.match((await stage.curl('--proxy', command.url, origin.url())).output, expected);
      }
    });
  });
}

describe('the command line behind a proxy', () => {
  const stage = useStage();

  it('goes through what the environment names, and does not print its password', async () => {
    const origin = await stage.httpOrigin((_request, response) => response.end('through'));
    const middle = await HttpUpstreamProxy.start({ names: { 'api.test': origin.port }, credentials: 'me:secret' });
    stage.closing(async () => middle.close());
    const environment = { HTTP_PROXY: middle.url.replace('//', '//me:secret@') };
    const command = await Command.listening(stage, ['--json'], { environment });
    assert.equal((await stage.curl('--proxy', command.url, 'http://api.test/x')).output, 'through');
    await command.says(/"url":"http:\/\/api\.test\/x"/);
    const line = JSON.parse(command.lines()[0] ?? '') as { connection: { via: string } };
    assert.equal(line.connection.via, middle.url);
    assert.doesNotMatch(command.output + command.errors, /secret/);
  });

  it('prefers what --upstream-proxy says, and leads names to addresses by --resolve', async () => {
    const origin = await stage.httpOrigin((_request, response) => response.end('here'));
    const middle = await SocksUpstreamProxy.start({ names: { 'far.test': origin.port } });
    stage.closing(async () => middle.close());
    const given = ['--upstream-proxy', middle.url, '--resolve', 'near.test:127.0.0.1'];
    const command = await Command.listening(stage, given, { environment: { ALL_PROXY: 'http://127.0.0.1:9' } });
    assert.equal((await stage.curl('--proxy', command.url, 'http://far.test/')).output, 'here');
    assert.equal((await stage.curl('--proxy', command.url, `http://near.test:${origin.port}/`)).output, 'here');
    assert.deepEqual(middle.asked, ['name far.test:80']);
  });
});

/** A client that fetches the URL of its last argument through the proxy of the first, and prints the body. */
const clients: readonly (readonly [name: string, command: string, code: readonly string[]])[] = [
  [
    'Python’s urllib',
    'python3',
    [
      '-c',
      'import sys, urllib.request as r; print(r.build_opener(r.ProxyHandler({"http": sys.argv[1]})).open(sys.argv[2]).read().decode(), end="")',
    ],
  ],
  [
    'Node’s http',
    process.execPath,
    [
      '-e',
      'const u = new URL(process.argv[1]); require("http").get({ host: u.hostname, port: u.port, path: process.argv[2], headers: { host: new URL(process.argv[2]).host } }, (a) => a.pipe(process.stdout))',
    ],
  ],
];

for (const [name, command, code] of clients.filter(([, program]) => spawnSync(program, ['-V']).error === undefined)) {
  describe(`${name} through two proxies`, () => {
    const stage = useStage();

    it('gets its answer', async () => {
      const origin = await stage.httpOrigin((_request, response) => response.end('both'));
      const middle = await SocksUpstreamProxy.start({ names: { 'api.test': origin.port } });
      stage.closing(async () => middle.close());
      const proxy = await stage.proxy({ upstreamProxy: middle.url });
      const child = spawn(command, [...code, proxy.url, 'http://api.test/'], { stdio: ['ignore', 'pipe', 'inherit'] });
      let output = '';
      child.stdout.setEncoding('utf8').on('data', (text: string) => (output += text));
      await new Promise<void>((fulfil) => child.once('close', () => fulfil()));
      assert.equal(output, 'both');
      assert.deepEqual(middle.asked, ['name api.test:80']);
    });
  });
}
