// Runs the tests inside a real VS Code.
// Usage: tsx test/vscode/run.ts [--suite] [--vsix [file]] [--start] [--oldest] [--only name,…] [--grep expression]
import { readdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { buildProject } from './support/build.ts';
import { desktopVSCode, needsDisplay, rerunUnderDisplay, runSuitesDesktop } from './support/desktop.ts';
import { embeddedVSCode } from './support/embedded.ts';
import { runSuitesEmbedded } from './support/embedded-run.ts';
import { nothing, reportVariables, sum, type Counts } from './support/report.ts';
import { runStart } from './support/start-run.ts';
import { newest, oldest, type VSCodePin } from './support/versions.ts';
import { newestVsix, runVsix } from './vsix.ts';

interface Chosen {
  readonly suite: boolean;
  /** The VSIX to install, where one is to be tested. */
  readonly vsix: string | undefined;
  readonly start: boolean;
  readonly pin: VSCodePin;
  readonly only: readonly string[];
}

function choose(): Chosen {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      suite: { type: 'boolean', default: false },
      vsix: { type: 'boolean', default: false },
      start: { type: 'boolean', default: false },
      oldest: { type: 'boolean', default: process.env['WIRELENS_VSCODE_OLDEST'] === '1' },
      only: { type: 'string', default: '' },
      grep: { type: 'string' },
    },
  });
  if (values.grep !== undefined) process.env[reportVariables.grep] = values.grep;
  const none = !values.suite && !values.vsix && !values.start;
  return {
    suite: values.suite || none,
    vsix: values.vsix ? (positionals[0] ?? newestVsix()) : undefined,
    start: values.start,
    pin: values.oldest ? oldest : newest,
    only: values.only === '' ? [] : values.only.split(','),
  };
}

function suiteNames(only: readonly string[]): string[] {
  const ending = '.test.ts';
  const all = readdirSync(path.join(import.meta.dirname, 'suite'))
    .filter((name) => name.endsWith(ending))
    .map((name) => name.slice(0, -ending.length));
  const chosen = only.length === 0 ? all : all.filter((name) => only.includes(name));
  if (chosen.length === 0) throw new Error(`no such suite among ${all.join(', ')}`);
  return chosen.toSorted();
}

/** The desktop VS Code's executable, or undefined where the embedded one is to be used. */
async function chooseDesktop(pin: VSCodePin): Promise<string | undefined> {
  const wanted = process.env['WIRELENS_VSCODE'] ?? 'auto';
  if (!['auto', 'desktop', 'embedded'].includes(wanted))
    throw new Error(`WIRELENS_VSCODE is auto, desktop or embedded, not ${wanted}`);
  if (wanted === 'embedded') return undefined;
  try {
    return await desktopVSCode(pin);
  } catch (error) {
    if (wanted === 'desktop') throw error;
    const reason = (error as NodeJS.ErrnoException).code ?? (error instanceof Error ? error.message : String(error));
    console.log(`The desktop VS Code cannot be downloaded here (${reason}): using the embedded one.`);
    return undefined;
  }
}

async function runSuites(chosen: Chosen): Promise<Counts> {
  const names = suiteNames(chosen.only);
  buildProject();
  const executable = await chooseDesktop(chosen.pin);
  if (executable === undefined) {
    const vscode = embeddedVSCode(chosen.pin);
    console.log(`VS Code ${vscode.version}, embedded: ${names.join(', ')}`);
    return runSuitesEmbedded(vscode, names);
  }
  if (needsDisplay()) process.exit(rerunUnderDisplay(executable));
  console.log(`VS Code, desktop (${executable}): ${names.join(', ')}`);
  return runSuitesDesktop(executable, names);
}

/** The tests that need a page to operate, and so the embedded VS Code. */
async function runEmbeddedOnly(chosen: Chosen): Promise<Counts> {
  if (chosen.vsix === undefined && !chosen.start) return nothing;
  if (process.platform === 'win32') {
    console.log('The VSIX and npm start are tested where the embedded VS Code runs: on Linux and macOS.');
    return nothing;
  }
  let counts = nothing;
  if (chosen.vsix !== undefined) {
    const vscode = embeddedVSCode(chosen.pin);
    console.log(`\nVS Code ${vscode.version}, embedded, with ${chosen.vsix}`);
    counts = sum(counts, await runVsix(vscode, chosen.vsix));
  }
  if (chosen.start) counts = sum(counts, await runStart());
  return counts;
}

async function main(): Promise<void> {
  const chosen = choose();
  let counts = nothing;
  if (chosen.suite) counts = sum(counts, await runSuites(chosen));
  counts = sum(counts, await runEmbeddedOnly(chosen));
  const countsFile = process.env['WIRELENS_VSCODE_COUNTS'];
  if (countsFile !== undefined) writeFileSync(countsFile, JSON.stringify(counts));
  console.log(`vscode: ${counts.passed} passed, ${counts.failed} failed`);
  process.exitCode = counts.failed === 0 ? 0 : 1;
}

main().catch((error: unknown) => {
  console.error(error);
  console.log('vscode: 0 passed, 1 failed');
  process.exitCode = 1;
});
