// Runs the suites inside the extension host: VS Code loads this file and waits for run().
import { appendFileSync, writeFileSync } from 'node:fs';
import { format } from 'node:util';
import Mocha from 'mocha';
import { reportVariables, type Counts } from '../support/report.ts';

/** Milliseconds that one test may take: a real window on a busy machine is slow now and then. */
const testLimit = 120_000;

function setting(name: string): string {
  const value = process.env[name];
  if (value === undefined) throw new Error(`${name} is not set: start the suites with test/vscode/run.ts`);
  return value;
}

/** Sends what the suites print to a file, because the extension host's own output reaches nobody. */
function redirectConsole(file: string): void {
  const write = (...values: unknown[]): void => appendFileSync(file, `${format(...values)}\n`);
  for (const name of ['log', 'info', 'warn', 'error', 'debug'] as const) {
    // VS Code has replaced these by accessors that ignore an assignment.
    Object.defineProperty(console, name, { value: write, configurable: true, enumerable: true, writable: true });
  }
  Mocha.reporters.Base.consoleLog = write;
}

async function runSuites(names: readonly string[]): Promise<Counts> {
  const mocha = new Mocha({
    ui: 'bdd',
    reporter: 'spec',
    timeout: testLimit,
    color: false,
    forbidOnly: true,
    forbidPending: true,
  });
  const grep = process.env[reportVariables.grep];
  if (grep !== undefined && grep !== '') mocha.grep(new RegExp(grep));
  for (const name of names) {
    const file = `${name}.test.ts`;
    mocha.suite.emit('pre-require', globalThis, file, mocha);
    await import(`./${name}.test.ts`);
    mocha.suite.emit('post-require', globalThis, file, mocha);
  }
  return new Promise((resolve) => {
    const runner = mocha.run(() => resolve({ passed: runner.stats?.passes ?? 0, failed: runner.stats?.failures ?? 0 }));
  });
}

/** Runs every suite that the runner named; rejects, and so ends VS Code with an error, when a test failed. */
export async function run(): Promise<void> {
  redirectConsole(setting(reportVariables.output));
  const counts = await runSuites(setting(reportVariables.suites).split(',')).catch((error: unknown) => {
    console.error(error);
    throw error;
  });
  writeFileSync(setting(reportVariables.counts), JSON.stringify(counts));
  if (counts.failed > 0) throw new Error(`${counts.failed} tests failed`);
}
