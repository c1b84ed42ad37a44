// One window: load on one contender for a while, the processors watched, and everything counted on both sides.
import type { Case } from './cases.ts';
import type { Counts, Running } from './contenders/contender.ts';
import { fetchOnce } from './load/fetch.ts';
import { Generator } from './load/generator.ts';
import { requestFor, type LoadJob, type LoadResult } from './load/job.ts';
import { runWrk } from './load/wrk.ts';
import type { Origin } from './origin.ts';
import type { Sample } from './results.ts';
import { runningPids, type Child } from './system/child.ts';
import type { CpuPlan } from './system/cpus.ts';
import { readCpu, type CpuReading } from './system/proc.ts';

/** Where everything happens. */
export interface World {
  readonly folder: string;
  readonly cpus: CpuPlan;
  readonly origin: Origin;
  readonly wrk: boolean;
  readonly say: (line: string) => void;
}

/** A case with its URL: the port is the origin's, or that of the relay which makes it far away. */
export interface Work {
  readonly what: Case;
  readonly url: string;
}

/** What the two ends counted during a window. */
export interface WindowCounts {
  readonly load: LoadResult;
  readonly origin: number;
  /** Where it captures. */
  readonly recorded?: number;
}

/** A cache may have to fetch again now and then; more than this was no cache. */
const fetchesOfCaches = 8;

const nothing = 'not one response';

/** Says what is wrong with a window, in words: a fast wrong proxy must fail. Undefined where all is right. */
export function findFault(what: Case, counts: WindowCounts): string | undefined {
  const { load, origin, recorded } = counts;
  if (load.errors > 0) return `${load.errors} errors, the first: ${load.firstError ?? 'unknown'}`;
  if (load.requests === 0 && load.bytes === 0) return nothing;
  const [least, most] = fetchesExpected(what, load.requests);
  if (origin < least || origin > most) return `${load.requests} responses, but the origin was asked ${origin} times`;
  if (recorded === undefined) return undefined;
  const [fewest, highest] = flowsExpected(what, load.requests);
  return recorded < fewest || recorded > highest ? `${load.requests} responses, but ${recorded} flows` : undefined;
}

/** Requests that were under way at an end, of this window or of the one before, reached the origin, and not the client. */
function fetchesExpected({ cached, connections }: Case, responses: number): readonly [number, number] {
  return cached === true ? [0, fetchesOfCaches] : [responses, responses + 2 * connections];
}

/** A tunnel is a flow, and so may be each of what is asked for inside it. */
function flowsExpected({ tunnel, newConnection, connections }: Case, responses: number): readonly [number, number] {
  const most = responses + 2 * connections;
  if (tunnel !== true) return [responses, most];
  return [newConnection === true ? responses : 0, 2 * most];
}

/** Bytes from which on a body is fetched only once to verify it. */
const largeBody = 4 * 1024 * 1024;

export function generatorOf(what: Case, wrk: boolean): 'wrk' | 'own' {
  // wrk knows no tunnels, reads 8 KiB at a time, and takes a reset after a whole response for an error.
  return wrk && what.ownLoad !== true && what.tunnel !== true && what.rate === 'requests' ? 'wrk' : 'own';
}

export function loadJob({ what, url }: Work, bodyBytes: number, port: number, seconds: number): LoadJob {
  const newConnection = what.newConnection ?? false;
  const form = what.tunnel === true ? 'origin' : 'absolute';
  return {
    port,
    request: requestFor(url, form, newConnection),
    bodyBytes,
    connections: what.connections,
    seconds,
    newConnection,
    ...(what.tunnel === true ? { tunnelTo: new URL(url).host } : {}),
  };
}

/** Load that is ready to begin. */
interface Loader {
  run(): Promise<LoadResult>;
  stop(): Promise<void>;
}

async function prepareLoad(world: World, work: Work, port: number, seconds: number): Promise<Loader> {
  const { bytes } = world.origin.file(work.what.file);
  const load = loadJob(work, bytes, port, seconds);
  if (generatorOf(work.what, world.wrk) === 'wrk') {
    const job = { ...load, url: work.url };
    return { run: async () => await runWrk(job, world.folder, world.cpus.load), stop: async () => undefined };
  }
  const generator = await Generator.start(world.cpus.load, 1);
  return { run: async () => await generator.load(load), stop: async () => await generator.stop() };
}

/** Waits until everything is quiet again: a slow proxy still works for clients that have left. */
export async function settle(): Promise<void> {
  const standing = runningPids();
  let before = readCpu({ standing });
  let quiet = 0;
  for (let turn = 0; turn < 30; turn += 1) {
    await new Promise((resolve) => setTimeout(resolve, 60));
    const now = readCpu({ standing });
    if (before === undefined || now === undefined) return;
    quiet = (now.groups['standing'] ?? 0) - (before.groups['standing'] ?? 0) <= 0.01 ? quiet + 1 : 0;
    if (quiet === 2) return;
    before = now;
  }
}

