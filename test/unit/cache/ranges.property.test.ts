// Stored parts of a known whole, cut and joined at random: whatever comes out is what the whole has in that place.
import assert from 'node:assert/strict';
import fc from 'fast-check';
import { combined, sliceOf, type Source } from '../../../src/cache/ranges.ts';

const TOTAL = 40;
const whole = Buffer.from(Array.from({ length: TOTAL }, (_, index) => index));

const place = fc
  .tuple(fc.integer({ min: 0, max: TOTAL - 1 }), fc.integer({ min: 0, max: TOTAL - 1 }))
  .map(([one, other]) => [Math.min(one, other), Math.max(one, other)] as const);

/** The whole, or a part of it. */
const source: fc.Arbitrary<Source> = fc.option(place, { nil: undefined, freq: 4 }).map((at) => {
  if (at === undefined) return { body: whole, part: undefined };
  const [first, last] = at;
  return { body: whole.subarray(first, last + 1), part: { first, last, total: TOTAL } };
});

const range = fc.record({
  first: fc.option(fc.integer({ min: 0, max: TOTAL + 5 }), { nil: undefined, freq: 3 }),
  last: fc.option(fc.integer({ min: 0, max: TOTAL + 5 }), { nil: undefined, freq: 3 }),
});

/** The bytes that a range means, by the words of RFC 9110 §14.1.2. */
function meant(first: number | undefined, last: number | undefined): readonly number[] {
  const all = [...whole.keys()];
  if (first === undefined) return all.filter((at) => at >= TOTAL - (last ?? 0));
  return all.filter((at) => at >= first && (last === undefined || at <= last));
}

function placesOf({ body, part }: Source): ReadonlySet<number> {
  return new Set(Array.from(body, (_, index) => index + (part?.first ?? 0)));
}

describe('ranges of stored bodies', () => {
  it('are exactly what was meant, or are not answered', () => {
    let answered = 0;
    fc.assert(
      fc.property(source, range, (stored, { first, last }) => {
        fc.pre(first !== undefined || last !== undefined);
        fc.pre(first === undefined || last === undefined || first <= last);
        const slice = sliceOf(stored, { first, last });
        const expected = meant(first, last);
        if (slice === 'unsatisfiable') assert.equal(expected.length, 0);
        else if (slice === undefined) {
          const places = placesOf(stored);
          assert.ok(expected.some((at) => !places.has(at)));
        } else {
          answered++;
          assert.deepEqual([...slice.bytes], expected);
          assert.deepEqual([slice.first, slice.last, slice.total], [expected[0], expected.at(-1), TOTAL]);
        }
      }),
      { numRuns: 1000 },
    );
    assert.ok(answered > 100, `${answered} answered`);
  });

  it('join to what both have, and never over a gap', () => {
    fc.assert(
      fc.property(source, source, (one, other) => {
        const places = new Set([...placesOf(one), ...placesOf(other)]);
        const joined = combined(one, other, TOTAL);
        const gapless = Math.max(...places) - Math.min(...places) + 1 === places.size;
        assert.equal(joined !== undefined, gapless);
        if (joined === undefined) return;
        assert.deepEqual(placesOf(joined), new Set([...places].sort((a, b) => a - b)));
        assert.deepEqual(
          [...joined.body],
          [...places].sort((a, b) => a - b),
        );
        assert.equal(joined.part === undefined, places.size === TOTAL);
      }),
      { numRuns: 500 },
    );
  });

  it('that contradict their own length are never joined', () => {
    const lying: Source = { body: whole.subarray(0, 5), part: { first: 0, last: 9, total: TOTAL } };
    assert.equal(combined(lying, { body: whole, part: undefined }, TOTAL), undefined);
  });
});
