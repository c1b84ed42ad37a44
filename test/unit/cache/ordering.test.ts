// The first entries of a large store: what is chosen piece by piece against sorting all of it.
import assert from 'node:assert/strict';
import fc from 'fast-check';
import type { Entry } from '../../../src/cache/entry.ts';
import { firstInOrder } from '../../../src/cache/ordering.ts';
import { START, World } from './world.ts';

/** An entry of a real store, with so many hits. */
function entryWith(hits: number): Entry {
  const world = new World();
  world.store({ fields: [['Cache-Control', 'max-age=600']] });
  const entry = world.entry();
  entry.hits = hits;
  return entry;
}

const pool = Array.from({ length: 12 }, (_, hits) => entryWith(hits));

describe('firstInOrder', () => {
  it('gives what sorting everything would give, equals in the order of their use', () => {
    fc.assert(
      fc.property(
        fc.array(fc.constantFrom(...pool), { maxLength: 60 }),
        fc.integer({ min: 1, max: 9 }),
        (all, limit) => {
          const entries = all.map((entry, at) => [String(at), entry] as const);
          const expected = all.toSorted((one, other) => other.hits - one.hits).slice(0, limit);
          assert.deepEqual(
            firstInOrder(entries, 'hits', limit, START).map(({ hits }) => hits),
            expected.map(({ hits }) => hits),
          );
          assert.deepEqual(firstInOrder(entries, 'recent', limit, START), all.slice(0, limit));
        },
      ),
    );
  });
});
