// Rows of cache entries and of upstream connections, and what stands behind the titles of their trees.
import assert from 'node:assert/strict';
import { cacheDescription, cacheRow, hitRate, moreEntriesRow } from '../../../../src/extension/views/cache-rows.ts';
import { connectionRow, connectionsDescription, originRow } from '../../../../src/extension/views/connection-rows.ts';
import { cacheEntry, connection, noCounters, plainly, startOfTests } from '../support/values.ts';

const surroundings = { t: plainly, now: startOfTests + 23_000, revealed: false };

describe('cacheRow', () => {
  it('says size, how long it is fresh, and its hits', () => {
    const row = cacheRow(cacheEntry(), surroundings);
    assert.deepEqual([row.label, row.description], ['/v1/users?page=2', '1.2 kB · fresh for 37 s · 5 hits']);
    assert.ok(row.tooltip?.some(([name, value]) => name === 'Servable' && value === 'Fresh for 37 s'));
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

  it('tells how many entries are not shown', () => {
    assert.equal(moreEntriesRow(1234, surroundings).label, '1,234 more');
  });
});

describe('cacheDescription', () => {
  it('says entries, size and hit rate', () => {
    const cache = { entries: [], total: 12, bytes: 3.4 * 1024 * 1024, maxBytes: 200 * 1024 * 1024 };
    const counters = { ...noCounters, hits: 55, validated: 6, misses: 39 };
    assert.equal(cacheDescription(cache, counters, surroundings), '12 entries · 3.4 MiB of 200 MiB · 61 % hits');
    assert.equal(cacheDescription({ ...cache, total: 1 }, noCounters, surroundings), '1 entry · 3.4 MiB of 200 MiB');
    assert.equal(cacheDescription(undefined, undefined, surroundings), '');
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
