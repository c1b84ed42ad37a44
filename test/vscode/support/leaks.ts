// The checks after a run: no engine still runs, and no temporary file of Wirelens lies around.
import { readdirSync } from 'node:fs';
import type { Page } from 'playwright-core';
import type { RunDirectory } from './places.ts';
import { enginesOfRun, type RunningProcess } from './processes.ts';
import { check, sum, type Counts } from './report.ts';
import type { VSCodeServer } from './server.ts';
import { becomesTrue } from './wait.ts';

/** An engine that lost its extension host ends by itself; it may take this many milliseconds for it. */
const engineLimit = 10_000;

/** The names below a run's TMPDIR that Wirelens gave: its temporary files all begin with `wirelens-`. */
export function temporaryFiles(directory: string): string[] {
  return readdirSync(directory, { recursive: true, encoding: 'utf8' }).filter((name) =>
    /(^|[\\/])wirelens-[^\\/]*$/.test(name),
  );
}

/** Has to be called while VS Code's server still runs: ending the server would kill what the window left behind. */
export async function checkNothingLeft(run: RunDirectory, before: readonly RunningProcess[]): Promise<Counts> {
  const engines = await check('no engine process is left', async () => {
    if (await becomesTrue(() => enginesOfRun(run.temporary, before).length === 0, engineLimit)) return;
    const left = enginesOfRun(run.temporary, before);
    for (const one of left) process.kill(one.pid, 'SIGKILL');
    throw new Error(`left behind: ${JSON.stringify(left)}`);
  });
  const files = await check('no temporary file is left', () => {
    const left = temporaryFiles(run.temporary);
    if (left.length > 0) throw new Error(`left behind: ${left.join(', ')}`);
  });
  return sum(engines, files);
}

/** Closes the window as a person would and sees the extension host, and what it started, end. */
export async function checkWindowCloses(page: Page, server: VSCodeServer): Promise<Counts> {
  return check('closing the window ends the extension host', async () => {
    await page.close({ runBeforeUnload: false });
    if (await becomesTrue(() => server.extensionHosts().length === 0, 30_000)) return;
    throw new Error(`still running: ${JSON.stringify(server.extensionHosts())}`);
  });
}
