// Conditions: those that the cache puts to upstream, and those of the client that a stored response answers (RFC 9110 §13).
import type { Fields } from '../http/fields.ts';
import { splitList } from '../http/lists.ts';
import type { Entry } from './entry.ts';
import { dateOf } from './policy.ts';

/** A field to put on a forwarded request. */
export type Condition = readonly [name: string, value: string];

/** Asks upstream whether an entry is still current, in place of the client's own conditions (RFC 9111 §4.3.1). */
export function conditionsFor(entry: Entry): readonly Condition[] {
  const { etag, lastModified } = entry.policy;
  const conditions: Condition[] = [];
  if (etag !== undefined) conditions.push(['If-None-Match', etag]);
  if (lastModified !== undefined) conditions.push(['If-Modified-Since', lastModified]);
  return conditions;
}

/** An entity tag without its weakness flag. */
function opaqueTag(tag: string): string {
  return tag.startsWith('W/') ? tag.slice(2) : tag;
}

/** Weak comparison, RFC 9110 §8.8.3.2. */
export function sameTag(one: string, other: string): boolean {
  return opaqueTag(one) === opaqueTag(other);
}

/** Whether the client has the stored response already, so that 304 is the answer (RFC 9111 §4.3.2, RFC 9110 §13.2.2). */
export function isNotModified(request: Fields, entry: Entry, now: number): boolean {
  if (entry.status !== 200) return false;
  const tags = request.combined('if-none-match');
  if (tags !== undefined) {
    const { etag } = entry.policy;
    if (tags === '*') return true;
    return etag !== undefined && splitList(tags).some((tag) => sameTag(tag, etag));
  }
  const since = dateOf(request, 'if-modified-since', now);
  if (since === undefined) return false;
  // Without Last-Modified its Date takes its place, and without one the time of receiving it (RFC 9111 §4.3.2).
  const changed = dateOf(entry.fields, 'last-modified', now) ?? dateOf(entry.fields, 'date', now) ?? entry.responseTime;
  return changed <= since;
}
