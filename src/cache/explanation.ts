// A stored response as a row of the Cache view: its figures, and in words whether it answers.
import type { CacheEntrySummary } from '../contract/model.ts';
import type { Entry } from './entry.ts';
import { canValidate } from './finding.ts';
import type { SelectingField } from './vary.ts';

function seconds(value: number): string {
  return `${Math.floor(Math.max(0, value)).toLocaleString('en-US')} s`;
}

/** Why the entry is or is not servable at `now` (ms since 1970) under the limit `ttl` (s), in words. */
function explain(entry: Entry, now: number, ttl: number): string {
  const next = canValidate(entry) ? 'asks upstream whether it is still the same' : 'fetches it again';
  if (entry.outdated) return `a HEAD response differed from it: the next request ${next}`;
  if (entry.policy.noCache) return `no-cache: every request ${next}`;
  const age = entry.age(now);
  const lifetime = entry.lifetime(ttl);
  if (age < lifetime) return `fresh for ${seconds(lifetime - age)}${limits(entry)}`;
  if (age < entry.policy.lifetime.seconds) return `older than cache.ttl (${seconds(ttl)}): the next request ${next}`;
  return `stale for ${seconds(age - lifetime)}: the next request ${next}`;
}

function limits(entry: Entry): string {
  if (entry.source === undefined) return '';
  const cause = entry.fields.has('set-cookie') ? ' (Set-Cookie)' : '';
  return `, for the source ${entry.source} only${cause}`;
}

/** A field that a variant is for; credentials are told apart, but not shown. */
function described({ name, lowerName, value }: SelectingField): string {
  if (value === undefined) return `${name}: (none)`;
  return `${name}: ${lowerName === 'authorization' || lowerName === 'cookie' ? '(hidden)' : value}`;
}

/** The entry as views show it. */
export function summarise(entry: Entry, now: number, ttl: number): CacheEntrySummary {
  const mediaType = entry.fields.get('content-type');
  const lifetime = entry.lifetime(ttl);
  const usable = !entry.policy.noCache && !entry.outdated;
  return {
    id: entry.id,
    method: 'GET',
    url: entry.url,
    status: entry.status,
    ...(mediaType === undefined ? {} : { mediaType }),
    size: entry.size,
    storedAt: entry.responseTime,
    freshUntil: usable ? entry.responseTime + (lifetime - entry.policy.initialAge) * 1000 : entry.responseTime,
    age: entry.age(now),
    lifetime,
    hits: entry.hits,
    explanation: explain(entry, now, ttl),
    variant: entry.variant.map(described),
  };
}
