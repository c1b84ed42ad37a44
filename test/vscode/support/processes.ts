// Finds processes that a run left behind, by asking the operating system and not the code under test.
import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';

/** One running process of this machine. */
export interface RunningProcess {
  readonly pid: number;
  readonly parent: number;
  readonly commandLine: string;
}

function fromProc(): RunningProcess[] {
  const running: RunningProcess[] = [];
  for (const name of readdirSync('/proc')) {
    if (!/^\d+$/.test(name)) continue;
    try {
      const status = readFileSync(`/proc/${name}/stat`, 'utf8');
      // The second field is the program's name in parentheses, and may itself hold any character.
      const [state, parent] = status.slice(status.lastIndexOf(')') + 2).split(' ');
      if (state === 'Z') continue;
      const commandLine = readFileSync(`/proc/${name}/cmdline`, 'utf8').replaceAll('\0', ' ').trim();
      running.push({ pid: Number(name), parent: Number(parent), commandLine });
    } catch {
      // It ended while we were looking.
    }
  }
  return running;
}

function fromPs(): RunningProcess[] {
  const { stdout } = spawnSync('ps', ['-axww', '-o', 'pid=,ppid=,stat=,command='], {
    encoding: 'utf8',
    maxBuffer: 64 << 20,
  });
  const running: RunningProcess[] = [];
  for (const line of stdout.split('\n')) {
    const match = /^\s*(\d+)\s+(\d+)\s+(\S+)\s+(.*)$/.exec(line);
    if (match && !match[3]?.startsWith('Z')) {
      running.push({ pid: Number(match[1]), parent: Number(match[2]), commandLine: match[4] ?? '' });
    }
  }
  return running;
}

function fromPowerShell(): RunningProcess[] {
  const query =
    'Get-CimInstance Win32_Process | Select-Object ProcessId,ParentProcessId,CommandLine | ConvertTo-Json -Compress';
  const { stdout } = spawnSync('powershell.exe', ['-NoProfile', '-NonInteractive', '-Command', query], {
    encoding: 'utf8',
    maxBuffer: 64 << 20,
  });
  const rows = JSON.parse(stdout) as { ProcessId: number; ParentProcessId: number; CommandLine: string | null }[];
  return rows.map((row) => ({ pid: row.ProcessId, parent: row.ParentProcessId, commandLine: row.CommandLine ?? '' }));
}

/** All processes that run now, without those that have ended but were not yet collected by their parent. */
export function runningProcesses(): RunningProcess[] {
  if (process.platform === 'linux') return fromProc();
  return process.platform === 'win32' ? fromPowerShell() : fromPs();
}

/** The processes below `ancestor`, children of children included. */
export function descendants(
  ancestor: number,
  running: readonly RunningProcess[] = runningProcesses(),
): RunningProcess[] {
  const found: RunningProcess[] = [];
  const known = new Set([ancestor]);
  for (let grew = true; grew;) {
    grew = false;
    for (const one of running) {
      if (known.has(one.pid) || !known.has(one.parent)) continue;
      known.add(one.pid);
      found.push(one);
      grew = true;
    }
  }
  return found;
}

function looksLikeEngine(one: RunningProcess): boolean {
  return /[\\/]dist[\\/]engine\.js(\s|"|$)/.test(one.commandLine);
}

function environmentHolds(pid: number, text: string): boolean {
  try {
    return readFileSync(`/proc/${pid}/environ`, 'utf8').includes(text);
  } catch {
    return false;
  }
}

/**
 * The Wirelens engines that were started from this run: on Linux those that carry `temporary` (the run's own TMPDIR) in
 * their environment, elsewhere those that are not in `before`, a list taken when the run began.
 */
export function enginesOfRun(temporary: string, before: readonly RunningProcess[]): RunningProcess[] {
  const engines = runningProcesses().filter(looksLikeEngine);
  if (process.platform === 'linux') return engines.filter((one) => environmentHolds(one.pid, temporary));
  return engines.filter((one) => !before.some((earlier) => earlier.pid === one.pid));
}
