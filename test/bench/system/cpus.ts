// Which processor each side of the benchmark runs on, so that the proxy is measured alone on one.
import { spawnSync } from 'node:child_process';
import { allowedCpus } from './proc.ts';

export interface CpuPlan {
  readonly proxy: number | undefined;
  readonly load: number | undefined;
  readonly origin: number | undefined;
}

/** Shares processors out: with two, load and origin sit on the second; with fewer nothing is pinned. */
export function planOf(cpus: readonly number[]): CpuPlan {
  const [proxy, load, origin = load] = cpus;
  return load === undefined ? { proxy: undefined, load: undefined, origin: undefined } : { proxy, load, origin };
}

export function planCpus(): CpuPlan {
  const found = spawnSync('taskset', ['--version'], { stdio: 'ignore' }).status === 0;
  return planOf(found ? allowedCpus() : []);
}

/** The command that runs `command` on one processor; as it was where there is none to choose. */
export function pinned(cpu: number | undefined, command: string, args: readonly string[]): [string, string[]] {
  return cpu === undefined ? [command, [...args]] : ['taskset', ['-c', String(cpu), command, ...args]];
}
