// Which rows the tree shows: the newest, or those that stood there when somebody began to look.
import assert from 'node:assert/strict';
import { Mirror } from '../../../../src/extension/model/mirror.ts';
import { RowWindow } from '../../../../src/extension/views/row-window.ts';
import { proxyState, summary, update } from '../support/values.ts';

function filled(from: number, to: number, total = to): { mirror: Mirror; add: (first: number, last: number) => void } {
  const mirror = new Mirror();
  const add = (first: number, last: number): void => {
    const flows = Array.from({ length: last - first + 1 }, (_, index) => summary(first + index));
    mirror.apply(update(flows, { state: proxyState({ flows: Math.max(total, last) }) }));
  };
  add(from, to);
  return { mirror, add };
}

function shown(window: RowWindow): number[] {
  return window.current().rows.map((row) => row.summary.number);
}

const nothingOlder = async () => [];

describe('RowWindow', () => {
  it('shows the newest 200, newest first', () => {
    const { mirror, add } = filled(1, 250);
    const window = new RowWindow(mirror);
    assert.deepEqual([shown(window).length, shown(window)[0], shown(window).at(-1)], [200, 250, 51]);
    assert.equal(window.current().hasMore, true);
    add(251, 252);
    assert.equal(shown(window)[0], 252);
  });

  it('shows no way to more where there is none', () => {
    assert.equal(new RowWindow(filled(1, 3).mirror).current().hasMore, false);
    assert.equal(new RowWindow(new Mirror()).current().hasMore, false);
  });

  it('holds still, changes rows in their places and counts what is new', () => {
    const { mirror, add } = filled(1, 3);
    const window = new RowWindow(mirror);
    window.hold();
    add(4, 6);
    mirror.apply(update([summary(2, { status: 500 })], { state: proxyState({ flows: 6 }) }));
    assert.deepEqual(shown(window), [3, 2, 1]);
    assert.equal(window.current().rows[1]?.summary.status, 500);
    assert.equal(window.current().fresh, 3);
    assert.equal(window.current().hasMore, false);
    window.release();
    assert.deepEqual(shown(window), [6, 5, 4, 3, 2, 1]);
    assert.equal(window.current().fresh, 0);
  });

  it('keeps held rows that have left the mirror', () => {
    const { mirror, add } = filled(1, 2);
    const window = new RowWindow(mirror);
    window.hold();
    add(3, 1100);
    assert.deepEqual(shown(window), [2, 1]);
    assert.equal(window.current().fresh, 1000, 'as many as the mirror still has');
  });

  it('shows more from the mirror first, then from the engine, and holds', async () => {
    const { mirror } = filled(101, 400, 400);
    const window = new RowWindow(mirror);
    await window.showMore(nothingOlder);
    assert.equal(window.holding, true);
    assert.equal(shown(window).length, 300);
    const asked: [string, number][] = [];
    await window.showMore(async (before, count) => {
      asked.push([before, count]);
      return Array.from({ length: 100 }, (_, index) => ({ summary: summary(100 - index), lost: false }));
    });
    assert.deepEqual(asked, [['e1.101', 200]]);
    assert.deepEqual([shown(window).length, shown(window).at(-1)], [400, 1]);
    assert.equal(window.current().hasMore, false);
  });

  it('does not offer more once nothing came', async () => {
    const { mirror } = filled(101, 110, 500);
    const window = new RowWindow(mirror);
    await window.showMore(nothingOlder);
    assert.equal(window.current().hasMore, false);
  });

  it('stays released when it was released while older flows were on their way', async () => {
    const { mirror } = filled(101, 110, 500);
    const window = new RowWindow(mirror);
    await window.showMore(async () => {
      window.release();
      return [{ summary: summary(100), lost: false }];
    });
    assert.equal(window.holding, false);
    assert.equal(shown(window).length, 10);
  });
});
