// Tests the options of the benchmark.
import assert from 'node:assert/strict';
import { parseOptions } from '../../bench/options.ts';

describe('the options of the benchmark', () => {
  it('have five rounds of two seconds by default, and short ones for the smoke test', () => {
    const { rounds, window, smoke, installPeers } = parseOptions([]);
    assert.deepEqual(
      { rounds, window, smoke, installPeers },
      { rounds: 5, window: 2, smoke: false, installPeers: false },
    );
    const short = parseOptions(['--smoke']);
    assert.ok(short.rounds < rounds && short.window < window);
  });

  it('take lists of names', () => {
    const { only, against } = parseOptions(['--only', 'uncached-32,memory', '--against', 'squid']);
    assert.deepEqual([only, against], [['uncached-32', 'memory'], ['squid']]);
  });

  it('refuse what they do not know', () => {
    assert.throws(() => parseOptions(['--rounds', 'many']), /--rounds takes a number/);
    assert.throws(() => parseOptions(['--window', '-1']));
    assert.throws(() => parseOptions(['--repeats', '1.5']), /whole number/);
    assert.throws(() => parseOptions(['--unknown']));
  });
});
