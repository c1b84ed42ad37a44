// Reads the text of files below /proc: what processes and processors did, in clock ticks.

/** Ticks a second that Linux reports to programs, whatever the kernel uses inside (`getconf CLK_TCK`). */
export const ticksPerSecond = 100;

export interface ProcessTimes {
  readonly pid: number;
  readonly parent: number;
  /** User and system ticks of the process and of the children that it has waited for. */
  readonly ticks: number;
}

/** Reads /proc/PID/stat (proc(5)). Undefined where the text is not of that form. */
export function parseProcessStat(text: string): ProcessTimes | undefined {
  // The name is in brackets and may hold anything, brackets and spaces too: count from the last one.
  const end = text.lastIndexOf(')');
  if (end < 0) return undefined;
  const pid = Number.parseInt(text, 10);
  const fields = text.slice(end + 2).split(' ');
  const parent = Number(fields[1]);
  // utime, stime, cutime and cstime are fields 14 to 17; the first one after the name is field 3.
  const ticks = fields.slice(11, 15).reduce((sum, field) => sum + Number(field), 0);
  return fields.length >= 15 && [pid, parent, ticks].every(Number.isFinite) ? { pid, parent, ticks } : undefined;
}

/**
 * The busy ticks of all processors in /proc/stat: user, nice, system, and what the hypervisor took. Interrupts are left
 * out: loopback traffic is handled in them, and no process is charged for it.
 */
export function parseBusyTicks(text: string): number | undefined {
  const line = /^cpu +(.+)$/m.exec(text)?.[1];
  if (line === undefined) return undefined;
  const [user = 0, nice = 0, system = 0, , , , , steal = 0] = line.split(' ').map(Number);
  const busy = user + nice + system + steal;
  return Number.isFinite(busy) ? busy : undefined;
}

/** Resident bytes in /proc/PID/status: as they are, and at their highest. Undefined for a process without memory. */
export function parseResident(text: string): { readonly now: number; readonly peak: number } | undefined {
  const kibibytes = (name: string): number => Number(new RegExp(`^${name}:\\s+(\\d+) kB$`, 'm').exec(text)?.[1]);
  const now = kibibytes('VmRSS') * 1024;
  const peak = kibibytes('VmHWM') * 1024;
  return Number.isFinite(now) && Number.isFinite(peak) ? { now, peak } : undefined;
}

/** The processors of a list such as `0-2,5`. */
export function parseCpuList(text: string): number[] {
  return text
    .trim()
    .split(',')
    .filter((part) => part !== '')
    .flatMap((part) => {
      const [first = 0, last = first] = part.split('-').map(Number);
      return Array.from({ length: last - first + 1 }, (_, index) => first + index);
    });
}

/** A process and all that descend from it, itself included, as far as they are in the list. */
export function treeOf(roots: readonly number[], processes: readonly ProcessTimes[]): ProcessTimes[] {
  const children = new Map<number, ProcessTimes[]>();
  for (const one of processes) {
    const siblings = children.get(one.parent);
    if (siblings === undefined) children.set(one.parent, [one]);
    else siblings.push(one);
  }
  const known = new Map<number, ProcessTimes>();
  const waiting = processes.filter(({ pid }) => roots.includes(pid));
  for (let one = waiting.pop(); one !== undefined; one = waiting.pop()) {
    if (known.has(one.pid)) continue;
    known.set(one.pid, one);
    waiting.push(...(children.get(one.pid) ?? []));
  }
  return [...known.values()];
}
