// What is stored by host: for people who want one server's responses out of the cache and keep the rest.
import type { CacheHost } from '../contract/model.ts';
import type { Entry } from './entry.ts';

/** The authority of a cache key, as it stands in Host: `api.test:8080`. */
export function hostOf(url: string): string {
  return /^[^:]+:\/\/([^/?#]*)/.exec(url)?.[1] ?? '';
}

/** The hosts of the entries, those with the most entries first; at most `limit`. */
export function countByHost(entries: Iterable<readonly [string, Entry]>, limit: number): readonly CacheHost[] {
  const counts = new Map<string, { host: string; entries: number; bytes: number }>();
  for (const [, entry] of entries) {
    const host = hostOf(entry.url);
    const count = counts.get(host) ?? { host, entries: 0, bytes: 0 };
    count.entries += 1;
    count.bytes += entry.size;
    counts.set(host, count);
  }
  return [...counts.values()]
    .sort((one, other) => other.entries - one.entries || (one.host < other.host ? -1 : 1))
    .slice(0, limit);
}
