// The engine as a forked process: it steers by messages only, and lives no longer than who started it.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { EngineEvents, Update } from '../../../src/contract/engine.ts';
import { defaultSettings, resolveSettings } from '../../../src/contract/settings.ts';
import { isAlive } from '../../../src/engine/platform/temporary.ts';
import { bundled } from '../../support/bundle.ts';
import { connectTo } from '../../support/conversation.ts';
import { forkEngine, type EngineProcess } from '../../support/engine-process.ts';
import { useStage, type Stage } from '../../support/stage.ts';
import { until } from '../../support/until.ts';

const settings = resolveSettings({ ...defaultSettings, port: 0 });

/** Throws in the engine when it is told to, as a defect would. */
const defect = `data:text/javascript,${encodeURIComponent(
  `process.on('message', (message) => { if (message === 'defect') setImmediate(() => { throw new Error('a defect'); }); });`,
)}`;

interface Started extends EngineProcess {
  readonly ready: EngineEvents['ready'];
  readonly updates: readonly Update[];
  readonly ended: Promise<readonly [code: number | null, signal: string | null]>;
}

async function start(stage: Stage, folder: string): Promise<Started> {
  const { child, client } = forkEngine({
    execArgv: ['--import', defect],
    env: { PATH: process.env['PATH'] ?? '', TMPDIR: folder },
  });
  const ended = once(child, 'exit') as Promise<[number | null, string | null]>;
  stage.closing(async () => {
    child.kill('SIGKILL');
    await ended;
  });
  const updates: Update[] = [];
  client.on('update', (update) => updates.push(update));
  const ready = await new Promise<EngineEvents['ready']>((fulfil) => void client.on('ready', fulfil));
  return { child, client, ready, updates, ended };
}

async function listen({ client }: Started): Promise<number> {
  await client.call('configure', settings);
  const result = await client.call('listen', undefined);
  assert.equal(result.kind, 'listening');
  return result.kind === 'listening' ? result.port : 0;
}

describe('the engine process', () => {
  const stage = useStage();
  let folder = '';
  beforeEach(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'wirelens-engine-'));
  });
  afterEach(async () => {
    // Whatever ended it, no temporary file is left.
    assert.deepEqual(await readdir(folder), []);
    await rm(folder, { recursive: true });
  });

  it('announces itself, and listens only when it is told to', async () => {
    const engine = await start(stage, folder);
    assert.equal(engine.ready.pid, engine.child.pid);
    assert.match(engine.ready.epoch, /^\w+$/);
    await until(() => engine.updates.length > 0, 'a first update');
    assert.equal(engine.updates[0]?.state.listening, undefined);
    const port = await listen(engine);
    const { output } = await stage.curl('-x', `http://127.0.0.1:${port}`, 'http://wirelens.test/');
    assert.match(output, /You are captured/);
  });

  it('shows what it did in updates, in details and in bodies', async () => {
    const origin = await stage.httpOrigin((_request, response) => response.end('hello'));
    const engine = await start(stage, folder);
    const acknowledge = ({ sequence }: Update): void => void engine.client.call('acknowledge', sequence);
    engine.client.on('update', acknowledge);
    // The first one may have come before; nothing more comes until it is confirmed.
    for (const update of engine.updates) acknowledge(update);
    const port = await listen(engine);
    await stage.curl('-x', `http://127.0.0.1:${port}`, origin.url('/seen'));
    const seen = () => engine.updates.flatMap(({ flows }) => flows).find(({ state }) => state === 'done');
    await until(() => seen() !== undefined, 'the flow is shown');
    await until(
      () => engine.updates.some(({ origins }) => origins?.[0]?.connections[0]?.state === 'idle'),
      'the idle connection is shown',
    );
    const id = seen()?.id ?? '';
    assert.equal((await engine.client.call('flowDetail', id))?.url, origin.url('/seen'));
    const opened = await engine.client.call('openBody', { id, side: 'response', form: 'pretty' });
    const bytes = await engine.client.call('readBody', { handle: opened?.handle ?? 0, offset: 0 });
    assert.equal(Buffer.from(bytes).toString(), 'hello');
  });

  it('serves on when its updates are never acknowledged', async () => {
    const origin = await stage.httpOrigin((_request, response) => response.end('hello'));
    const engine = await start(stage, folder);
    const port = await listen(engine);
    const { code } = await stage.curl('-x', `http://127.0.0.1:${port}`, '-o', '/dev/null', origin.url('/[1-400]'));
    assert.equal(code, 0);
    const [newest] = await engine.client.call('flowsBefore', { count: 1 });
    assert.equal(newest?.number, 400);
    assert.equal(engine.updates.length, 1);
  });

  it('ends when it is disconnected, with open connections and all', async () => {
    const engine = await start(stage, folder);
    const client = await connectTo(await listen(engine));
    stage.closing(() => client.reset());
    engine.child.disconnect();
    assert.deepEqual(await engine.ended, [0, null]);
    await client.expectClose();
  });

  it('ends when who started it is killed', async () => {
    const script = `
      const child = require('node:child_process').fork(${JSON.stringify(path.join(bundled(), 'engine.js'))}, [], {
        serialization: 'advanced', stdio: ['ignore', 'ignore', 'ignore', 'ipc'], env: { TMPDIR: ${JSON.stringify(folder)} },
      });
      child.on('message', (message) => { if (message.name === 'ready') console.log(child.pid); });`;
    const parent = spawn(process.execPath, ['-e', script], { stdio: ['ignore', 'pipe', 'inherit'] });
    const [text] = (await once(parent.stdout, 'data')) as [Buffer];
    const pid = Number(text.toString());
    assert.equal(isAlive(pid), true);
    parent.kill('SIGKILL');
    await once(parent, 'close');
    await until(() => !isAlive(pid), 'the engine is gone');
  });

  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    it(`ends on ${signal}`, async () => {
      const engine = await start(stage, folder);
      await listen(engine);
      engine.child.kill(signal);
      assert.deepEqual(await engine.ended, [0, null]);
    });
  }

  it('reports a defect and ends with 1', async () => {
    const engine = await start(stage, folder);
    const log: EngineEvents['log'][] = [];
    engine.client.on('log', (line) => log.push(line));
    await listen(engine);
    engine.child.send('defect');
    assert.deepEqual(await engine.ended, [1, null]);
    assert.equal(log[0]?.level, 'error');
    assert.match(log[0]?.message ?? '', /Error: a defect\n +at /);
  });

  it('explains itself to who starts it by hand', async () => {
    const child = spawn(process.execPath, [path.join(bundled(), 'engine.js')], { stdio: ['ignore', 'ignore', 'pipe'] });
    let errors = '';
    child.stderr.setEncoding('utf8').on('data', (text: string) => (errors += text));
    const [code] = (await once(child, 'close')) as [number | null];
    assert.equal(code, 1);
    assert.match(errors, /use: wirelens/);
  });
});
