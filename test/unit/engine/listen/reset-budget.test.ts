// How many streams a client may reset.
import assert from 'node:assert/strict';
import { ResetBudget } from '../../../../src/engine/listen/reset-budget.ts';

/** How many can be spent at once at that moment. */
function spent(budget: ResetBudget, now: number): number {
  let count = 0;
  while (budget.spend(now)) count += 1;
  return count;
}

describe('ResetBudget', () => {
  it('lets many come at once, and no more', () => {
    assert.equal(spent(new ResetBudget(0), 0), 500);
  });

  it('fills up slowly, and no higher than before', () => {
    const budget = new ResetBudget(0);
    spent(budget, 0);
    assert.equal(spent(budget, 1000), 50);
    assert.equal(spent(budget, 1_000_000), 500);
  });
});
