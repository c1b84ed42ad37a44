// The byte-bounded map: order of use, budget, expiry first, and who is told of what leaves.
import assert from 'node:assert/strict';
import { LruMap, type DisposeReason } from '../../../src/base/lru-map.ts';

function recorded(maxBytes: number): { map: LruMap<string, number>; left: [string, number, DisposeReason][] } {
  const left: [string, number, DisposeReason][] = [];
  return { map: new LruMap<string, number>(maxBytes, (value, key, reason) => left.push([key, value, reason])), left };
}

function keys(map: LruMap<string, number>): string[] {
  return Array.from(map, ([key]) => key);
}

describe('LruMap', () => {
  it('walks from the most to the least recently used', () => {
    const { map } = recorded(100);
    for (const key of ['a', 'b', 'c']) map.set(key, 1, 1);
    assert.equal(map.get('a'), 1);
    assert.deepEqual(keys(map), ['a', 'c', 'b']);
    assert.equal(map.touch('b'), true);
    assert.deepEqual(keys(map), ['b', 'a', 'c']);
  });

  it('does not count peek as a use', () => {
    const { map } = recorded(100);
    map.set('a', 1, 1);
    map.set('b', 2, 1);
    assert.equal(map.peek('a'), 1);
    assert.deepEqual(keys(map), ['b', 'a']);
  });

  it('evicts the least recently used until the new value fits', () => {
    const { map, left } = recorded(10);
    map.set('a', 1, 4);
    map.set('b', 2, 4);
    map.get('a');
    map.set('c', 3, 5);
    assert.deepEqual(left, [['b', 2, 'evicted']]);
    assert.deepEqual([map.bytes, map.size, keys(map)], [9, 2, ['c', 'a']]);
  });

  it('evicts what has expired before what is used least, the longest expired first', () => {
    const { map, left } = recorded(10);
    map.set('old', 1, 4);
    map.set('late', 2, 2, { at: 200, now: 0 });
    map.set('early', 3, 2, { at: 100, now: 0 });
    map.set('new', 4, 6, { at: 999, now: 300 });
    assert.deepEqual(left, [
      ['early', 3, 'expired'],
      ['late', 2, 'expired'],
    ]);
    assert.deepEqual(keys(map), ['new', 'old']);
  });

  it('takes nothing for expired without a time', () => {
    const { map, left } = recorded(4);
    map.set('a', 1, 2, { at: 100, now: 0 });
    map.set('b', 2, 2);
    map.set('c', 3, 2);
    assert.deepEqual(left, [['a', 1, 'evicted']]);
  });

  it('refuses a value that is larger than the budget, and forgets what stood under its key', () => {
    const { map, left } = recorded(10);
    map.set('a', 1, 5);
    map.set('b', 2, 5);
    assert.equal(map.set('a', 3, 11), false);
    assert.deepEqual(left, [['a', 1, 'replaced']]);
    assert.deepEqual([keys(map), map.bytes], [['b'], 5]);
  });

  it('replaces a value and its size', () => {
    const { map, left } = recorded(10);
    map.set('a', 1, 5, { at: 1, now: 0 });
    map.set('a', 2, 7, { at: 50, now: 2 });
    assert.deepEqual(left, [['a', 1, 'replaced']]);
    assert.deepEqual([map.get('a'), map.bytes, map.size], [2, 7, 1]);
  });

  it('evicts at once when the budget shrinks', () => {
    const { map, left } = recorded(10);
    map.set('a', 1, 5);
    map.set('b', 2, 5, { at: 10, now: 0 });
    map.resize(5, 10);
    assert.deepEqual(left, [['b', 2, 'expired']]);
    map.resize(0);
    assert.deepEqual([map.size, map.bytes, map.maxBytes], [0, 0, 0]);
  });

  it('deletes and clears, and tells of both', () => {
    const { map, left } = recorded(10);
    map.set('a', 1, 1);
    map.set('b', 2, 1, { at: 5, now: 0 });
    assert.equal(map.delete('a'), true);
    assert.equal(map.delete('a'), false);
    assert.equal(map.clear(), 1);
    assert.deepEqual(left, [
      ['a', 1, 'deleted'],
      ['b', 2, 'cleared'],
    ]);
    assert.deepEqual([map.size, map.bytes, map.has('b'), keys(map)], [0, 0, false, []]);
  });

  it('evicts around what is pinned, and lets it neither expire nor be pushed out by one value', () => {
    const { map, left } = recorded(10);
    map.set('old', 1, 3, { at: 5, now: 0 });
    map.set('b', 2, 3);
    assert.equal(map.pin('old', true), true);
    map.set('c', 3, 7, { at: 99, now: 50 });
    assert.deepEqual(left, [['b', 2, 'evicted']]);
    assert.equal(map.set('d', 4, 8), false);
    assert.deepEqual([keys(map), map.pinnedBytes, map.isPinned('old')], [['c', 'old'], 3, true]);
  });

  it('lets what was unpinned expire and be evicted again', () => {
    const { map, left } = recorded(10);
    map.set('a', 1, 5, { at: 5, now: 0 });
    map.pin('a', true);
    map.pin('a', false);
    map.set('b', 2, 6, { at: 99, now: 50 });
    assert.deepEqual(left, [['a', 1, 'expired']]);
    assert.equal(map.pinnedBytes, 0);
  });

  it('keeps the order of use over pinned and other values', () => {
    const { map } = recorded(10);
    for (const key of ['a', 'b', 'c']) map.set(key, 1, 1);
    map.pin('b', true);
    map.touch('a');
    assert.deepEqual(keys(map), ['a', 'b', 'c']);
    map.touch('b');
    assert.deepEqual(keys(map), ['b', 'a', 'c']);
  });

  it('gives up pinned values only where the budget shrinks below them', () => {
    const { map, left } = recorded(10);
    map.set('a', 1, 4);
    map.set('b', 2, 4);
    map.pin('a', true);
    map.resize(4);
    assert.deepEqual(left, [['b', 2, 'evicted']]);
    map.resize(3);
    assert.deepEqual([left.length, map.bytes, map.pinnedBytes], [2, 0, 0]);
    assert.equal(map.pin('a', true), false);
  });

  it('throws on a size that is no number from 0', () => {
    const { map } = recorded(10);
    assert.throws(() => map.set('a', 1, -1), RangeError);
    assert.throws(() => map.set('a', 1, Number.NaN), RangeError);
  });
});
