// Tests `npm start` itself: once with a picture, once ended as by Ctrl+C.
import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { rmSync, statSync } from 'node:fs';
import path from 'node:path';
import { cacheDirectory, projectDirectory } from './places.ts';
import { descendants, runningProcesses } from './processes.ts';
import { check, sum, type Counts } from './report.ts';
import { becomesTrue } from './wait.ts';

const script = ['--import', 'tsx', 'test/vscode/start.ts'];

async function takesPicture(): Promise<void> {
  const picture = path.join(cacheDirectory(), 'start.png');
  rmSync(picture, { force: true });
  const result = spawnSync('npm', ['start', '--silent', '--', '--once', '--screenshot', picture], {
    cwd: projectDirectory,
    stdio: ['ignore', 'inherit', 'inherit'],
    shell: process.platform === 'win32',
  });
  assert.equal(result.status, 0, 'npm start -- --once failed');
  assert.ok(statSync(picture).size > 10_000, 'the picture is empty');
}

async function endsOnInterrupt(): Promise<void> {
  const child = spawn(process.execPath, script, {
    cwd: projectDirectory,
    env: { ...process.env, WIRELENS_VSCODE: 'embedded' },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let printed = '';
  child.stdout.on('data', (bytes: Buffer) => {
    printed += bytes.toString();
  });
  const ended = once(child, 'exit');
  const ready = await becomesTrue(() => printed.includes('Press Ctrl+C'), 120_000);
  const pid = child.pid ?? 0;
  const started = descendants(pid);
  child.kill('SIGINT');
  const [code] = await ended;
  assert.ok(ready, `it never became ready:\n${printed}`);
  const address = /http:\/\/127\.0\.0\.1:\d+\/\?folder=\S+/.exec(printed)?.[0];
  assert.ok(address, `no address was printed:\n${printed}`);
  assert.equal(code, 0);
  assert.ok(started.length >= 2, 'the server and the demo client were not seen');
  const still = runningProcesses().filter((one) => started.some((other) => other.pid === one.pid));
  assert.deepEqual(still, []);
}

/** Needs the embedded VS Code, and so Chromium. */
export async function runStart(): Promise<Counts> {
  return sum(
    await check('npm start shows the requests of the demo client', takesPicture),
    await check('npm start prints an address, and ends everything on Ctrl+C', endsOnInterrupt),
  );
}
