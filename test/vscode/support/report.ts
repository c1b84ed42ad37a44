// What one run of suites found out: counted inside the extension host, written as JSON, read by the runner.
import { existsSync, readFileSync } from 'node:fs';

/** How many tests (or steps, or checks) passed and failed. */
export interface Counts {
  readonly passed: number;
  readonly failed: number;
}

/** Names of environment variables by which the runner tells the suites where to report, and what to run. */
export const reportVariables = {
  /** A file that takes the readable output. */
  output: 'WIRELENS_SUITE_OUTPUT',
  /** A file that takes the counts as JSON, once everything has run. */
  counts: 'WIRELENS_SUITE_COUNTS',
  /** The suites to load: file names without `.test.ts`, separated by commas. */
  suites: 'WIRELENS_SUITES',
  /** Only tests whose full title matches this regular expression. */
  grep: 'WIRELENS_GREP',
} as const;

export const nothing: Counts = { passed: 0, failed: 0 };

export function sum(...all: readonly Counts[]): Counts {
  return {
    passed: all.reduce((total, one) => total + one.passed, 0),
    failed: all.reduce((total, one) => total + one.failed, 0),
  };
}

/** Reads the counts of a run. A run that wrote none, or ran no test at all, has failed, whatever its exit code says. */
export function readCounts(file: string): Counts {
  if (!existsSync(file)) return { passed: 0, failed: 1 };
  const { passed, failed } = JSON.parse(readFileSync(file, 'utf8')) as Counts;
  return passed + failed === 0 ? { passed: 0, failed: 1 } : { passed, failed };
}

/** Runs one named check, prints it as the suites print a test, and counts it. */
export async function check(name: string, body: () => void | Promise<void>): Promise<Counts> {
  try {
    await body();
    console.log(`  ✔ ${name}`);
    return { passed: 1, failed: 0 };
  } catch (error) {
    console.log(`  ✘ ${name}`);
    console.error(error);
    return { passed: 0, failed: 1 };
  }
}
