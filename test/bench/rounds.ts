// One case: starts all that take part, and measures them in alternating rounds.
import { mkdirSync } from 'node:fs';
import { chmod } from 'node:fs/promises';
import path from 'node:path';
import type { Case } from './cases.ts';
import type { Contender, Running, Setup } from './contenders/contender.ts';
import type { CaseResult, ContenderResult, Sample } from './results.ts';
import { orderOf } from './statistics.ts';
import { freePort, startScript, untilListening, type Child } from './system/child.ts';
import { disturbance, generatorOf, measure, stopAll, verify, type Work, type World } from './window.ts';

export interface Plan {
  readonly rounds: number;
  /** Seconds. */
  readonly window: number;
  /** How often one window is measured again at most. */
  readonly repeats: number;
}

interface Entry {
  readonly contender: Contender;
  readonly work: Work;
  readonly result: ContenderResult;
  running: Running | undefined;
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message.trim().slice(0, 300) : String(error);
}

/** The reason why a contender cannot do this work; undefined where it can. */
function unable(contender: Contender, what: Case): string | undefined {
  if (contender.can.everything === true) return contender.missing();
  if (what.cached === true && contender.can.cache !== true) return 'has no cache';
  if (what.tunnel === true && contender.can.connect !== true) return 'knows no CONNECT';
  if (what.secureUpstream === true && contender.can.secureUpstream !== true) return 'knows no https:// targets';
  return contender.missing();
}

let folders = 0;

/** Makes a folder for one contender and starts it there. */
export async function startIn(
  world: World,
  contender: Contender,
  setup: Pick<Setup, 'cache' | 'originPort' | 'settings'>,
): Promise<Running> {
  folders += 1;
  const folder = path.join(world.folder, `${contender.name}-${folders}`);
  mkdirSync(folder);
  // Daemons that are started by root go on as another user.
  await chmod(folder, 0o777);
  return await contender.start({ ...setup, folder, cpus: world.cpus });
}

async function farAway(world: World, port: number, latency: number): Promise<{ relay: Child; port: number }> {
  const own = await freePort();
  const relay = await startScript('delay-relay.ts', [String(own), String(port), String(latency)], {
    cpu: world.cpus.origin,
  });
  await untilListening(relay, own);
  return { relay, port: own };
}

/** Runs the whole case. What fails is left out of the figures, with its reason. */
export async function runCase(
  world: World,
  what: Case,
  contenders: readonly Contender[],
  plan: Plan,
): Promise<CaseResult> {
  const secure = what.secureUpstream === true;
  const originPort = secure ? world.origin.tlsPort : world.origin.plainPort;
  const far = what.latency ? await farAway(world, originPort, what.latency) : undefined;
  const port = far?.port ?? originPort;
  const url = `${secure ? 'https' : 'http'}://127.0.0.1:${port}${what.cached === true ? '/cached' : ''}/${what.file}`;
  const taking = contenders.filter(({ name }) => what.contenders.includes(name));
  const entries = taking
    .filter((one) => unable(one, what) === undefined)
    .map((contender) => newEntry(contender, { what, url }));
  const skipped = taking.flatMap((one) => {
    const reason = unable(one, what);
    return reason === undefined ? [] : [{ name: one.name, reason }];
  });
  world.say(`${what.title}: ${entries.map(({ contender }) => contender.name).join(', ')}`);
  try {
    for (const entry of entries) await attempt(world, entry, async () => await warmUp(world, entry, port, plan));
    await alternate(world, entries, plan);
    for (const entry of entries) {
      const { running } = entry;
      if (running === undefined) continue;
      await attempt(world, entry, async () => await verify(world, entry.work, running.port));
    }
  } finally {
    await stopAll([...entries.map(({ running }) => running), far?.relay]);
  }
  const generator = generatorOf(what, world.wrk);
  const { name, title, rate } = what;
  const cached = what.cached === true;
  return { name, title, rate, cached, generator, skipped, contenders: entries.map(({ result }) => result) };
}

/** Starts one, checks its answers, and lets it run once so that code is compiled and caches are filled. */
async function warmUp(world: World, entry: Entry, originPort: number, { window }: Plan): Promise<void> {
  const { contender, work } = entry;
  const running = await startIn(world, contender, { cache: work.what.cached === true, originPort });
  entry.running = running;
  await verify(world, work, running.port);
  await measure(world, work, running, Math.min(window, 1));
}

/** The marks cache nothing: for them hits are requests like others. */
function newEntry(contender: Contender, { what, url }: Work): Entry {
  const { name, title, can } = contender;
  const own = {
    what: {
      ...what,
      ...(can.everything === true ? { cached: false } : {}),
      ...(can.onceOnly === true && what.tunnel !== true ? { newConnection: true, ownLoad: true } : {}),
    },
    url,
  };
  return { contender, work: own, running: undefined, result: { name, title, samples: [], repeats: 0, disturbed: 0 } };
}

async function alternate(world: World, entries: readonly Entry[], plan: Plan): Promise<void> {
  for (let round = 0; round < plan.rounds; round += 1) {
    for (const entry of orderOf(entries, round)) {
      const sample = await attempt(world, entry, async () => await quietWindow(world, entry, plan));
      entry.result.samples.push(sample);
    }
  }
}

/** The window with the least disturbance of as many as it takes. */
async function quietWindow(world: World, entry: Entry, plan: Plan): Promise<Sample | undefined> {
  const { running, result, work } = entry;
  if (running === undefined) return undefined;
  let best = await measure(world, work, running, plan.window);
  for (let repeat = 0; repeat < plan.repeats && disturbed(best); repeat += 1) {
    result.repeats += 1;
    const again = await measure(world, work, running, plan.window);
    best = quieter(best, again);
  }
  if (disturbed(best)) result.disturbed += 1;
  return best;
}

function quieter(one: Sample | undefined, other: Sample | undefined): Sample | undefined {
  if (one === undefined || other === undefined) return one ?? other;
  return (other.busy?.others ?? 0) < (one.busy?.others ?? 0) ? other : one;
}

function disturbed(sample: Sample | undefined): boolean {
  return sample === undefined || (sample.busy?.others ?? 0) > disturbance;
}

/** Does one step of a contender; a failure ends its part in the case. */
async function attempt<T>(world: World, entry: Entry, step: () => Promise<T>): Promise<T | undefined> {
  if (entry.result.failure !== undefined) return undefined;
  try {
    return await step();
  } catch (error) {
    entry.result.failure = messageOf(error);
    world.say(`  ${entry.contender.name} failed: ${entry.result.failure}`);
    return undefined;
  }
}
