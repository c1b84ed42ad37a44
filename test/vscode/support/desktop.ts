// Runs the suites inside a desktop VS Code, installed on this machine or downloaded by @vscode/test-electron.
import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { downloadAndUnzipVSCode, runTests, SilentReporter } from '@vscode/test-electron';
import { followFile } from './embedded-run.ts';
import { checkNothingLeft } from './leaks.ts';
import {
  cacheDirectory,
  createRunDirectory,
  projectDirectory,
  sampleWorkspace,
  suiteBundle,
  type RunDirectory,
} from './places.ts';
import { runningProcesses } from './processes.ts';
import { readCounts, reportVariables, sum, type Counts } from './report.ts';
import { quietSettings, type UserSettings } from './settings.ts';
import type { VSCodePin } from './versions.ts';

/** Milliseconds without an answer after which the download counts as impossible. */
const downloadLimit = 15_000;

/** Gives the path of a desktop VS Code's executable. Rejects at once, or after 15 s, where it cannot be downloaded. */
export async function desktopVSCode(pin: VSCodePin): Promise<string> {
  const named = process.env['VSCODE_EXECUTABLE'];
  if (named !== undefined && named !== '') return named;
  return downloadAndUnzipVSCode({
    version: pin.desktop,
    cachePath: cacheDirectory(),
    timeout: downloadLimit,
    reporter: new SilentReporter(),
  });
}

/** The arguments that give a desktop VS Code folders and settings of its own. */
export function desktopArguments(run: RunDirectory, settings: UserSettings = {}): string[] {
  const user = path.join(run.data, 'User');
  mkdirSync(user, { recursive: true });
  writeFileSync(path.join(user, 'settings.json'), JSON.stringify({ ...quietSettings, ...settings }, undefined, 2));
  return [
    run.workspace,
    `--user-data-dir=${run.data}`,
    `--extensions-dir=${run.extensions}`,
    '--disable-workspace-trust',
    '--skip-welcome',
    '--skip-release-notes',
  ];
}

/** Whether a window needs a virtual display: Electron shows none without one on Linux. */
export function needsDisplay(): boolean {
  return process.platform === 'linux' && !process.env['DISPLAY'] && !process.env['WAYLAND_DISPLAY'];
}

/** Runs this same script again under xvfb-run, and gives its exit code. */
export function rerunUnderDisplay(executable: string): number {
  const again = spawnSync('xvfb-run', ['-a', process.execPath, ...process.execArgv, ...process.argv.slice(1)], {
    stdio: 'inherit',
    env: { ...process.env, VSCODE_EXECUTABLE: executable },
  });
  if (again.error)
    throw new Error('No display, and no xvfb-run: install it (Debian and Ubuntu: "apt-get install xvfb").', {
      cause: again.error,
    });
  return again.status ?? 1;
}

/** Runs the named suites; the counts include the checks that nothing was left behind. */
export async function runSuitesDesktop(executable: string, suites: readonly string[]): Promise<Counts> {
  const run = createRunDirectory();
  const before = runningProcesses();
  cpSync(sampleWorkspace, run.workspace, { recursive: true });
  const files = { output: path.join(run.path, 'output.txt'), counts: path.join(run.path, 'counts.json') };
  const following = followFile(files.output);
  try {
    await runTests({
      vscodeExecutablePath: executable,
      extensionDevelopmentPath: projectDirectory,
      extensionTestsPath: suiteBundle,
      launchArgs: [...desktopArguments(run), '--disable-extensions'],
      extensionTestsEnv: {
        TMPDIR: run.temporary,
        TMP: run.temporary,
        TEMP: run.temporary,
        [reportVariables.output]: files.output,
        [reportVariables.counts]: files.counts,
        [reportVariables.suites]: suites.join(','),
      },
    });
  } catch (error) {
    console.error(error);
  } finally {
    following.stop();
  }
  const counts = sum(readCounts(files.counts), await checkNothingLeft(run, before));
  run.remove();
  return counts;
}
