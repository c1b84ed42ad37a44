// Runs one debugging proxy from npm on a port of loopback: node npm-peer.mjs NAME PORT FOLDER, in the folder of packages.
import { createRequire } from 'node:module';
import path from 'node:path';

const [name = '', portText, folder = ''] = process.argv.slice(2);
const port = Number(portText);
const load = createRequire(path.join(process.cwd(), 'package.json'));

const starts = {
  async mockttp() {
    const server = load('mockttp').getLocal({ recordTraffic: false });
    await server.start(port);
    await server.forAnyRequest().thenPassThrough();
  },
  whistle() {
    load('whistle')({ port, host: '127.0.0.1', baseDir: folder, storage: 'bench', mode: 'proxyOnly' });
  },
  anyproxy() {
    const { ProxyServer } = load('anyproxy');
    new ProxyServer({ port, silent: true, webInterface: { enable: false }, forceProxyHttps: false }).start();
  },
  'http-mitm-proxy'() {
    const { Proxy } = load('http-mitm-proxy');
    new Proxy().listen({ host: '127.0.0.1', port, sslCaDir: folder, keepAlive: true });
  },
};

await starts[name]();
