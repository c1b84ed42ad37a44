// Runs everything that must hold, in order, as child processes, and closes with one line of counts.
import { spawn, type ChildProcess } from 'node:child_process';
import { createInterface } from 'node:readline';
import { howToGetTheSuite } from '../conformance/cache/suite.ts';
import { sum, tallyOfLine, type Tally } from './tally.ts';

/** A check passes or fails as a whole; a suite prints how many of its tests did. */
interface Stage {
  readonly script: string;
  readonly kind: 'check' | 'suite';
}

/** The public cache suite is no part of the project: it runs where CACHE_SUITE names its file. */
function conformance(): readonly Stage[] {
  if (process.env['CACHE_SUITE'] !== undefined) return [{ script: 'test:conformance', kind: 'suite' }];
  console.log(`test:conformance is left out: ${howToGetTheSuite}`);
  return [];
}

// The VSIX is made before the ordinary build, which leaves source maps in dist/ for the stages after it.
const stages: readonly Stage[] = [
  { script: 'check:types', kind: 'check' },
  { script: 'check:lint', kind: 'check' },
  { script: 'check:format', kind: 'check' },
  { script: 'check:dead', kind: 'check' },
  { script: 'check:tidy', kind: 'suite' },
  { script: 'package', kind: 'check' },
  { script: 'build', kind: 'check' },
  { script: 'test:unit', kind: 'suite' },
  { script: 'test:integration', kind: 'suite' },
  ...conformance(),
  { script: 'bench:smoke', kind: 'suite' },
  { script: 'test:vscode', kind: 'suite' },
  // The oldest VS Code that engines.vscode admits.
  { script: 'test:oldest', kind: 'suite' },
];

/** How long (ms) a suite may live on after it has printed its counts; longer means that it left something open. */
const lingering = 20_000;

const posix = process.platform !== 'win32';
let running: ChildProcess | undefined;

function stop(child: ChildProcess, signal: NodeJS.Signals): void {
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
  if (posix) process.kill(-child.pid, signal);
  else child.kill(signal);
}

/** Runs one npm script, passes its output through, and judges it. */
async function run(stage: Stage): Promise<Tally> {
  console.log(`\n> ${stage.script}`);
  const started = Date.now();
  // npm is a .cmd file on Windows, which only a shell starts; the command is one of our own constants.
  const child = spawn(`npm run --silent ${stage.script}`, {
    shell: true,
    detached: posix,
    stdio: ['ignore', 'pipe', 'inherit'],
    env: process.stdout.isTTY ? { ...process.env, FORCE_COLOR: '1' } : process.env,
  });
  running = child;
  const tallies: Tally[] = [];
  let left: NodeJS.Timeout | undefined;
  createInterface({ input: child.stdout }).on('line', (line) => {
    console.log(line);
    const tally = tallyOfLine(line);
    if (!tally) return;
    tallies.push(tally);
    if (stage.script === 'test:vscode' || stage.script === 'test:oldest') return;
    left = setTimeout(() => {
      console.error(`${stage.script} does not end: a test left a socket, timer or process open`);
      stop(child, 'SIGKILL');
    }, lingering);
  });
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', resolve);
  });
  clearTimeout(left);
  running = undefined;
  console.log(`< ${stage.script}: ${((Date.now() - started) / 1000).toFixed(1)} s`);
  return judge(stage, code, sum(tallies));
}

/** A suite that ended badly, or that ran nothing, counts at least one failure whatever it printed. */
function judge(stage: Stage, code: number | null, tally: Tally): Tally {
  if (stage.kind === 'check') return code === 0 ? { passed: 1, failed: 0 } : { passed: 0, failed: 1 };
  if (code === 0 && tally.failed === 0 && tally.passed === 0) {
    console.error(`${stage.script} ran no test`);
    return { passed: 0, failed: 1 };
  }
  return code === 0 || tally.failed > 0 ? tally : { ...tally, failed: 1 };
}

async function main(): Promise<void> {
  const tallies: Tally[] = [];
  for (const stage of stages) {
    const tally = await run(stage);
    tallies.push(tally);
    if (tally.failed > 0) break;
  }
  const all = sum(tallies);
  process.exitCode = all.failed > 0 ? 1 : 0;
  console.log(`\n${all.passed} passed, ${all.failed} failed`);
}

for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => {
    if (running) stop(running, 'SIGTERM');
    process.exitCode = 1;
  });
}

main().catch((error: unknown) => {
  console.error(error);
  process.exitCode = 1;
});
