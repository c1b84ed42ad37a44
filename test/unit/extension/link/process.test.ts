// A real process: messages both ways, what it prints, how it ends, and that it is gone.
import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { startEngineProcess, type EngineProcess, type Exit } from '../../../../src/extension/link/process.ts';

/** Answers each message with itself and its environment, and ends when it is no longer connected. */
const script = `
process.on('message', (message) => {
  if (message === 'crash') process.exit(3);
  process.send({ echo: message, options: process.env.NODE_OPTIONS, asNode: process.env.ELECTRON_RUN_AS_NODE, flags: process.execArgv });
});
console.log('started');
console.error('a warning');
`;

describe('startEngineProcess', () => {
  let folder: string;
  let file: string;

  before(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'wirelens-process-'));
    file = path.join(folder, 'engine.cjs');
    await writeFile(file, script);
  });
  after(async () => rm(folder, { recursive: true, force: true }));

  async function exitOf(engine: EngineProcess): Promise<Exit> {
    return new Promise((resolve) => {
      engine.onExit(resolve);
    });
  }

  function isRunning(pid: number): boolean {
    try {
      process.kill(pid, 0);
      return true;
    } catch {
      return false;
    }
  }

  it('carries values with bytes both ways, in a cleaned environment', async () => {
    const output: string[] = [];
    const engine = startEngineProcess(file, (line) => output.push(line));
    const answer = await new Promise((resolve) => {
      engine.port.onMessage(resolve);
      engine.port.send({ bytes: new Uint8Array([1, 2]), missing: undefined });
    });
    assert.deepEqual(answer, {
      echo: { bytes: new Uint8Array([1, 2]), missing: undefined },
      options: undefined,
      asNode: '1',
      flags: [],
    });
    const exit = exitOf(engine);
    engine.disconnect();
    assert.deepEqual(await exit, { code: 0, signal: null });
    assert.deepEqual(output.toSorted(), ['a warning', 'started']);
    assert.equal(isRunning(engine.pid ?? 0), false);
  });

  it('says how it ended, closes the port first, and takes messages afterwards without harm', async () => {
    const engine = startEngineProcess(file, () => undefined);
    const closed = new Promise<void>((resolve) => {
      engine.port.onClose(resolve);
    });
    engine.port.send('crash');
    assert.deepEqual(await exitOf(engine), { code: 3, signal: null });
    await closed;
    engine.port.send('too late');
    assert.deepEqual(await exitOf(engine), { code: 3, signal: null }, 'also when asked later');
  });

  it('ends at once when it is killed', async () => {
    const engine = startEngineProcess(file, () => undefined);
    engine.kill();
    assert.deepEqual(await exitOf(engine), { code: null, signal: 'SIGKILL' });
  });

  it('ends with an exit code when the script is not there', async () => {
    const output: string[] = [];
    const engine = startEngineProcess(path.join(folder, 'missing.cjs'), (line) => output.push(line));
    const { code } = await exitOf(engine);
    assert.notEqual(code, 0);
    assert.match(output.join('\n'), /Cannot find module/);
  });
});
