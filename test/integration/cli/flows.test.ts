// The command line with real requests: what it prints for them, in words and as JSON, and what the options change.
import assert from 'node:assert/strict';
import { useStage } from '../../support/stage.ts';
import { Command } from './command.ts';

interface JsonLine {
  readonly id: string;
  readonly start: string;
  readonly duration: number;
  readonly method: string;
  readonly url: string;
  readonly status: number | null;
  readonly sizes: { readonly request: number; readonly response: number };
  readonly timings: Readonly<Record<string, number>>;
  readonly connection: { readonly kind: string; readonly exchange: number } | null;
  readonly cache: {
    readonly word: string;
    readonly find: { readonly kind: string } | null;
    readonly store: { readonly kind: string } | null;
  };
  readonly error: { readonly code: string } | null;
}

function parsed(command: Command): JsonLine[] {
  return command.lines().map((line) => JSON.parse(line) as JsonLine);
}

describe('the command line with traffic', () => {
  const stage = useStage();

  it('says where it listens once it accepts, and prints a readable line a flow', async () => {
    const origin = await stage.httpOrigin((_request, response) => response.end('hello'));
    const command = await Command.listening(stage, []);
    assert.equal(command.output, `listening on http://127.0.0.1:${command.port}\n`);
    const { output } = await stage.curl('-x', command.url, origin.url('/users'));
    assert.equal(output, 'hello');
    await command.says(/\/users 200/);
    assert.match(command.lines()[0] ?? '', /^GET http:\/\/127\.0\.0\.1:\d+\/users 200 · [\d.]+ m?s · 5 B/);
    assert.equal(command.errors, '');
  });

  it('writes IPv6 addresses in brackets', async () => {
    const command = await Command.listening(stage, ['--host', '::1']);
    assert.equal(command.url, `http://[::1]:${command.port}`);
  });

  it('prints one JSON line a flow, and all other words elsewhere', async () => {
    const origin = await stage.httpOrigin((_request, response) => response.end('hello'));
    const before = Date.now();
    const command = await Command.listening(stage, ['--json']);
    await stage.curl('-x', command.url, '-d', 'abc', origin.url('/post'));
    await command.says(/"method":"POST".*\n/);
    assert.equal(command.errors, `listening on ${command.url}\n`);
    const [flow, ...more] = parsed(command);
    assert.ok(flow);
    assert.deepEqual([more, flow.error], [[], null]);
    assert.deepEqual([flow.method, flow.url, flow.status], ['POST', origin.url('/post'), 200]);
    assert.match(flow.id, /^\w+\.1$/);
    assert.ok(Date.parse(flow.start) >= before && Date.parse(flow.start) <= Date.now());
    assert.deepEqual(flow.sizes, { request: 3, response: 5 });
    assert.equal(typeof flow.duration, 'number');
    for (const name of ['connect', 'sent', 'firstByte', 'total'])
      assert.equal(typeof flow.timings[name], 'number', name);
  });

  it('prints what it decided about connection and cache, and what went wrong', async () => {
    const origin = await stage.httpOrigin((_request, response) => {
      response.setHeader('Cache-Control', 'max-age=60').end('hello');
    });
    const command = await Command.listening(stage, ['--json']);
    for (const path of ['/first', '/second', '/second']) await stage.curl('-x', command.url, origin.url(path));
    await stage.curl('-x', command.url, 'http://127.0.0.1:1/');
    await command.says(/"code":"connection-refused"/);
    const seen = parsed(command).map(({ status, connection, cache, error }) => ({
      status,
      connection: connection === null ? null : [connection.kind, connection.exchange],
      cache: [cache.word, cache.find?.kind, cache.store?.kind],
      error: error?.code,
    }));
    assert.deepEqual(seen, [
      { status: 200, connection: ['new', 1], cache: ['miss', 'miss', 'stored'], error: undefined },
      { status: 200, connection: ['reused', 2], cache: ['miss', 'miss', 'stored'], error: undefined },
      { status: 200, connection: null, cache: ['hit', 'hit', undefined], error: undefined },
      { status: 502, connection: null, cache: ['miss', 'miss', undefined], error: 'connection-refused' },
    ]);
  });

  it('is coloured where colours are forced, and nowhere else', async () => {
    const origin = await stage.httpOrigin((_request, response) => response.writeHead(404).end());
    const plain = await Command.listening(stage, []);
    const coloured = await Command.listening(stage, [], { environment: { FORCE_COLOR: '1' } });
    for (const command of [plain, coloured]) {
      await stage.curl('-x', command.url, origin.url('/'));
      await command.says(/ 404 /);
    }
    assert.equal(plain.output.includes('\u001B'), false);
    assert.equal(coloured.output.includes('\u001B['), true);
  });

  it('stands in front of one server with --reverse', async () => {
    const origin = await stage.httpOrigin((request, response) => response.end(`you asked ${request.url}`));
    const command = await Command.listening(stage, ['--reverse', origin.url('').replace(/\/$/, '')]);
    const { output } = await stage.curl(`${command.url}/path?query`);
    assert.equal(output, 'you asked /path?query');
    await command.says(/\/path\?query 200/);
  });

  it('asks upstream every time with --cache off', async () => {
    const origin = await stage.httpOrigin((_request, response) => {
      response.setHeader('Cache-Control', 'max-age=60').end('hello');
    });
    const command = await Command.listening(stage, ['--cache', 'off']);
    for (const _time of [1, 2]) await stage.curl('-x', command.url, origin.url('/'));
    assert.equal(origin.requests.length, 2);
  });

  it('opens a connection for every request with --no-keep-alive', async () => {
    const origin = await stage.httpOrigin((_request, response) => response.end('hello'));
    const command = await Command.listening(stage, ['--no-keep-alive']);
    const { output } = await stage.curl('-v', '--stderr', '-', '-x', command.url, origin.url('/a'), origin.url('/b'));
    assert.equal(origin.accepted, 2);
    assert.match(output, /< Connection: close/i);
  });

  it('takes any other setting with --set', async () => {
    const origin = await stage.httpOrigin((_request, response) => response.end('hello'));
    const command = await Command.listening(stage, ['--set', 'capture.exclude=*/quiet', '--set', 'headers.via=true']);
    await stage.curl('-x', command.url, origin.url('/quiet'));
    await stage.curl('-x', command.url, origin.url('/loud'));
    await command.says(/\/loud 200/);
    assert.equal(command.lines().length, 1);
  });
});
