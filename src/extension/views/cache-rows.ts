// The rows of the Cache tree: stored responses, variants below their URL, how long they are good for and how often they answered.
import { ageOf, describeEntry } from '../../formats/cache-entry.ts';
import { formatBytes, formatDuration, formatShare } from '../../formats/numbers.ts';
import type { CacheEntrySummary, CacheOrder, CacheSnapshot, Counters } from '../../contract/model.ts';
import { shownUrl, shownValue } from '../model/secrets.ts';
import type { Translate } from '../translate.ts';
import { facts, type Icon, type Item, type TooltipLines } from './item.ts';
import { pathOf, type RowSurroundings } from './request-rows.ts';
import { roughTime } from './rough-time.ts';

function freshness(entry: CacheEntrySummary, { t, now }: RowSurroundings): string {
  const { outdated } = entry.standing;
  if (outdated === 'no-cache') return t('validated each time');
  if (outdated === 'head-differs') return t('to be validated');
  if (outdated === 'marked-expired') return t('marked as expired');
  const left = entry.freshUntil - now;
  return left > 0 ? t('fresh for {0}', roughTime(left)) : t('stale for {0}', roughTime(-left));
}

function hits(count: number, { t }: RowSurroundings): string {
  return count === 1 ? t('1 hit') : t('{0} hits', count.toLocaleString('en'));
}

function iconOf(entry: CacheEntrySummary, { now }: RowSurroundings): Icon {
  const fresh = entry.freshUntil > now;
  const color = fresh ? 'testing.iconPassed' : 'disabledForeground';
  if (entry.pinned) return { id: 'pinned', color };
  return { id: fresh ? 'database' : 'history', color };
}

/** What a variant is for, as `Accept-Language: de`; values that give access are masked. */
function variantText(entry: CacheEntrySummary, { revealed }: RowSurroundings): string {
  const shown = entry.variant.map((field) => {
    const colon = field.indexOf(': ');
    const name = field.slice(0, colon);
    const value = field.slice(colon + 2);
    return value === '(none)' ? field : `${name}: ${shownValue(name, value, revealed)}`;
  });
  return shown.join(', ');
}

function entryRow(entry: CacheEntrySummary, label: string, variant: string, surroundings: RowSurroundings): Item {
  return {
    id: entry.id,
    label,
    description: facts(
      entry.status === 200 ? undefined : String(entry.status),
      formatBytes(entry.size),
      freshness(entry, surroundings),
      hits(entry.hits, surroundings),
      entry.pinned ? surroundings.t('pinned') : undefined,
      variant,
    ),
    icon: iconOf(entry, surroundings),
    context: entry.pinned ? 'cacheEntry pinned' : 'cacheEntry loose',
    copies: entry.url,
  };
}

function labelOf({ method, url }: CacheEntrySummary, { revealed }: RowSurroundings): string {
  const path = pathOf(shownUrl(url, revealed));
  return method === 'GET' ? path : `${method} ${path}`;
}

/** A stored response that is the only one of its URL. */
export function cacheRow(entry: CacheEntrySummary, surroundings: RowSurroundings): Item {
  return entryRow(entry, labelOf(entry, surroundings), variantText(entry, surroundings), surroundings);
}

/** A stored response below its URL: named by what it is for. */
function variantRow(entry: CacheEntrySummary, surroundings: RowSurroundings): Item {
  const { source } = entry.standing;
  const { t } = surroundings;
  const forSource = source === undefined ? undefined : t('source {0}', source);
  return entryRow(entry, facts(variantText(entry, surroundings), forSource) || t('any request'), '', surroundings);
}

function sum(entries: readonly CacheEntrySummary[], of: (entry: CacheEntrySummary) => number): number {
  return entries.reduce((total, entry) => total + of(entry), 0);
}

/** A URL with several variants; `entries` are those of the snapshot, and not empty. */
function urlRow(first: CacheEntrySummary, entries: readonly CacheEntrySummary[], surroundings: RowSurroundings): Item {
  const { t, revealed } = surroundings;
  const hidden = first.variants - entries.length;
  return {
    id: `url ${first.url}`,
    label: labelOf(first, surroundings),
    description: facts(
      t('{0} variants', first.variants),
      hidden > 0 ? t('{0} of them not shown', hidden) : undefined,
      formatBytes(sum(entries, (entry) => entry.size)),
      hits(
        sum(entries, (entry) => entry.hits),
        surroundings,
      ),
    ),
    icon: { id: 'versions' },
    expandable: 'collapsed',
    context: 'cacheUrl',
    tooltip: [[first.method, shownUrl(first.url, revealed)]],
    copies: first.url,
  };
}

