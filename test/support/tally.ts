// Reads the counts of passed and failed tests from what a test run printed.

/** How many tests a run passed and failed. */
export interface Tally {
  readonly passed: number;
  readonly failed: number;
}

// The escape sequences by which terminals are coloured.
// oxlint-disable-next-line no-control-regex
const colour = /\u001b\[[0-9;]*m/g;
const counts = /^\s*(?:[\w .-]+: )?(\d+) passed, (\d+) failed(?:, \d+ skipped)?\s*$/;

/** The counts in one line of output, or undefined where the line is about something else. */
export function tallyOfLine(line: string): Tally | undefined {
  const match = counts.exec(line.replace(colour, ''));
  return match ? { passed: Number(match[1]), failed: Number(match[2]) } : undefined;
}

/** Adds up runs. */
export function sum(tallies: readonly Tally[]): Tally {
  return tallies.reduce((a, b) => ({ passed: a.passed + b.passed, failed: a.failed + b.failed }), {
    passed: 0,
    failed: 0,
  });
}
