// The rows of the Cache tree: stored responses, how long they are good for and how often they answered.
import { formatBytes, formatDuration } from '../../formats/numbers.ts';
import type { CacheEntrySummary, CacheSnapshot, Counters } from '../../contract/model.ts';
import { shownUrl } from '../model/secrets.ts';
import { facts, type Item } from './item.ts';
import { pathOf, type RowSurroundings } from './request-rows.ts';
import { roughTime } from './rough-time.ts';

function freshness(entry: CacheEntrySummary, { t, now }: RowSurroundings): string {
  const left = entry.freshUntil - now;
  return left > 0 ? t('fresh for {0}', roughTime(left)) : t('stale for {0}', roughTime(-left));
}

function hits(count: number, { t }: RowSurroundings): string {
  return count === 1 ? t('1 hit') : t('{0} hits', count);
}

export function cacheRow(entry: CacheEntrySummary, surroundings: RowSurroundings): Item {
  const { t, now, revealed } = surroundings;
  const url = shownUrl(entry.url, revealed);
  const fresh = entry.freshUntil > now;
  const label = entry.method === 'GET' ? pathOf(url) : `${entry.method} ${pathOf(url)}`;
  const description = facts(
    entry.status === 200 ? undefined : String(entry.status),
    formatBytes(entry.size),
    freshness(entry, surroundings),
    hits(entry.hits, surroundings),
    entry.variant.join(', '),
  );
  return {
    id: entry.id,
    label,
    description,
    icon: fresh ? { id: 'database', color: 'testing.iconPassed' } : { id: 'history', color: 'disabledForeground' },
    context: 'cacheEntry',
    tooltip: [
      [entry.method, url],
      [t('Servable'), entry.explanation],
      [t('Stored'), new Date(entry.storedAt).toLocaleString()],
      [t('Age'), formatDuration(entry.age * 1000)],
      [t('Lifetime'), formatDuration(entry.lifetime * 1000)],
      ...(entry.mediaType === undefined ? [] : ([[t('Type'), entry.mediaType]] as const)),
      ...(entry.variant.length === 0 ? [] : ([[t('Variant for'), entry.variant.join(', ')]] as const)),
    ],
    copies: entry.url,
  };
}

/** Share of answers that the cache gave, in whole percent; undefined before it was asked. */
export function hitRate(counters: Counters): number | undefined {
  const asked = counters.hits + counters.validated + counters.misses;
  return asked === 0 ? undefined : Math.round(((counters.hits + counters.validated) / asked) * 100);
}

/** What stands behind the tree's title. */
export function cacheDescription(
  cache: CacheSnapshot | undefined,
  counters: Counters | undefined,
  surroundings: RowSurroundings,
): string {
  if (cache === undefined) return '';
  const { t } = surroundings;
  const rate = counters === undefined ? undefined : hitRate(counters);
  return facts(
    cache.total === 1 ? t('1 entry') : t('{0} entries', cache.total.toLocaleString('en')),
    t('{0} of {1}', formatBytes(cache.bytes), formatBytes(cache.maxBytes)),
    rate === undefined ? undefined : t('{0} % hits', rate),
  );
}

/** The row that says that only the most recently used entries are shown. */
export function moreEntriesRow(hidden: number, { t }: RowSurroundings): Item {
  return {
    id: 'more-entries',
    label: t('{0} more', hidden.toLocaleString('en')),
    description: t('used longer ago'),
    icon: { id: 'ellipsis' },
  };
}
