// A stored response as a row of the Cache view: its figures, and what decides on whether it answers.
import type { EntryStanding } from '../contract/decisions.ts';
import type { CacheEntrySummary } from '../contract/model.ts';
import type { Entry } from './entry.ts';
import { canValidate, originOf } from './finding.ts';
import { sentValue } from './vary.ts';

function standingOf(entry: Entry, lifetime: number): EntryStanding {
  const outdated = entry.outdated ?? (entry.policy.noCache ? ('no-cache' as const) : undefined);
  return {
    ...(outdated === undefined ? {} : { outdated }),
    ...originOf(entry, lifetime),
    validates: canValidate(entry),
    ...(entry.source === undefined ? {} : { source: entry.source }),
  };
}

/** What the store knows of an entry beside the entry itself. */
interface Place {
  readonly pinned: boolean;
  /** Entries of the same URL. */
  readonly variants: number;
}

/** The entry as views show it, under the limit `ttl` (s). */
export function summarise(entry: Entry, ttl: number, { pinned, variants }: Place): CacheEntrySummary {
  const mediaType = entry.fields.get('content-type');
  const contentEncoding = entry.fields.combined('content-encoding');
  const lifetime = entry.lifetime(ttl);
  const standing = standingOf(entry, lifetime);
  const usableFor = standing.outdated === undefined ? lifetime - entry.policy.initialAge : 0;
  return {
    id: entry.id,
    method: 'GET',
    url: entry.url,
    status: entry.status,
    ...(mediaType === undefined ? {} : { mediaType }),
    ...(contentEncoding === undefined ? {} : { contentEncoding }),
    size: entry.size,
    storedAt: entry.responseTime,
    freshUntil: entry.responseTime + usableFor * 1000,
    ageAtStoring: entry.policy.initialAge,
    lifetime,
    hits: entry.hits,
    pinned,
    standing,
    variant: entry.variant.map((field) => `${field.name}: ${sentValue(field) ?? '(none)'}`),
    variants,
  };
}
