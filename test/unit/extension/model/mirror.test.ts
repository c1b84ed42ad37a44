// The mirror: newest 1,000, in order, through updates, clearing and the end of an engine.
import assert from 'node:assert/strict';
import fc from 'fast-check';
import { Mirror } from '../../../../src/extension/model/mirror.ts';
import { connection, proxyState, summary, update } from '../support/values.ts';

function numbers(mirror: Mirror): number[] {
  return mirror.rows.map((row) => row.summary.number);
}

describe('Mirror', () => {
  it('takes over flows, changes them in their place and tells once an update', () => {
    const mirror = new Mirror();
    let changes = 0;
    mirror.onDidChange(() => {
      changes += 1;
    });
    mirror.apply(update([summary(1, { state: 'waiting' }), summary(2)]));
    mirror.apply(update([summary(1, { state: 'done', status: 404 })]));
    assert.deepEqual(numbers(mirror), [1, 2]);
    assert.equal(mirror.row('e1.1')?.summary.status, 404);
    assert.equal(changes, 2);
  });

  it('keeps the newest 1,000', () => {
    const mirror = new Mirror();
    const flows = Array.from({ length: 1000 }, (_, index) => summary(index + 1));
    mirror.apply(update(flows));
    mirror.apply(update([summary(1001), summary(1002)], { state: proxyState({ flows: 1002 }) }));
    assert.equal(mirror.rows.length, 1000);
    assert.equal(numbers(mirror)[0], 3);
    assert.equal(mirror.row('e1.1'), undefined);
    assert.equal(mirror.total, 1002, 'the engine still has them');
  });

  it('does not take an old flow for a new one when it ends late', () => {
    const mirror = new Mirror();
    mirror.apply(update(Array.from({ length: 1000 }, (_, index) => summary(index + 10))));
    mirror.apply(update([summary(5), summary(1010)]));
    assert.equal(numbers(mirror).includes(5), false);
    assert.equal(numbers(mirror).at(-1), 1010);
  });

  it('drops what has left the store', () => {
    const mirror = new Mirror();
    mirror.apply(update([summary(1), summary(2), summary(3)]));
    mirror.apply(update([], { oldestFlow: 3 }));
    assert.deepEqual(numbers(mirror), [3]);
  });

  it('keeps rows of an engine that is gone, marked, below those of the next', () => {
    const mirror = new Mirror();
    mirror.apply(
      update([summary(7), summary(8)], {
        origins: [{ key: 'http://a', connections: [connection(1)], opened: 1, reused: 0, waiting: 0 }],
      }),
    );
    mirror.engineLost();
    assert.deepEqual(
      mirror.rows.map((row) => row.lost),
      [true, true],
    );
    assert.deepEqual(mirror.origins, []);
    assert.equal(mirror.state, undefined);
    mirror.apply(update([summary(1, { id: 'e2.1' })], { state: proxyState({ epoch: 'e2', flows: 1 }), oldestFlow: 1 }));
    assert.deepEqual(
      mirror.rows.map((row) => [row.summary.id, row.lost]),
      [
        ['e1.7', true],
        ['e1.8', true],
        ['e2.1', false],
      ],
    );
    assert.equal(mirror.total, 3);
  });

  it('forgets all when it is cleared', () => {
    const mirror = new Mirror();
    mirror.apply(update([summary(1)]));
    mirror.engineLost();
    mirror.clear();
    assert.deepEqual(mirror.rows, []);
    assert.equal(mirror.total, 0);
  });

  it('keeps origins and cache until they are sent again', () => {
    const mirror = new Mirror();
    const cache = { entries: [], order: 'recent' as const, total: 0, bytes: 0, maxBytes: 1 };
    mirror.apply(update([], { cache, origins: [] }));
    mirror.apply(update([]));
    assert.deepEqual(mirror.cache, cache);
  });

  it('has its rows in order and at most 1,000, whatever comes', () => {
    fc.assert(
      fc.property(
        fc.array(fc.array(fc.integer({ min: 1, max: 3000 }), { maxLength: 600 }), { maxLength: 6 }),
        (batches) => {
          const mirror = new Mirror();
          for (const batch of batches)
            mirror.apply(update(batch.toSorted((a, b) => a - b).map((number) => summary(number))));
          const shown = numbers(mirror);
          assert.ok(shown.length <= 1000);
          assert.deepEqual(
            shown,
            [...new Set(shown)].toSorted((a, b) => a - b),
          );
          for (const row of mirror.rows) assert.equal(mirror.row(row.summary.id), row);
        },
      ),
      { numRuns: 50 },
    );
  });
});
