// Tests the arithmetic of the benchmark.
import assert from 'node:assert/strict';
import { orderOf, quantile, ratios, spreadOf } from '../../bench/statistics.ts';

describe('statistics of the benchmark', () => {
  it('takes the middle value, and the mean of two', () => {
    assert.deepEqual(spreadOf([9, 1, 5]), { median: 5, least: 1, most: 9 });
    assert.deepEqual(spreadOf([4, 1, 3, 2]), { median: 2.5, least: 1, most: 4 });
  });

  it('has no spread of nothing', () => assert.equal(spreadOf([]), undefined));

  it('takes ratios within a round only', () => {
    assert.deepEqual(ratios([10, undefined, 30, 8], [5, 5, 10, 0]), [2, 3]);
    assert.deepEqual(ratios([10, 20], [5]), [2]);
  });

  it('turns the order round in every other round', () => {
    assert.deepEqual(orderOf(['a', 'b', 'c'], 0), ['a', 'b', 'c']);
    assert.deepEqual(orderOf(['a', 'b', 'c'], 1), ['c', 'b', 'a']);
    assert.deepEqual(orderOf(['a', 'b', 'c'], 2), ['a', 'b', 'c']);
  });

  it('finds quantiles of sorted values', () => {
    assert.equal(quantile([1, 2, 3, 4], 0.5), 3);
    assert.equal(quantile([1, 2, 3, 4], 0.99), 4);
    assert.equal(quantile([], 0.5), Number.NaN);
  });
});
