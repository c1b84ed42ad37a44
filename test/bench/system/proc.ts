// Asks Linux what processes and processors did; elsewhere it knows nothing, and says so with undefined.
import { readdirSync, readFileSync } from 'node:fs';
import {
  parseBusyTicks,
  parseCpuList,
  parseProcessStat,
  parseResident,
  ticksPerSecond,
  treeOf,
  type ProcessTimes,
} from './proc-text.ts';

/** A file below /proc; processes come and go between listing and reading. */
function readProc(file: string): string | undefined {
  try {
    return readFileSync(`/proc/${file}`, 'utf8');
  } catch {
    return undefined;
  }
}

function processes(): ProcessTimes[] {
  let names: string[];
  try {
    names = readdirSync('/proc');
  } catch {
    return [];
  }
  return names
    .filter((name) => /^\d+$/.test(name))
    .map((name) => parseProcessStat(readProc(`${name}/stat`) ?? ''))
    .filter((one) => one !== undefined);
}

function secondsOf(roots: readonly number[], all: readonly ProcessTimes[]): number {
  return treeOf(roots, all).reduce((sum, { ticks }) => sum + ticks, 0) / ticksPerSecond;
}

/** CPU seconds at one moment: of each named group of process trees, of all our processes, and of the machine. */
export interface CpuReading {
  readonly groups: Readonly<Record<string, number>>;
  readonly ours: number;
  readonly machine: number;
}

export function readCpu(groups: Readonly<Record<string, readonly number[]>>): CpuReading | undefined {
  const machine = parseBusyTicks(readProc('stat') ?? '');
  if (machine === undefined) return undefined;
  const all = processes();
  return {
    groups: Object.fromEntries(Object.entries(groups).map(([name, roots]) => [name, secondsOf(roots, all)])),
    ours: secondsOf([process.pid], all),
    machine: machine / ticksPerSecond,
  };
}

/** The processes that descend from `roots`, themselves included. */
export function descendants(roots: readonly number[]): number[] {
  return treeOf(roots, processes()).map(({ pid }) => pid);
}

/** Resident bytes of whole process trees. Undefined where there is no /proc. */
export function residentBytes(roots: readonly number[]): number | undefined {
  const all = descendants(roots)
    .map((pid) => parseResident(readProc(`${pid}/status`) ?? ''))
    .filter((one) => one !== undefined);
  return all.length === 0 ? undefined : all.reduce((sum, { now }) => sum + now, 0);
}

/** The processors that this process may run on; none where that cannot be known. */
export function allowedCpus(): number[] {
  return parseCpuList(/^Cpus_allowed_list:\s*(.+)$/m.exec(readProc('self/status') ?? '')?.[1] ?? '');
}
