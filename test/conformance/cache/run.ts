// Runs the public HTTP cache suite through the engine, and fails where the cache or its record falls short.
import { runMode, type Mode, type Result } from './mode.ts';
import { howToGetTheSuite, readSuite, type Score } from './suite.ts';

/** It asks a cache to answer 304 without a Last-Modified to compare with, against RFC 9111 §4.3.2. */
const CONTRADICTING = 'conditional-lm-fresh-no-lm';

const MODES: readonly Mode[] = ['forward', 'reverse', 'intercepted'];

function counted({ total, failed }: Score): string {
  return `${total - failed.length}/${total}`;
}

function report({ mode, required, optimal, checks, untrue }: Result): void {
  console.log(`${mode}: required ${counted(required)}, optimal ${counted(optimal)} (checks ${counted(checks)} yes)`);
  for (const { kind, failed } of [required, optimal]) {
    for (const { test, problem } of failed) console.log(`  ${kind} ${test.id}: ${problem}`);
  }
  if (process.argv.includes('--checks')) {
    for (const { test, problem } of checks.failed) console.log(`  check ${test.id}: ${problem}`);
  }
  for (const line of untrue) console.log(`  untrue ${line}`);
}

/** How many failures count: those of what is demanded, and each untrue word of the record. */
function failures({ required, optimal, untrue }: Result): number {
  return required.failed.length + untrue.length + optimal.failed.filter(({ test }) => test.id !== CONTRADICTING).length;
}

async function main(): Promise<void> {
  const file = process.env['CACHE_SUITE'];
  if (file === undefined || file === '') throw new Error(howToGetTheSuite);
  const tests = readSuite(file);
  const results: Result[] = [];
  // One after the other: lifetimes of a second or two would be over before a busy machine asks again.
  for (const mode of MODES) results.push(await runMode(mode, tests));
  for (const result of results) report(result);
  let [passed, failed] = [0, 0];
  for (const result of results) {
    const demanded = [result.required, result.optimal];
    passed += demanded.reduce((sum, { total, failed: missed }) => sum + total - missed.length, 0);
    failed += failures(result);
  }
  console.log(`conformance: ${passed} passed, ${failed} failed`);
  process.exitCode = failed > 0 ? 1 : 0;
}

main().catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
});
