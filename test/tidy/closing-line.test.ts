// Sees that the counts of a test run are read from its output, and nothing else is taken for them.
import assert from 'node:assert/strict';
import { sum, tallyOfLine } from '../support/tally.ts';

describe('the tally of a test run', () => {
  it('is read from a line of counts, with or without a name before it, coloured or not', () => {
    assert.deepEqual(tallyOfLine('12 passed, 0 failed'), { passed: 12, failed: 0 });
    assert.deepEqual(tallyOfLine('mocha run: 3 passed, 1 failed'), { passed: 3, failed: 1 });
    assert.deepEqual(tallyOfLine('  vscode: 3 passed, 1 failed, 0 skipped'), { passed: 3, failed: 1 });
    assert.deepEqual(tallyOfLine('\u001b[32mvscode: 7 passed, 0 failed\u001b[0m'), { passed: 7, failed: 0 });
  });

  it('is not read from sentences that speak of it', () => {
    for (const line of [
      '',
      '  12 passing (3s)',
      'it says 3 passed, 1 failed',
      '3 passed, 1 failed so far',
      '3 passed',
    ]) {
      assert.equal(tallyOfLine(line), undefined, line);
    }
  });

  it('adds up', () => {
    assert.deepEqual(sum([]), { passed: 0, failed: 0 });
    assert.deepEqual(
      sum([
        { passed: 2, failed: 0 },
        { passed: 3, failed: 1 },
      ]),
      { passed: 5, failed: 1 },
    );
  });
});
