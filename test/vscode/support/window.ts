// One window of the embedded VS Code without the smoke driver, as a person has it: an installed extension, toasts, no test mode.
import { cpSync } from 'node:fs';
import type { Browser, Page } from 'playwright-core';
import { openBrowser, openPage, ordinaryWindow, type WindowSize } from './browser.ts';
import type { EmbeddedVSCode } from './embedded.ts';
import { checkNothingLeft, checkWindowCloses } from './leaks.ts';
import { createRunDirectory, sampleWorkspace, type RunDirectory } from './places.ts';
import { runningProcesses } from './processes.ts';
import { sum, type Counts } from './report.ts';
import { startServer, windowAddress } from './server.ts';
import type { UserSettings } from './settings.ts';
import { becomesTrue } from './wait.ts';
import { Workbench } from './workbench.ts';

export interface WindowOptions {
  readonly settings: UserSettings;
  readonly size?: WindowSize;
  /** Puts the extension into the run's folder of extensions, before the server starts. */
  readonly prepare: (run: RunDirectory) => void | Promise<void>;
}

export interface PersonsWindow {
  readonly workbench: Workbench;
  readonly run: RunDirectory;
  /** Where the workbench can be opened once more. */
  readonly address: string;
  /** Closes the window and checks that nothing of Wirelens is left. */
  close(): Promise<Counts>;
}

async function visit(
  browser: Browser,
  address: string,
  size: WindowSize,
): Promise<{ page: Page; workbench: Workbench }> {
  const page = await openPage(browser, size);
  return { page, workbench: await Workbench.open(page, address) };
}

/** Opens the window on a copy of the sample workspace. */
export async function openPersonsWindow(vscode: EmbeddedVSCode, options: WindowOptions): Promise<PersonsWindow> {
  const run = createRunDirectory();
  const before = runningProcesses();
  cpSync(sampleWorkspace, run.workspace, { recursive: true });
  await options.prepare(run);
  const [server, browser] = await Promise.all([
    startServer(vscode, run, { lean: true, settings: options.settings }),
    openBrowser(),
  ]);
  const end = async (): Promise<void> => {
    await browser.close();
    await server.stop();
    run.remove();
  };
  try {
    const address = windowAddress(server.port, run.workspace);
    const { page, workbench } = await visit(browser, address, options.size ?? ordinaryWindow);
    if (!(await becomesTrue(() => server.extensionHosts().length > 0, 60_000)))
      throw new Error('no extension host was started');
    const close = async (): Promise<Counts> => {
      const closed = await checkWindowCloses(page, server);
      const left = await checkNothingLeft(run, before);
      await end();
      return sum(closed, left);
    };
    return { workbench, run, address, close };
  } catch (error) {
    await end();
    throw error;
  }
}
