// A stored response in words: whether it answers the next request by itself, and why.
import { assertNever } from '../base/assert-never.ts';
import type { CacheEntrySummary } from '../contract/model.ts';
import { originInWords } from './decisions.ts';

function seconds(value: number): string {
  return `${Math.floor(Math.max(0, value)).toLocaleString('en-US')} s`;
}

/** Current age in seconds at `now` (ms since 1970), RFC 9111 §4.2.3. */
export function ageOf(entry: CacheEntrySummary, now: number): number {
  return entry.ageAtStoring + Math.max(0, now - entry.storedAt) / 1000;
}

const OUTDATED = {
  'no-cache': '`no-cache`: every request',
  'head-differs': 'A HEAD response differed from it: the next request',
  'marked-expired': 'Marked as expired: the next request',
} as const;

/** What the lifetime comes from, to stand behind "because"; a field is quoted as it stands in the response. */
function cause({ standing }: CacheEntrySummary): string {
  switch (standing.origin) {
    case 'max-age':
    case 's-maxage':
    case 'expires':
      return `\`${originInWords(standing.origin, standing.because)}\``;
    case 'heuristic':
      return 'of a tenth of the time since `Last-Modified`';
    case 'forced':
      return 'cache.mode is force';
    case 'ttl':
      return 'of the limit cache.ttl';
    default:
      return assertNever(standing.origin);
  }
}

/** One sentence without its full stop, such as: Fresh for 37 s because `max-age=60`, age 23 s. */
export function describeEntry(entry: CacheEntrySummary, now: number): string {
  const { standing, lifetime } = entry;
  const next = standing.validates ? 'asks upstream whether it is still the same' : 'fetches it again';
  if (standing.outdated !== undefined) return `${OUTDATED[standing.outdated]} ${next}`;
  const age = ageOf(entry, now);
  const why = `because ${cause(entry)}, age ${seconds(age)}`;
  if (age >= lifetime) return `Stale for ${seconds(age - lifetime)} ${why}: the next request ${next}`;
  const only = standing.source === undefined ? '' : `, for the source ${standing.source} only`;
  return `Fresh for ${seconds(lifetime - age)} ${why}${only}`;
}
