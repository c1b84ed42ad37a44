// Runs the commands of toCurl with bash and curl against a raw server and compares the bytes.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { createServer, type AddressInfo, type Server } from 'node:net';
import { promisify } from 'node:util';
import fc from 'fast-check';
import { toCurl, type CurlRequest } from '../../../src/formats/curl.ts';

const run = promisify(execFile);

/** Answers each request with an empty 200 and keeps the bytes of the last one. */
class RawServer {
  #received = Buffer.alloc(0);
  readonly #server: Server;

  constructor() {
    this.#server = createServer((socket) => {
      let bytes = Buffer.alloc(0);
      socket.on('error', () => undefined);
      socket.on('data', (piece) => {
        bytes = Buffer.concat([bytes, piece]);
        if (!isComplete(bytes)) return;
        this.#received = bytes;
        socket.end('HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n');
      });
    });
  }

  async listen(): Promise<string> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
    return `127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** What one command sent. */
  async receive(command: string): Promise<Buffer> {
    this.#received = Buffer.alloc(0);
    // Strict bash that reads the command as if it were typed, in an environment that sets no proxy.
    const bash = run('bash', ['-s'], { env: { PATH: process.env['PATH'] ?? '' } });
    bash.child.stdin?.end(`set -euo pipefail\n${command} --silent --show-error\n`);
    await bash;
    return this.#received;
  }

  close(): Promise<void> {
    return new Promise((resolve) => this.#server.close(() => resolve()));
  }
}

function isComplete(bytes: Buffer): boolean {
  const end = bytes.indexOf('\r\n\r\n');
  if (end < 0) return false;
  const head = bytes.subarray(0, end).toString('latin1');
  if (/\r\ntransfer-encoding:/i.test(head)) return bytes.subarray(-5).toString('latin1') === '0\r\n\r\n';
  return bytes.length >= end + 4 + Number(/\r\ncontent-length: *(\d+)/i.exec(head)?.[1] ?? 0);
}

/** The request as it must come: Host first, Content-Length last where there is a body. */
function expected(request: CurlRequest, host: string): Buffer {
  const target = request.url.slice(`http://${host}`.length);
  const rest = request.fields.filter(([name]) => !/^(host|content-length)$/i.test(name));
  const length = request.fields.some(([name]) => /^content-length$/i.test(name))
    ? [['Content-Length', String(request.body?.length ?? 0)]]
    : [];
  const lines = [['Host', host], ...rest, ...length].map(([name, value]) =>
    value === '' ? `${name}:` : `${name}: ${value}`,
  );
  const head = `${request.method} ${target} HTTP/1.1\r\n${lines.join('\r\n')}\r\n\r\n`;
  return Buffer.concat([Buffer.from(head, 'latin1'), request.body ?? Buffer.alloc(0)]);
}

describe('a command of toCurl', () => {
  const server = new RawServer();
  let host = '';
  before(async () => {
    host = await server.listen();
  });
  after(() => server.close());

  async function check(request: Omit<CurlRequest, 'url'> & { path: string }): Promise<void> {
    const { path, ...rest } = request;
    const body = rest.body === undefined ? {} : { body: rest.body };
    const sized =
      rest.body === undefined ? rest.fields : [...rest.fields, ['Content-Length', String(rest.body.length)] as const];
    const whole = {
      method: rest.method,
      url: `http://${host}${path}`,
      fields: [['Host', host] as const, ...sized],
      ...body,
    };
    const received = await server.receive(toCurl(whole));
    assert.equal(received.toString('latin1'), expected(whole, host).toString('latin1'));
  }

  it('sends a bare GET', () => check({ method: 'GET', path: '/', fields: [] }));
  it('keeps order, case and duplicates of fields', () =>
    check({
      method: 'GET',
      path: '/a?b=c&d',
      fields: [
        ['x-b', '1'],
        ['USER-AGENT', 'me'],
        ['x-A', '2'],
        ['x-b', '3'],
        ['Accept-Encoding', 'gzip'],
        ['Empty', ''],
      ],
    }));
  it('sends quotes, dollars, backticks and exclamation marks as they are', () =>
    check({
      method: 'POST',
      path: "/it's/$(touch%20x)/`id`/!!",
      fields: [['X', `"'$(id)\`id\`!! \\n %s`]],
      body: Buffer.from(`it's "$HOME" $(id) \`id\` !! \\ \\n %d\r\n\tend\n`),
    }));
  it('sends brackets and dots in a URL untouched', () =>
    check({ method: 'GET', path: '/a/../b/./[1-3]{x,y}', fields: [] }));
  it('sends a body that starts with @', () =>
    check({ method: 'PUT', path: '/', fields: [['Content-Type', 'a/b']], body: Buffer.from('@/etc/hostname') }));
  it('sends an empty body', () => check({ method: 'POST', path: '/', fields: [], body: Buffer.alloc(0) }));
  it('sends GET and DELETE with a body', async () => {
    await check({ method: 'GET', path: '/', fields: [], body: Buffer.from('x') });
    await check({ method: 'DELETE', path: '/', fields: [], body: Buffer.from('x') });
  });
  it('sends every byte there is', () =>
    check({
      method: 'POST',
      path: '/',
      fields: [],
      body: Buffer.from(Array.from({ length: 512 }, (_value, index) => index % 256)),
    }));
  it('sends bytes that are no UTF-8', () =>
    check({
      method: 'POST',
      path: '/',
      fields: [['X', 'caf\u00e9 \u00ff']],
      body: Buffer.from("a\u00ffb'!\\x41", 'latin1'),
    }));
  it('sends text in other scripts', () =>
    check({ method: 'POST', path: '/', fields: [], body: Buffer.from('Grüße 世界 🎉\u0007\u001b[0m!') }));
  it('sends a large body without asking first', () =>
    check({ method: 'POST', path: '/', fields: [], body: Buffer.alloc(2_000_000, 'large! \\') }));
  it('does not hang on HEAD', () => check({ method: 'HEAD', path: '/', fields: [] }));
  it('sends a chunked body chunked', async () => {
    const fields = [['Transfer-Encoding', 'chunked']] as const;
    const command = toCurl({ method: 'POST', url: `http://${host}/`, fields, body: Buffer.from('hello') });
    const received = (await server.receive(command)).toString('latin1');
    assert.match(received, /\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n$/);
    assert.doesNotMatch(received, /Content-Length|Content-Type/i);
  });
  it('sends whatever bytes', async () => {
    const value = fc.string({
      unit: fc.integer({ min: 0x21, max: 0x7e }).map((code) => String.fromCharCode(code)),
      minLength: 1,
      maxLength: 20,
    });
    await fc.assert(
      fc.asyncProperty(value, fc.uint8Array({ maxLength: 200 }), async (text, body) => {
        await check({ method: 'POST', path: '/', fields: [['X', text]], body: Buffer.from(body) });
      }),
      { numRuns: 40 },
    );
  }).timeout(30_000);
});
