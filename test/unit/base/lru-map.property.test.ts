// The byte-bounded map against a naive model: after every step the same values in the same order, and never over budget.
import assert from 'node:assert/strict';
import fc from 'fast-check';
import { LruMap, type DisposeReason } from '../../../src/base/lru-map.ts';

interface ModelItem {
  readonly key: string;
  readonly value: number;
  readonly bytes: number;
  readonly expiresAt: number;
  pinned: boolean;
}

/** An array, the most recently used first; slow and obvious. */
class Model {
  items: ModelItem[] = [];
  maxBytes: number;
  readonly left: [string, number, DisposeReason][] = [];

  constructor(maxBytes: number) {
    this.maxBytes = maxBytes;
  }

  get bytes(): number {
    return this.items.reduce((sum, { bytes }) => sum + bytes, 0);
  }

  get pinnedBytes(): number {
    return this.items.reduce((sum, { bytes, pinned }) => sum + (pinned ? bytes : 0), 0);
  }

  /** A change of the pin is a use. */
  pin(key: string, pinned: boolean): boolean {
    const item = this.items.find((one) => one.key === key);
    if (item === undefined) return false;
    if (item.pinned !== pinned) this.touch(key);
    item.pinned = pinned;
    return true;
  }

  touch(key: string): number | undefined {
    const item = this.items.find((one) => one.key === key);
    if (item === undefined) return undefined;
    this.items = [item, ...this.items.filter((one) => one !== item)];
    return item.value;
  }

  remove(item: ModelItem, reason: DisposeReason): void {
    this.items = this.items.filter((one) => one !== item);
    this.left.push([item.key, item.value, reason]);
  }

  shrink(budget: number, now: number | undefined): void {
    while (this.bytes > budget) {
      const loose = this.items.filter(({ pinned }) => !pinned);
      const expired = now === undefined ? [] : loose.filter(({ expiresAt }) => expiresAt <= now);
      const first = expired.toSorted((one, other) => one.expiresAt - other.expiresAt)[0];
      if (first !== undefined) this.remove(first, 'expired');
      else this.remove(loose.at(-1) ?? this.items.at(-1)!, 'evicted');
    }
  }

  set(item: ModelItem, now: number | undefined): boolean {
    const former = this.items.find(({ key }) => key === item.key);
    if (former !== undefined) this.remove(former, 'replaced');
    if (item.bytes > this.maxBytes - this.pinnedBytes) return false;
    this.shrink(this.maxBytes - item.bytes, now);
    this.items = [item, ...this.items];
    return true;
  }
}

type Step =
  | { readonly do: 'set'; readonly key: string; readonly bytes: number; readonly lifetime: number | undefined }
  | { readonly do: 'get' | 'touch' | 'peek' | 'delete'; readonly key: string }
  | { readonly do: 'pin'; readonly key: string; readonly pinned: boolean }
  | { readonly do: 'resize'; readonly maxBytes: number }
  | { readonly do: 'clear' };

const key = fc.constantFrom(...'abcdefghijklmnopqrstuvwxyz');
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 30,
    arbitrary: fc.record({
      do: fc.constant('set' as const),
      key,
      bytes: fc.integer({ min: 0, max: 10 }),
      lifetime: fc.option(fc.integer({ min: 0, max: 200 }), { nil: undefined }),
    }),
  },
  { weight: 20, arbitrary: fc.record({ do: fc.constantFrom('get' as const, 'touch', 'peek', 'delete'), key }) },
  { weight: 6, arbitrary: fc.record({ do: fc.constant('pin' as const), key, pinned: fc.boolean() }) },
  {
    weight: 1,
    arbitrary: fc.record({ do: fc.constant('resize' as const), maxBytes: fc.integer({ min: 0, max: 120 }) }),
  },
  { weight: 1, arbitrary: fc.constant({ do: 'clear' as const }) },
);

function set(map: LruMap<string, number>, model: Model, one: Extract<Step, { do: 'set' }>, now: number): void {
  // Moments of expiry differ by fractions, so that "the longest expired" is one value only.
  const at = one.lifetime === undefined ? undefined : now + one.lifetime + now / 1e6;
  const expiry = at === undefined ? undefined : { at, now };
  const item = { key: one.key, value: now, bytes: one.bytes, expiresAt: at ?? Number.POSITIVE_INFINITY, pinned: false };
  assert.equal(map.set(one.key, now, one.bytes, expiry), model.set(item, expiry?.now));
}

function run(map: LruMap<string, number>, model: Model, one: Step, now: number): void {
  switch (one.do) {
    case 'set':
      set(map, model, one, now);
      return;
    case 'get':
      assert.equal(map.get(one.key), model.touch(one.key));
      return;
    case 'touch':
      assert.equal(map.touch(one.key), model.touch(one.key) !== undefined);
      return;
    case 'peek':
      assert.equal(map.peek(one.key), model.items.find((item) => item.key === one.key)?.value);
      return;
    case 'delete': {
      const item = model.items.find((other) => other.key === one.key);
      assert.equal(map.delete(one.key), item !== undefined);
      if (item !== undefined) model.remove(item, 'deleted');
      return;
    }
    case 'pin':
      assert.equal(map.pin(one.key, one.pinned), model.pin(one.key, one.pinned));
      return;
    case 'resize':
      model.maxBytes = one.maxBytes;
      model.shrink(one.maxBytes, now);
      map.resize(one.maxBytes, now);
      return;
    case 'clear':
      assert.equal(map.clear(), model.items.length);
      model.items = [];
  }
}

describe('LruMap against a naive model', () => {
  it('holds the same after every step, within its budget', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 200, size: 'max' }), (steps) => {
        const model = new Model(100);
        const left: [string, number, DisposeReason][] = [];
        const map = new LruMap<string, number>(100, (value, disposed, reason) => {
          if (reason !== 'cleared') left.push([disposed, value, reason]);
        });
        for (const [at, one] of steps.entries()) {
          run(map, model, one, at + 1);
          assert.deepEqual(
            Array.from(map),
            model.items.map((item) => [item.key, item.value]),
          );
          assert.equal(map.size, model.items.length);
          assert.equal(map.bytes, model.bytes);
          assert.equal(map.pinnedBytes, model.pinnedBytes);
          assert.ok(map.bytes <= map.maxBytes);
          assert.deepEqual(left, model.left);
        }
      }),
      { numRuns: 150 },
    );
  });
});
