// The benchmark: ours beside others, in one run on one machine; figures as JSON, tables as Markdown.
import { mkdirSync, writeFileSync } from 'node:fs';
import { chmod } from 'node:fs/promises';
import path from 'node:path';
import { cases, type Case } from './cases.ts';
import type { Contender } from './contenders/contender.ts';
import { installNpmPeers } from './contenders/npm-peers.ts';
import { contenders } from './contenders/table.ts';
import { hasWrk } from './load/wrk.ts';
import { describeMachine } from './machine.ts';
import { measureMemory, type MemoryPlan } from './memory.ts';
import { parseOptions, usage, type Options } from './options.ts';
import { startOrigin, type Sizes } from './origin.ts';
import { markdown } from './report/markdown.ts';
import type { CaseResult, MemoryResult, Results } from './results.ts';
import { runCase } from './rounds.ts';
import { checkResults } from './smoke.ts';
import { killAll } from './system/child.ts';
import { planCpus } from './system/cpus.ts';
import { makeRunFolder } from './system/folder.ts';
import { allowedCpus } from './system/proc.ts';
import type { World } from './window.ts';

const mebibyte = 1024 * 1024;
const cache = path.join(__dirname, '../../.cache');

/** Contenders whose memory is measured, where they are not chosen by name. */
const memorySubjects = ['wirelens', 'squid', 'mitmdump', 'mockttp'];
const smokeContenders = ['direct', 'relay'];

interface Size {
  readonly bodies: Sizes;
  readonly memory: MemoryPlan;
}

const whole: Size = {
  bodies: { streamed: 100 * mebibyte, large: 1024 * mebibyte },
  memory: { flows: 100_000, connections: 10_000, slowSeconds: 10 },
};
const short: Size = {
  bodies: { streamed: 8 * mebibyte, large: 32 * mebibyte },
  memory: { flows: 2000, connections: 200, slowSeconds: 1 },
};

function say(line: string): void {
  process.stderr.write(`${line}\n`);
}

function isOurs({ name }: Contender): boolean {
  return name.startsWith('wirelens');
}

function chosenContenders({ against, smoke }: Options): Contender[] {
  const names = against ?? (smoke ? smokeContenders : undefined);
  for (const name of names ?? []) {
    if (!contenders.some((one) => one.name === name)) throw new Error(`there is no contender ${name}`);
  }
  return contenders.filter((one) => isOurs(one) || names === undefined || names.includes(one.name));
}

function chosenCases({ only, smoke }: Options): Case[] {
  for (const name of only ?? []) {
    if (name !== 'memory' && !cases.some((one) => one.name === name)) throw new Error(`there is no case ${name}`);
  }
  const named = cases.filter(({ name }) => only === undefined || only.includes(name));
  if (!smoke) return named;
  return named.flatMap((one) => (one.smoke === undefined ? [] : [{ ...one, contenders: one.smoke }]));
}

async function measureAll(world: World, options: Options, taking: readonly Contender[], size: Size): Promise<Results> {
  const results: CaseResult[] = [];
  for (const one of chosenCases(options)) results.push(await runCase(world, one, taking, options));
  const memory: MemoryResult[] = [];
  if (options.only === undefined || options.only.includes('memory')) {
    for (const one of taking.filter(({ name }) => memorySubjects.includes(name) || options.against?.includes(name))) {
      if (one.can.everything === true || one.missing() !== undefined) continue;
      memory.push(await measureMemory(world, one, size.memory));
    }
  }
  return {
    date: new Date().toISOString(),
    machine: describeMachine(world.cpus),
    origin: world.origin.kind,
    rounds: options.rounds,
    window: options.window,
    missing: taking.flatMap((one) => {
      const reason = one.missing();
      return reason === undefined ? [] : [{ name: one.name, reason }];
    }),
    cases: results,
    memory,
  };
}

/** Writes the figures and prints the tables. */
function report(results: Results, options: Options): void {
  const file = options.json ?? path.join(cache, 'bench', `${results.date.replaceAll(':', '-')}.json`);
  mkdirSync(path.dirname(path.resolve(file)), { recursive: true });
  writeFileSync(file, `${JSON.stringify(results, undefined, 1)}\n`);
  const text = markdown(results);
  if (options.markdown !== undefined) writeFileSync(options.markdown, text);
  process.stdout.write(`${text}\n`);
  say(`figures: ${file}`);
}

/** Prints what did not hold and the line of counts. */
function reportSmoke(results: Results): number {
  const checks = checkResults(results, allowedCpus().length > 0);
  const failed = checks.filter(({ problem }) => problem !== undefined);
  for (const { title, problem } of failed) process.stdout.write(`${title}: ${problem}\n`);
  process.stdout.write(`bench: ${checks.length - failed.length} passed, ${failed.length} failed\n`);
  return failed.length > 0 || checks.length === 0 ? 1 : 0;
}

/** Figures that are fast and wrong count as a failed run; those of peers are only left out. */
function oursFailed(results: Results): boolean {
  return (
    results.cases.some(({ contenders: all }) =>
      all.some(({ name, failure }) => name.startsWith('wirelens') && failure !== undefined),
    ) || results.memory.some(({ name, failures }) => name.startsWith('wirelens') && failures.length > 0)
  );
}

async function run(options: Options): Promise<number> {
  if (options.installPeers) installNpmPeers();
  const taking = chosenContenders(options);
  for (const one of taking) {
    const reason = one.missing();
    if (reason !== undefined) say(`${one.name} is left out: ${reason}`);
  }
  const size = options.smoke ? short : whole;
  const folder = makeRunFolder(killAll);
  // Daemons that are started by root go on as another user.
  await chmod(folder, 0o755);
  const cpus = planCpus();
  const origin = await startOrigin(folder, size.bodies, cpus, false);
  try {
    const results = await measureAll({ folder, cpus, origin, wrk: hasWrk(), say }, options, taking, size);
    if (options.smoke) return reportSmoke(results);
    report(results, options);
    return oursFailed(results) ? 1 : 0;
  } finally {
    await origin.stop();
  }
}

/** ms after which it ends on a signal: tsx kills what has not confirmed the signal, and takes a moment to see that. */
const farewell = 100;

for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.on(signal, () => void setTimeout(() => process.exit(1), farewell));
}

function readOptions(): Options | undefined {
  try {
    return parseOptions(process.argv.slice(2));
  } catch (error) {
    say(`${error instanceof Error ? error.message : String(error)}\n${usage}`);
    return undefined;
  }
}

async function main(): Promise<void> {
  const options = readOptions();
  if (options === undefined) {
    process.exitCode = 2;
    return;
  }
  try {
    process.exitCode = await run(options);
  } catch (error) {
    say(error instanceof Error ? (error.stack ?? error.message) : String(error));
    if (options.smoke) process.stdout.write('bench: 0 passed, 1 failed\n');
    process.exitCode = 1;
  }
}

void main();
