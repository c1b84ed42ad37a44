// Rows of cache entries and of upstream connections, and what stands behind the titles of their trees.
import assert from 'node:assert/strict';
import { cacheOrders, type CacheEntrySummary, type CacheSnapshot } from '../../../../src/contract/model.ts';
import {
  cacheDescription,
  cacheFigures,
  cacheRow,
  cacheRows,
  cacheTooltip,
  cacheVariants,
  hitRate,
} from '../../../../src/extension/views/cache-rows.ts';
import { connectionRow, connectionsDescription, originRow } from '../../../../src/extension/views/connection-rows.ts';
import { cacheEntry, connection, noCounters, plainly, startOfTests } from '../support/values.ts';

const surroundings = { t: plainly, now: startOfTests + 23_000, revealed: false };

const mebibyte = 1024 * 1024;

function snapshot(entries: readonly CacheEntrySummary[], changes: Partial<CacheSnapshot> = {}): CacheSnapshot {
  return { entries, order: 'recent', total: entries.length, bytes: 0, maxBytes: 200 * mebibyte, ...changes };
}

describe('cacheRow', () => {
  it('says size, how long it is fresh, and its hits', () => {
    const row = cacheRow(cacheEntry(), surroundings);
    assert.deepEqual([row.label, row.description], ['/v1/users?page=2', '1.2 kB · fresh for 37 s · 5 hits']);
    assert.equal(row.context, 'cacheEntry loose');
  });

  it('says that it is stale, what is unusual about it, and for whom it is', () => {
    const changes = {
      method: 'HEAD',
      status: 404,
      hits: 1,
      variant: ['Accept-Language: de'],
      freshUntil: startOfTests,
    };
    const row = cacheRow(cacheEntry(changes), surroundings);
    assert.equal(row.label, 'HEAD /v1/users?page=2');
    assert.equal(row.description, '404 · 1.2 kB · stale for 23 s · 1 hit · Accept-Language: de');
    assert.equal(row.icon?.id, 'history');
  });

  it('shows that it is pinned, and that it is marked as expired', () => {
    const pinned = cacheRow(cacheEntry({ pinned: true }), surroundings);
    assert.deepEqual(
      [pinned.icon?.id, pinned.context, pinned.description],
      ['pinned', 'cacheEntry pinned', '1.2 kB · fresh for 37 s · 5 hits · pinned'],
    );
    const { standing } = cacheEntry();
    const expired = cacheRow(cacheEntry({ standing: { ...standing, outdated: 'marked-expired' } }), surroundings);
    assert.equal(expired.description, '1.2 kB · marked as expired · 5 hits');
  });

  it('masks secrets that a variant is for', () => {
    const entry = cacheEntry({ variant: ['Cookie: id=secret', 'Authorization: (none)'] });
    assert.match(cacheRow(entry, surroundings).description ?? '', /Cookie: id=•+, Authorization: \(none\)$/);
    assert.match(cacheRow(entry, { ...surroundings, revealed: true }).description ?? '', /Cookie: id=secret/);
  });
});

describe('cacheTooltip', () => {
  it('explains at the moment of asking', () => {
    const lines = new Map(cacheTooltip(cacheEntry({ contentEncoding: 'br' }), surroundings));
    assert.equal(lines.get('Servable'), 'Fresh for 37 s because `max-age=60`, age 23 s');
    assert.deepEqual([lines.get('Age'), lines.get('Encoding')], ['23 s', 'br']);
    assert.equal(lines.get('Rule'), 'RFC 9111 §5.2.2.1');
  });
});

