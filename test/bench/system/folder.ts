// The folder of a run, which holds more than a gigabyte: it goes with the run, or before the next one.
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

const prefix = 'wirelens-bench-';

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

/** Removes what runs left behind that were killed: their number is in the name. */
function sweep(): void {
  for (const name of readdirSync(tmpdir())) {
    const pid = new RegExp(`^${prefix}(\\d+)-`).exec(name)?.[1];
    if (pid !== undefined && !isAlive(Number(pid))) rmSync(path.join(tmpdir(), name), { recursive: true, force: true });
  }
}

/** Makes a folder that goes when this process ends, after `before` has been called. */
export function makeRunFolder(before: () => void): string {
  sweep();
  const folder = mkdtempSync(path.join(tmpdir(), `${prefix}${process.pid}-`));
  process.once('exit', () => {
    before();
    rmSync(folder, { recursive: true, force: true });
  });
  return folder;
}
