// What takes part in the benchmark: how it is found, started with a configuration of its own, and ended.
import { spawnSync } from 'node:child_process';
import type { UserSettings } from '../../../src/contract/settings.ts';
import { freePort, start, untilListening, type Child } from '../system/child.ts';
import type { CpuPlan } from '../system/cpus.ts';

/** What a contender is started for. */
export interface Setup {
  /** An empty folder of its own, writable by all. */
  readonly folder: string;
  readonly cpus: CpuPlan;
  /** Port of the plain origin on 127.0.0.1, for those that stand before one server. */
  readonly originPort: number;
  /** Whether a peer may answer from a cache; Wirelens always may. */
  readonly cache: boolean;
  /** For Wirelens only. */
  readonly settings?: Partial<UserSettings>;
}

export interface Counts {
  /** Flows recorded since the start. */
  readonly recorded: number;
  /** Flows that can still be looked at; the newest 1,000 at most, where they were not all counted. */
  readonly kept: number;
}

export interface Running {
  readonly port: number;
  /** The roots of its process trees; none for the origin itself. */
  readonly pids: readonly number[];
  /** What it captured, where it captures; with `walk`, by looking at each flow. */
  counts?(walk: boolean): Promise<Counts>;
  stop(): Promise<void>;
}

export interface Contender {
  readonly name: string;
  /** As the tables say it. */
  readonly title: string;
  /** What it takes part in. */
  readonly can: {
    /** A mark that others are held against: takes part in all that names it, and caches nothing. */
    readonly everything?: boolean;
    readonly cache?: boolean;
    readonly connect?: boolean;
    /** Closes each client connection after one response, without saying so before. */
    readonly onceOnly?: boolean;
    /** `https://` targets in the request line. */
    readonly secureUpstream?: boolean;
  };
  /** The reason why it cannot run here; undefined where it can. */
  missing(): string | undefined;
  start(setup: Setup): Promise<Running>;
}

/** The missing() of a program that is looked for by running it once. */
export function missingProgram(program: string, args: readonly string[]): () => string | undefined {
  let answer: string | undefined;
  let asked = false;
  return () => {
    if (!asked)
      answer = spawnSync(program, args, { stdio: 'ignore' }).error === undefined ? undefined : 'not installed';
    asked = true;
    return answer;
  };
}

interface Daemon {
  readonly command: string;
  readonly args: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
}

/** Starts a program that listens on a port which is chosen for it. `configure` writes its files. */
export async function startDaemon(setup: Setup, configure: (port: number) => Daemon): Promise<Running> {
  const port = await freePort();
  const { command, args, env } = configure(port);
  const child = await start(command, args, { cpu: setup.cpus.proxy, cwd: setup.folder, ...(env && { env }) });
  return await onceListening(child, port);
}

export async function onceListening(child: Child, port: number): Promise<Running> {
  try {
    await untilListening(child, port);
  } catch (error) {
    await child.stop();
    throw error;
  }
  return { port, pids: [child.pid], stop: async () => await child.stop() };
}
