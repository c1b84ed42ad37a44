// The request that asks upstream about a stored response when no client does: nothing but what the response was chosen by.
import { Fields } from '../http/fields.ts';
import type { Entry } from './entry.ts';
import { sentValue } from './vary.ts';

/** The source of requests that the proxy sends by itself. */
const OWN_SOURCE = 'wirelens';

/** A request that leads to the entry and to upstream; the cache adds the validators on its way. */
export interface Revalidation {
  readonly url: string;
  readonly fields: Fields;
  readonly source: string;
}

/**
 * The request for an entry: the fields named in its Vary as they were, and `no-cache`, which makes this cache and those
 * behind it ask the origin (RFC 9111 §5.2.1.4). Credentials are known, and sent,
 * only where Vary names their field.
 */
export function revalidationOf(entry: Entry, authority: string): Revalidation {
  const lines: [string, string][] = [['Host', authority]];
  const named = new Set(['host', 'cache-control', 'pragma']);
  for (const field of entry.variant) {
    const value = sentValue(field);
    if (value === undefined || named.has(field.lowerName)) continue;
    named.add(field.lowerName);
    lines.push([field.name, value]);
  }
  lines.push(['Cache-Control', 'no-cache']);
  return { url: entry.url, fields: Fields.of(lines), source: entry.source ?? OWN_SOURCE };
}