/** The rows of the tree's first level: URLs with several variants, and the responses of all others. */
export function cacheRows(cache: CacheSnapshot, surroundings: RowSurroundings): readonly Item[] {
  const seen = new Set<string>();
  const rows = cache.entries.flatMap((entry) => {
    if (entry.variants < 2) return [cacheRow(entry, surroundings)];
    if (seen.has(entry.url)) return [];
    seen.add(entry.url);
    return [urlRow(entry, entriesOf(cache, entry.url), surroundings)];
  });
  const hidden = cache.total - cache.entries.length;
  return hidden > 0 ? [...rows, moreEntriesRow(hidden, cache.order, surroundings)] : rows;
}

function entriesOf(cache: CacheSnapshot, url: string): readonly CacheEntrySummary[] {
  return cache.entries.filter((entry) => entry.url === url);
}

/** The rows below one of the first level. */
export function cacheVariants(cache: CacheSnapshot, row: Item, surroundings: RowSurroundings): readonly Item[] {
  if (row.context !== 'cacheUrl' || row.copies === undefined) return [];
  return entriesOf(cache, row.copies).map((entry) => variantRow(entry, surroundings));
}

/** All that is known of a stored response, made when somebody asks: its age runs. */
export function cacheTooltip(entry: CacheEntrySummary, surroundings: RowSurroundings): TooltipLines {
  const { t, now, revealed } = surroundings;
  const lines: [string, string][] = [
    [entry.method, shownUrl(entry.url, revealed)],
    [t('Servable'), describeEntry(entry, now)],
    [t('Stored'), new Date(entry.storedAt).toLocaleString()],
    [t('Age'), formatDuration(ageOf(entry, now) * 1000)],
    [t('Lifetime'), formatDuration(entry.lifetime * 1000)],
  ];
  const { clause } = entry.standing.because;
  if (clause.startsWith('RFC')) lines.push([t('Rule'), clause]);
  if (entry.mediaType !== undefined) lines.push([t('Type'), entry.mediaType]);
  if (entry.contentEncoding !== undefined) lines.push([t('Encoding'), entry.contentEncoding]);
  if (entry.variant.length > 0) lines.push([t('Variant for'), variantText(entry, surroundings)]);
  if (entry.pinned) lines.push([t('Pinned'), t('stays until it is unpinned, flushed, evicted by hand or invalidated')]);
  return lines;
}

/** Share of answers that the cache gave, in whole percent; undefined before it was asked. */
export function hitRate(counters: Counters): number | undefined {
  const asked = counters.hits + counters.validated + counters.misses;
  return asked === 0 ? undefined : Math.round(((counters.hits + counters.validated) / asked) * 100);
}

/** The figures of the cache in the order in which they are shown; one that is 0 is left out. To show another, add it here. */
const FIGURES: readonly ((counters: Counters, t: Translate) => readonly [count: number, words: string])[] = [
  ({ hits: count }, t) => [count, t('{0} hits', count.toLocaleString('en'))],
  ({ validated }, t) => [validated, t('{0} revalidated', validated.toLocaleString('en'))],
  ({ misses }, t) => [misses, t('{0} misses', misses.toLocaleString('en'))],
  ({ stored }, t) => [stored, t('{0} stored', stored.toLocaleString('en'))],
  ({ evicted }, t) => [evicted, t('{0} evicted', evicted.toLocaleString('en'))],
  ({ expired }, t) => [expired, t('{0} expired', expired.toLocaleString('en'))],
];

/** What the cache did since the engine started, in words; empty before it did anything. */
export function cacheFigures(counters: Counters, t: Translate): string {
  return facts(
    ...FIGURES.map((figure) => figure(counters, t)).map(([count, words]) => (count > 0 ? words : undefined)),
  );
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
    formatShare(cache.bytes, cache.maxBytes, t('of')),
    rate === undefined ? undefined : t('{0} % hits', rate),
  );
}

function behindInOrder(order: CacheOrder, t: Translate): string {
  switch (order) {
    case 'recent':
      return t('used longer ago');
    case 'size':
      return t('smaller');
    case 'age':
      return t('younger');
    case 'hits':
      return t('with fewer hits');
  }
}

/** The row that says that only the first entries are shown. */
function moreEntriesRow(hidden: number, order: CacheOrder, { t }: RowSurroundings): Item {
  return {
    id: 'more-entries',
    label: t('{0} more', hidden.toLocaleString('en')),
    description: behindInOrder(order, t),
    icon: { id: 'ellipsis' },
  };
}
