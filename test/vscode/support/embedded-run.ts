// Runs the suites inside the extension host of the embedded VS Code, its window shown by a headless Chromium.
import { cpSync, existsSync, readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import type { Page } from 'playwright-core';
import { bridgeActions, openBridge } from './bridge.ts';
import { openBrowser, openPage } from './browser.ts';
import type { EmbeddedVSCode } from './embedded.ts';
import { checkNothingLeft, checkWindowCloses } from './leaks.ts';
import { createRunDirectory, projectDirectory, sampleWorkspace, suiteBundle, type RunDirectory } from './places.ts';
import { runningProcesses } from './processes.ts';
import { readCounts, reportVariables, sum, type Counts } from './report.ts';
import { startServer, windowAddress, type VSCodeServer } from './server.ts';
import { becomesTrue } from './wait.ts';
import { Workbench } from './workbench.ts';

/** Milliseconds that all suites together may take. */
const wholeLimit = 15 * 60_000;

/** Prints what another process appends to a file, until `stop`, which prints the rest. */
export function followFile(file: string): { stop(): void } {
  let printed = 0;
  const print = (): void => {
    if (!existsSync(file) || statSync(file).size <= printed) return;
    const bytes = readFileSync(file);
    process.stdout.write(bytes.subarray(printed));
    printed = bytes.length;
  };
  const timer = setInterval(print, 100);
  return {
    stop: () => {
      clearInterval(timer);
      print();
    },
  };
}

/** Resolves with the exit code that the window announces when its suites have ended. */
async function suitesEnd(page: Page, server: VSCodeServer): Promise<{ code: Promise<number> }> {
  const { promise, resolve, reject } = Promise.withResolvers<number>();
  await page.exposeFunction('codeAutomationLog', () => {});
  await page.exposeFunction('codeAutomationExit', (code: number) => resolve(code));
  page.on('crash', () => reject(new Error('the page crashed')));
  server.failed.catch(reject);
  const limit = setTimeout(
    () => reject(new Error(`the suites did not end within ${wholeLimit / 60_000} minutes`)),
    wholeLimit,
  );
  const code = promise.finally(() => clearTimeout(limit));
  code.catch(() => {});
  return { code };
}

async function runInWindow(
  server: VSCodeServer,
  page: Page,
  run: RunDirectory,
  attach: (workbench: Workbench) => void,
): Promise<void> {
  const authority = `vscode-remote://127.0.0.1:${server.port}`;
  const address = windowAddress(server.port, run.workspace, [
    ['extensionDevelopmentPath', authority + projectDirectory],
    ['extensionTestsPath', authority + suiteBundle],
    ['skipWelcome', 'true'],
    ['skipReleaseNotes', 'true'],
  ]);
  const { code } = await suitesEnd(page, server);
  attach(new Workbench(page));
  await page.goto(address);
  // What is to be gone at the end must have been there to be seen.
  if (!(await becomesTrue(() => server.extensionHosts().length > 0, 60_000)))
    throw new Error('no extension host was started');
  const exit = await code;
  if (exit !== 0) console.log(`The window ended its suites with code ${exit}.`);
}

/** Runs the named suites; the counts include the checks that nothing was left behind. */
export async function runSuitesEmbedded(vscode: EmbeddedVSCode, suites: readonly string[]): Promise<Counts> {
  const run = createRunDirectory();
  const before = runningProcesses();
  cpSync(sampleWorkspace, run.workspace, { recursive: true });
  const files = { output: path.join(run.path, 'output.txt'), counts: path.join(run.path, 'counts.json') };
  const bridge = await openBridge();
  const env = {
    ...bridge.env,
    [reportVariables.output]: files.output,
    [reportVariables.counts]: files.counts,
    [reportVariables.suites]: suites.join(','),
  };
  const [server, browser] = await Promise.all([
    startServer(vscode, run, { smokeDriver: true, lean: true, env }),
    openBrowser(),
  ]);
  const messages: string[] = [];
  const following = followFile(files.output);
  let closed: Counts = { passed: 0, failed: 0 };
  try {
    const page = await openPage(browser);
    page.on('pageerror', (error) => messages.push(error.message));
    try {
      await runInWindow(server, page, run, (workbench) => bridge.attach(bridgeActions(workbench)));
    } catch (error) {
      console.error(error, '\n', messages.slice(-10).join('\n'), '\n', server.output().slice(-2000));
    }
    following.stop();
    closed = await checkWindowCloses(page, server);
  } finally {
    following.stop();
    bridge.close();
    await browser.close();
  }
  const left = await checkNothingLeft(run, before);
  await server.stop();
  const counts = sum(readCounts(files.counts), closed, left);
  run.remove();
  return counts;
}
