// How the command line ends: in order, at once, when nobody reads it any more, and when it cannot start.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { gzipSync } from 'node:zlib';
import { connectTo, head } from '../../support/conversation.ts';
import { useStage, type Stage } from '../../support/stage.ts';
import { Command, type ListeningCommand } from './command.ts';

/** A request whose answer has begun and not ended, with both of its ends. */
async function openExchange(stage: Stage, command: ListeningCommand) {
  const origin = await stage.origin();
  const client = await connectTo(command.port);
  stage.closing(() => client.reset());
  client.send(head(`GET ${origin.url('/open')} HTTP/1.1`, `Host: ${origin.authority}`));
  const upstream = await origin.accept();
  await upstream.readHead();
  upstream.send(`${head('HTTP/1.1 200 OK', 'Content-Length: 10')}first`);
  await client.readThrough('first');
  return { client, upstream };
}

/** Whether somebody accepts on the port. */
async function accepts(port: number): Promise<boolean> {
  const socket = connect(port, '127.0.0.1');
  try {
    await once(socket, 'connect');
    return true;
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
}

describe('the end of the command line', () => {
  const stage = useStage();
  let folder = '';
  beforeEach(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'wirelens-cli-'));
  });
  afterEach(async () => await rm(folder, { recursive: true }));

  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    it(`is in order on ${signal}`, async () => {
      const command = await Command.listening(stage, []);
      // A client that is connected and says nothing does not hold it up.
      const idle = await connectTo(command.port);
      stage.closing(() => idle.reset());
      command.signal(signal);
      assert.deepEqual(await command.ended, { code: 0, signal: null });
      await idle.expectClose();
      assert.equal(command.errors, '');
    });
  }

  it('waits for open exchanges, and takes no new ones meanwhile', async () => {
    const command = await Command.listening(stage, []);
    const { client, upstream } = await openExchange(stage, command);
    command.signal('SIGTERM');
    while (await accepts(command.port)) await new Promise(setImmediate);
    assert.equal(command.child.exitCode, null);
    upstream.send('rest!');
    await client.expect('rest!');
    assert.deepEqual(await command.ended, { code: 0, signal: null });
    assert.match(command.output, /\/open 200 · .*10 B/);
  });

  it('waits no longer after a second signal, and leaves no file behind', async () => {
    const command = await Command.listening(stage, ['--har', path.join(folder, 'out.har')], {
      environment: { TMPDIR: folder },
    });
    await openExchange(stage, command);
    command.signal('SIGINT');
    while (await accepts(command.port)) await new Promise(setImmediate);
    // Signals that come at almost the same time are one, so this is said until it is heard.
    const again = setInterval(() => command.signal('SIGINT'), 20);
    const end = await command.ended;
    clearInterval(again);
    assert.deepEqual(end, { code: 1, signal: null });
    assert.deepEqual(await readdir(folder), []);
  });

  it('writes the HAR with decoded bodies, and leaves no other file behind', async () => {
    const origin = await stage.httpOrigin((_request, response) => {
      response.setHeader('Content-Type', 'application/json').setHeader('Content-Encoding', 'gzip');
      response.end(gzipSync('{"packed":true}'));
    });
    const command = await Command.listening(stage, ['--har', 'out.har'], { folder, environment: { TMPDIR: folder } });
    await stage.curl('-x', command.url, '-H', 'Content-Type: text/plain', '-d', 'sent', origin.url('/a?b=c'));
    await stage.curl('-x', command.url, 'http://127.0.0.1:1/');
    command.signal('SIGTERM');
    assert.deepEqual(await command.ended, { code: 0, signal: null });
    assert.deepEqual(await readdir(folder), ['out.har']);
    const { log } = JSON.parse(await readFile(path.join(folder, 'out.har'), 'utf8')) as {
      log: { version: string; creator: unknown; entries: Record<string, unknown>[] };
    };
    assert.deepEqual([log.version, log.creator], ['1.2', { name: 'Wirelens', version: '1.2.3' }]);
    assert.equal(log.entries.length, 2);
    for (const entry of log.entries) {
      const needed = ['startedDateTime', 'time', 'request', 'response', 'cache', 'timings'];
      for (const name of needed) assert.ok(name in entry, `${name} is missing`);
    }
    const [packed] = log.entries as [{ request: Record<string, unknown>; response: Record<string, unknown> }];
    assert.equal(packed.request['url'], origin.url('/a?b=c'));
    assert.deepEqual(packed.request['queryString'], [{ name: 'b', value: 'c' }]);
    assert.deepEqual(packed.request['postData'], { mimeType: 'text/plain', text: 'sent' });
    assert.equal((packed.response['content'] as { text?: string }).text, '{"packed":true}');
  });

  it('is quiet when the reader of the lines goes away', async () => {
    const origin = await stage.httpOrigin((_request, response) => response.end('hello'));
    const command = await Command.listening(stage, []);
    command.child.stdout?.destroy();
    await stage.curl('-x', command.url, origin.url('/'));
    assert.deepEqual(await command.ended, { code: 0, signal: null });
    assert.equal(command.errors, '');
  });

  it('does not hang on a reader that takes nothing, and serves on meanwhile', async () => {
    const origin = await stage.httpOrigin((_request, response) => response.end('hello'));
    // The JSON lines of these are more than a pipe holds.
    const command = await Command.listening(stage, ['--json'], { unread: true });
    const name = 'n'.repeat(4000);
    for (const _round of [1, 2, 3]) {
      const { code } = await stage.curl('-x', command.url, '-o', '/dev/null', origin.url(`/${name}[1-50]`));
      assert.equal(code, 0);
    }
    assert.equal(origin.requests.length, 150);
    command.signal('SIGTERM');
    const [code] = (await once(command.child, 'exit')) as [number | null];
    assert.equal(code, 0);
  });

  it('is an error when the port is in use', async () => {
    const first = await Command.listening(stage, []);
    const second = Command.start(stage, ['--port', String(first.port)]);
    assert.deepEqual(await second.ended, { code: 1, signal: null });
    assert.match(second.errors, new RegExp(`^wirelens: port ${first.port} is in use .*--port`));
    assert.equal(second.output, '');
  });

  it('is an error when this machine has no such address', async () => {
    const command = Command.start(stage, ['--host', '192.0.2.1']);
    assert.deepEqual(await command.ended, { code: 1, signal: null });
    assert.match(command.errors, /no address 192\.0\.2\.1/);
  });

  const refusals: readonly [string[], RegExp][] = [
    [['--prot', '8080'], /unknown option: --prot[\s\S]*--help/],
    [['--port', '99999'], /--port must be from 0 to 65535/],
    [['--har', path.join('no', 'such', 'folder', 'out.har')], /no file can be written/],
  ];
  for (const [given, message] of refusals) {
    it(`is an error of use with ${given.join(' ')}`, async () => {
      const command = Command.start(stage, given, { folder });
      assert.deepEqual(await command.ended, { code: 2, signal: null });
      assert.match(command.errors, message);
      assert.equal(command.output, '');
    });
  }

  it('follows at once on --help and --version', async () => {
    const help = Command.start(stage, ['--help']);
    const version = Command.start(stage, ['--version']);
    assert.deepEqual(await help.ended, { code: 0, signal: null });
    assert.match(help.output, /^Usage: wirelens/);
    assert.deepEqual(await version.ended, { code: 0, signal: null });
    assert.equal(version.output, '1.2.3\n');
  });
});
