// The store of entries against a model that is a plain list: the same content, and the same use of the budget.
import assert from 'node:assert/strict';
import fc from 'fast-check';
import { completed, entryHead, type Entry } from '../../../src/cache/entry.ts';
import { EntryStore } from '../../../src/cache/entry-store.ts';
import { readPolicy } from '../../../src/cache/policy.ts';
import { Fields } from '../../../src/http/fields.ts';
import { START, requestOf } from './world.ts';

const BUDGET = { maxBytes: 20_000, maxEntryBytes: 4000 };
const LATER = { at: START + 1e9, now: START };

type Step =
  | { readonly do: 'add' | 'replace'; readonly url: number; readonly size: number; readonly loose: boolean }
  | { readonly do: 'touch' | 'delete' | 'deleteUrl'; readonly url: number }
  | { readonly do: 'reserve'; readonly bytes: number };

const url = fc.integer({ min: 0, max: 5 });
const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({
    do: fc.constantFrom('add' as const, 'add' as const, 'replace' as const),
    url,
    size: fc.integer({ min: 0, max: 3500 }),
    loose: fc.boolean(),
  }),
  fc.record({ do: fc.constantFrom('touch' as const, 'delete' as const, 'deleteUrl' as const), url }),
  fc.record({ do: fc.constant('reserve' as const), bytes: fc.integer({ min: -4000, max: 4000 }) }),
);

function urlOf(number: number): string {
  return `http://a.test/${number % 2}?n=${number}`;
}

function entryOf(id: string, number: number, size: number, loose: boolean): Entry {
  const times = { requestTime: START, responseTime: START };
  const fields = Fields.of([
    ['Cache-Control', 'max-age=60'],
    ...(loose ? [['No-Vary-Search', 'params'] as const] : []),
  ]);
  const request = requestOf({ url: urlOf(number) });
  const response = { status: 200, reason: 'OK', fields };
  return completed(entryHead(id, request, response, readPolicy(200, fields, times), times), Buffer.alloc(size));
}

/** The most recently used first; the newest of a URL first among those of its URL. */
class Model {
  used: Entry[] = [];
  newest: Entry[] = [];
  pending = 0;

  get bytes(): number {
    return this.used.reduce((sum, { size }) => sum + size, 0);
  }

  put(entry: Entry): void {
    this.drop((one) => one.id === entry.id);
    this.used.unshift(entry);
    this.newest.unshift(entry);
    this.fit();
  }

  drop(unwanted: (entry: Entry) => boolean): void {
    this.used = this.used.filter((entry) => !unwanted(entry));
    this.newest = this.newest.filter((entry) => !unwanted(entry));
  }

  fit(): void {
    while (this.bytes > BUDGET.maxBytes - this.pending) {
      const last = this.used.at(-1);
      this.drop((entry) => entry === last);
    }
  }

  of(number: number): readonly Entry[] {
    const exact = this.newest.filter((entry) => entry.url === urlOf(number));
    if (exact.length > 0) return exact;
    const path = urlOf(number).split('?')[0] ?? '';
    return this.newest.filter((entry) => entry.search !== undefined && entry.url.startsWith(`${path}?`));
  }
}

class Run {
  readonly store = new EntryStore(BUDGET);
  readonly model = new Model();
  #lastId = 0;

  step(one: Step): void {
    if (one.do === 'reserve') this.#reserve(one.bytes);
    else if (one.do === 'add' || one.do === 'replace') this.#put(one);
    else this.#use(one.do, one.url);
    this.check();
  }

  check(): void {
    assert.deepEqual(
      [...this.store].map(({ id }) => id),
      this.model.used.map(({ id }) => id),
    );
    assert.equal(this.store.bytes, this.model.bytes + this.model.pending);
    assert.ok(this.store.bytes <= BUDGET.maxBytes);
    for (let number = 0; number <= 5; number += 1) {
      const ids = (this.store.of(urlOf(number)) ?? []).map(({ id }) => id);
      assert.deepEqual(
        ids,
        this.model.of(number).map(({ id }) => id),
      );
    }
  }

  #put({ do: action, url: number, size, loose }: Extract<Step, { readonly loose: boolean }>): void {
    const [known] = this.model.newest.filter((entry) => entry.url === urlOf(number));
    if (action === 'replace') {
      const entry = entryOf(known?.id ?? 'gone', number, size, loose);
      assert.equal(this.store.replace(entry, LATER), known !== undefined);
      if (known !== undefined) this.model.put(entry);
      return;
    }
    const entry = entryOf(String(++this.#lastId), number, size, loose);
    assert.equal(this.store.add(entry, LATER), true);
    this.model.put(entry);
  }

  #use(action: 'touch' | 'delete' | 'deleteUrl', number: number): void {
    const [entry] = this.model.newest.filter((one) => one.url === urlOf(number));
    if (action === 'deleteUrl') {
      const path = urlOf(number).split('?')[0] ?? '';
      const concerned = (one: Entry): boolean =>
        one.url === urlOf(number) || (one.search !== undefined && one.url.startsWith(`${path}?`));
      assert.equal(this.store.deleteUrl(urlOf(number)), this.model.newest.some(concerned));
      this.model.drop(concerned);
    } else if (entry !== undefined && action === 'touch') {
      this.store.touch(entry);
      this.model.used = [entry, ...this.model.used.filter((one) => one !== entry)];
    } else if (entry !== undefined) {
      assert.ok(this.store.delete(entry.id));
      this.model.drop((one) => one === entry);
    }
  }

  #reserve(bytes: number): void {
    const wanted = Math.max(bytes, -this.model.pending);
    const room = wanted <= 0 || this.model.pending + wanted <= BUDGET.maxBytes / 2;
    assert.equal(this.store.reserve(wanted), room);
    if (room) this.model.pending += wanted;
    this.model.fit();
  }
}

describe('the store of entries', () => {
  it('does what a plain list would do, within its budget after every step', () => {
    fc.assert(
      fc.property(fc.array(step, { minLength: 5, maxLength: 60, size: 'max' }), (steps) => {
        const run = new Run();
        for (const one of steps) run.step(one);
      }),
      { numRuns: 200 },
    );
  });
});