describe('cacheRows', () => {
  const url = 'http://api.test:8080/greeting';
  const german = cacheEntry({ id: '1', url, variants: 2, variant: ['Accept-Language: de'], hits: 2 });
  const english = cacheEntry({ id: '3', url, variants: 2, variant: ['Accept-Language: en'], hits: 1 });

  it('put variants below their URL, where the first of them stands', () => {
    const cache = snapshot([cacheEntry({ id: '2' }), german, english]);
    const [single, parent, ...none] = cacheRows(cache, surroundings);
    assert.deepEqual([single?.id, single?.expandable, none], ['2', undefined, []]);
    assert.deepEqual(
      [parent?.label, parent?.description, parent?.expandable],
      ['/greeting', '2 variants · 2.4 kB · 3 hits', 'collapsed'],
    );
    assert.ok(parent !== undefined);
    const below = cacheVariants(cache, parent, surroundings);
    assert.deepEqual(
      below.map(({ id, label }) => [id, label]),
      [
        ['1', 'Accept-Language: de'],
        ['3', 'Accept-Language: en'],
      ],
    );
    assert.equal(below[0]?.description, '1.2 kB · fresh for 37 s · 2 hits');
    assert.ok(single !== undefined);
    assert.deepEqual(cacheVariants(cache, single, surroundings), []);
  });

  it('name variants that differ by their source only', () => {
    const { standing } = cacheEntry();
    const own = cacheEntry({ id: '1', url, variants: 2, standing: { ...standing, source: 'main' } });
    const cache = snapshot([own, cacheEntry({ id: '2', url, variants: 2 })]);
    const [parent] = cacheRows(cache, surroundings);
    assert.ok(parent !== undefined);
    assert.deepEqual(
      cacheVariants(cache, parent, surroundings).map(({ label }) => label),
      ['source main', 'any request'],
    );
  });

  it('tell how many entries are not shown, and why', () => {
    const [parent, more] = cacheRows(snapshot([german], { total: 1235, order: 'size' }), surroundings);
    assert.match(parent?.description ?? '', /^2 variants · 1 of them not shown/);
    assert.deepEqual([more?.label, more?.description], ['1,234 more', 'smaller']);
    const behind = cacheOrders.map(
      (order) => cacheRows(snapshot([], { total: 1, order }), surroundings)[0]?.description,
    );
    assert.deepEqual(behind, ['used longer ago', 'smaller', 'younger', 'with fewer hits']);
  });
});

describe('cacheDescription', () => {
  it('says entries, size and hit rate', () => {
    const cache = snapshot([], { total: 12, bytes: 3.4 * mebibyte });
    const counters = { ...noCounters, hits: 55, validated: 6, misses: 39 };
    assert.equal(cacheDescription(cache, counters, surroundings), '12 entries · 3.4 of 200 MiB · 61 % hits');
    assert.equal(cacheDescription({ ...cache, total: 1 }, noCounters, surroundings), '1 entry · 3.4 of 200 MiB');
    assert.equal(cacheDescription(undefined, undefined, surroundings), '');
  });

  it('leaves out figures that are 0', () => {
    assert.equal(cacheFigures({ ...noCounters, hits: 1200, evicted: 2 }, plainly), '1,200 hits · 2 evicted');
    assert.equal(cacheFigures(noCounters, plainly), '');
  });

  it('has no rate before the cache was asked', () => {
    assert.equal(hitRate(noCounters), undefined);
    assert.equal(hitRate({ ...noCounters, misses: 3 }), 0);
  });
});

describe('originRow and connectionRow', () => {
  const origin = {
    key: 'http://api.test:8080',
    connections: [connection(1, { state: 'busy' }), connection(2), connection(3)],
    opened: 41,
    reused: 1380,
    waiting: 0,
  };

  it('say how many are busy and idle, opened and reused', () => {
    const row = originRow(origin, surroundings);
    assert.deepEqual(
      [row.label, row.description],
      ['http://api.test:8080', '1 busy · 2 idle · 41 opened · 1,380 reused'],
    );
    assert.equal(row.expandable, 'collapsed');
    assert.match(originRow({ ...origin, waiting: 2 }, surroundings).description ?? '', /2 waiting$/);
  });

  it('cannot be opened without connections, and say why the last one ended', () => {
    const row = originRow({ ...origin, connections: [], lastClose: 'idle-timeout' }, surroundings);
    assert.equal(row.expandable, undefined);
    assert.match(row.tooltip?.at(-1)?.[1] ?? '', /Closed: idle/);
  });

  it('show each connection with its state, use, age and bytes', () => {
    const row = connectionRow(connection(7), surroundings);
    assert.equal(row.label, '#7');
    assert.equal(row.description, 'idle for 22 s · 4 exchanges · 23 s old · ↑ 500 B ↓ 5 kB · 127.0.0.1:8080');
    assert.match(
      connectionRow(connection(7, { state: 'busy', exchanges: 1 }), surroundings).description ?? '',
      /^busy · 1 exchange ·/,
    );
  });

  it('are counted behind the title', () => {
    assert.equal(connectionsDescription([origin, origin], surroundings), '2 busy · 4 idle');
    assert.equal(connectionsDescription([], surroundings), '');
  });
});