interface Groups {
  readonly [name: string]: readonly number[];
}

function growth(before: CpuReading, after: CpuReading, name: string): number {
  return (after.groups[name] ?? 0) - (before.groups[name] ?? 0);
}

function shares(before: CpuReading, after: CpuReading, seconds: number, self: number): Sample['busy'] & object {
  const ours = after.ours - before.ours;
  const load = ours - growth(before, after, 'standing') - self;
  const others = Math.max(0, after.machine - before.machine - ours);
  return {
    proxy: growth(before, after, 'proxy') / seconds,
    load: Math.max(0, load) / seconds,
    origin: growth(before, after, 'origin') / seconds,
    others: others / seconds,
  };
}

function ownSeconds(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6;
}

/** CPU s a second of other processes beyond which a window counts as disturbed. */
export const disturbance = 0.25;

/**
 * Measures one window. Rejects with words where the counts of both ends do not agree. Undefined where nothing was
 * answered at all because other processes had the machine: that says nothing about the proxy.
 */
export async function measure(
  world: World,
  work: Work,
  running: Running,
  seconds: number,
): Promise<Sample | undefined> {
  await settle();
  const groups: Groups = { proxy: running.pids, origin: [world.origin.pid], standing: runningPids() };
  const asked = await world.origin.requests();
  const counted = await running.counts?.(false);
  const loader = await prepareLoad(world, work, running.port, seconds);
  const { load, busy, elapsed } = await watch(groups, loader);
  await settle();
  const origin = (await world.origin.requests()) - asked;
  const fault = findFault(work.what, { load, origin, ...recordedSince(counted, await running.counts?.(false)) });
  if (fault === nothing && (busy?.others ?? 0) > disturbance) return undefined;
  if (fault !== undefined) throw new Error(fault);
  const cpu = cpuOf(running, load, busy, elapsed);
  return {
    requests: load.requests / load.seconds,
    bytes: load.bytes / load.seconds,
    p50: load.p50,
    p99: load.p99,
    ...(busy === undefined ? {} : { busy }),
    ...(cpu === undefined ? {} : { cpu }),
  };
}

/** CPU µs a request; undefined where there is no proxy, or no request, or no /proc. */
function cpuOf({ pids }: Running, load: LoadResult, busy: Sample['busy'], elapsed: number): number | undefined {
  if (busy === undefined || pids.length === 0 || load.requests === 0) return undefined;
  return (busy.proxy * elapsed * 1e6) / load.requests;
}

async function runOrStop(loader: Loader): Promise<LoadResult> {
  try {
    return await loader.run();
  } catch (error) {
    await loader.stop();
    throw error;
  }
}

interface Watched {
  readonly load: LoadResult;
  /** Seconds. */
  readonly elapsed: number;
  readonly busy: Sample['busy'] | undefined;
}

/** Lets the load run and watches the processors meanwhile. */
async function watch(groups: Groups, loader: Loader): Promise<Watched> {
  const self = ownSeconds();
  const before = readCpu(groups);
  const started = performance.now();
  const load = await runOrStop(loader);
  const elapsed = (performance.now() - started) / 1000;
  const after = readCpu(groups);
  const used = ownSeconds() - self;
  await loader.stop();
  const busy = before === undefined || after === undefined ? undefined : shares(before, after, elapsed, used);
  return { load, elapsed, busy };
}

function recordedSince(before: Counts | undefined, after: Counts | undefined): { recorded?: number } {
  return before === undefined || after === undefined ? {} : { recorded: after.recorded - before.recorded };
}

/** Fetches the body several times and compares its hash. Rejects where it is another one. */
export async function verify(world: World, work: Work, port: number): Promise<void> {
  const file = world.origin.file(work.what.file);
  const { request, tunnelTo } = loadJob(work, file.bytes, port, 0);
  // What a cache answers differs from what it fetched: ask again; but one large body says enough.
  const turns = file.bytes > largeBody ? 1 : 3;
  for (let turn = 0; turn < turns; turn += 1) {
    const question = { port, request, keep: false, ...(tunnelTo === undefined ? {} : { tunnelTo }) };
    const { status, hash, bytes } = await fetchOnce(question);
    if (status !== 200) throw new Error(`status ${status}`);
    if (hash !== file.hash) throw new Error(`a wrong body of ${bytes} bytes`);
  }
}

/** Ends a child that may be undefined. */
export async function stopAll(children: readonly (Child | Running | undefined)[]): Promise<void> {
  await Promise.all(children.map(async (child) => await child?.stop()));
}
