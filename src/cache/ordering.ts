// Which entries a snapshot shows, and in which order: the first of all that are stored, chosen without sorting the rest.
import type { CacheOrder } from '../contract/model.ts';
import type { Entry } from './entry.ts';

/** The larger, the further in front. */
const RANKS: Readonly<Record<Exclude<CacheOrder, 'recent'>, (entry: Entry, now: number) => number>> = {
  size: (entry) => entry.size,
  age: (entry, now) => entry.age(now),
  hits: (entry) => entry.hits,
};

interface Ranked {
  readonly entry: Entry;
  readonly rank: number;
}

/**
 * The first `limit` of `entries`, which come most recently used first; equals stay in that order. A store holds hundreds
 * of thousands of entries, so those that have no chance cost one comparison each.
 */
export function firstInOrder(
  entries: Iterable<readonly [string, Entry]>,
  order: CacheOrder,
  limit: number,
  now: number,
): readonly Entry[] {
  if (order === 'recent') return firstOf(entries, limit);
  const rankOf = RANKS[order];
  let best: Ranked[] = [];
  let least = Number.NEGATIVE_INFINITY;
  for (const [, entry] of entries) {
    const rank = rankOf(entry, now);
    if (rank <= least) continue;
    best.push({ entry, rank });
    if (best.length < 2 * limit) continue;
    best = leading(best, limit);
    least = best.at(-1)?.rank ?? least;
  }
  return leading(best, limit).map(({ entry }) => entry);
}

function firstOf(entries: Iterable<readonly [string, Entry]>, limit: number): readonly Entry[] {
  const first: Entry[] = [];
  for (const [, entry] of entries) {
    if (first.length >= limit) break;
    first.push(entry);
  }
  return first;
}

function leading(ranked: readonly Ranked[], limit: number): Ranked[] {
  return ranked.toSorted((one, other) => other.rank - one.rank).slice(0, limit);
}
