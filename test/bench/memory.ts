// Memory: what stays after many flows, what a large body costs while it streams, and what idle connections cost.
import type { Contender, Running } from './contenders/contender.ts';
import { fetchOnce } from './load/fetch.ts';
import { Generator } from './load/generator.ts';
import { requestFor, type LoadJob } from './load/job.ts';
import type { MemoryResult } from './results.ts';
import { startIn } from './rounds.ts';
import { residentBytes } from './system/proc.ts';
import { settle, type World } from './window.ts';

export interface MemoryPlan {
  readonly flows: number;
  readonly connections: number;
  /** Seconds that the slow reader takes. */
  readonly slowSeconds: number;
}

const sampleEvery = 20;

/** Watches resident bytes until it is stopped, and gives the highest. */
class PeakWatch {
  #peak: number | undefined;
  readonly #pids: readonly number[];
  readonly #timer: NodeJS.Timeout;

  constructor(pids: readonly number[]) {
    this.#pids = pids;
    this.#timer = setInterval(() => this.#look(), sampleEvery);
  }

  stop(): number | undefined {
    clearInterval(this.#timer);
    this.#look();
    return this.#peak;
  }

  #look(): void {
    const now = residentBytes(this.#pids);
    if (now !== undefined) this.#peak = Math.max(this.#peak ?? 0, now);
  }
}

interface Subject {
  readonly world: World;
  readonly contender: Contender;
  readonly plan: MemoryPlan;
  readonly failures: string[];
}

/** A program of its own for each figure, so that none inherits what another left behind. */
async function withFresh<T>(
  { world, contender, failures, plan }: Subject,
  words: string,
  work: (running: Running) => Promise<T>,
): Promise<T | undefined> {
  let running: Running | undefined;
  try {
    running = await startIn(world, contender, {
      cache: false,
      originPort: world.origin.plainPort,
      settings: { 'capture.maxFlows': Math.max(100, plan.flows) },
    });
    await settle();
    return await work(running);
  } catch (error) {
    failures.push(`${words}: ${error instanceof Error ? error.message.slice(0, 300) : String(error)}`);
    return undefined;
  } finally {
    await running?.stop();
  }
}

function jobFor(world: World, port: number, file: string, rest: Partial<LoadJob>): LoadJob {
  return {
    port,
    request: requestFor(`http://127.0.0.1:${world.origin.plainPort}/${file}`, 'absolute', false),
    bodyBytes: world.origin.file(file).bytes,
    connections: 1,
    seconds: 600,
    newConnection: false,
    ...rest,
  };
}

/** Exactly so many requests, each of which must be kept. */
async function afterFlows(subject: Subject): Promise<Partial<MemoryResult> | undefined> {
  const { world, plan } = subject;
  return await withFresh(subject, 'many flows', async (running) => {
    const idle = residentBytes(running.pids);
    const job = jobFor(world, running.port, '1k', { connections: Math.min(32, plan.flows), count: plan.flows });
    const result = await withGenerator(world, 1, async (generator) => await generator.load(job));
    if (result.errors > 0) throw new Error(`${result.errors} errors, the first: ${result.firstError ?? 'unknown'}`);
    if (result.requests !== plan.flows) throw new Error(`${result.requests} responses instead of ${plan.flows}`);
    await settle();
    const bytes = residentBytes(running.pids);
    const counts = await running.counts?.(true);
    if (counts !== undefined && counts.kept < plan.flows) throw new Error(`only ${counts.kept} flows were kept`);
    return {
      flows: result.requests,
      ...(idle === undefined ? {} : { idle }),
      ...(bytes === undefined ? {} : { afterFlows: bytes }),
      ...(counts === undefined ? {} : { kept: counts.kept }),
    };
  });
}

async function largeGrowth(subject: Subject): Promise<number | undefined> {
  const { world } = subject;
  const file = world.origin.file('large');
  return await withFresh(subject, 'a large body', async (running) => {
    const before = residentBytes(running.pids);
    const watch = new PeakWatch(running.pids);
    const { request } = jobFor(world, running.port, 'large', {});
    const { hash, bytes } = await fetchOnce({ port: running.port, request, keep: false }).finally(() => watch.stop());
    if (hash !== file.hash) throw new Error(`a wrong body of ${bytes} bytes`);
    return difference(before, watch.stop());
  });
}

async function slowGrowth(subject: Subject): Promise<number | undefined> {
  const { world, plan } = subject;
  return await withFresh(subject, 'a slow reader', async (running) => {
    const before = residentBytes(running.pids);
    const watch = new PeakWatch(running.pids);
    const load = jobFor(world, running.port, 'large', { seconds: plan.slowSeconds });
    const result = await withGenerator(world, 0, async (generator) => {
      const held = await generator.hold('read-slowly', load);
      watch.stop();
      return held;
    });
    if (result.held === 0 || result.lost > 0) throw new Error('the slow reader got no body, or was cut off');
    return difference(before, watch.stop());
  });
}

async function idleConnections(subject: Subject): Promise<number | undefined> {
  const { world, plan } = subject;
  return await withFresh(subject, 'idle connections', async (running) => {
    const load = jobFor(world, running.port, '1k', { connections: plan.connections });
    return await withGenerator(world, 0, async (generator) => {
      const result = await generator.hold('hold', load);
      await settle();
      if (result.held !== plan.connections) throw new Error(`only ${result.held} connections were held`);
      return residentBytes(running.pids);
    });
  });
}

/** The generator's connections stay until `work` is over. */
async function withGenerator<T>(world: World, threads: number, work: (one: Generator) => Promise<T>): Promise<T> {
  const generator = await Generator.start(world.cpus.load, threads);
  try {
    return await work(generator);
  } finally {
    await generator.stop();
  }
}

function difference(before: number | undefined, after: number | undefined): number | undefined {
  return before === undefined || after === undefined ? undefined : Math.max(0, after - before);
}

/** All figures of one contender. What fails is missing, with its reason. */
export async function measureMemory(world: World, contender: Contender, plan: MemoryPlan): Promise<MemoryResult> {
  world.say(`Memory: ${contender.name}`);
  const failures: string[] = [];
  const subject = { world, contender, plan, failures };
  const flows = await afterFlows(subject);
  const large = await largeGrowth(subject);
  const slow = await slowGrowth(subject);
  const idle = await idleConnections(subject);
  for (const failure of failures) world.say(`  ${contender.name} failed: ${failure}`);
  return {
    name: contender.name,
    title: contender.title,
    ...flows,
    largeBytes: world.origin.file('large').bytes,
    connections: plan.connections,
    ...(large === undefined ? {} : { largeGrowth: large }),
    ...(slow === undefined ? {} : { slowGrowth: slow }),
    ...(idle === undefined ? {} : { idleConnections: idle }),
    failures,
  };
}
