// A stored response brought up to date by a 304 or by the answer to a HEAD (RFC 9111 §3.2, §4.3.4, §4.3.5).
import { formatHttpDate } from '../http/date.ts';
import { Fields } from '../http/fields.ts';
import { sameTag } from './conditional.ts';
import { noDirectives } from './directives.ts';
import { Entry, sourceOf, storableFields } from './entry.ts';
import type { CacheRequest } from './messages.ts';
import { readPolicy, type ExchangeTimes } from './policy.ts';
import { credentialsOf, selectingFields, varyNames } from './vary.ts';

/** What describes the stored content itself and so is not replaced (RFC 9111 §3.2). */
const KEPT = new Set(['content-length', 'content-encoding', 'content-range']);

/** The fields of an update that replace stored ones; a Date is added where it has none (RFC 9110 §6.6.1). */
function replacing(entry: Entry, update: Fields, responseTime: number): Fields {
  const { etag } = entry.policy;
  const sent = update.get('etag');
  // Servers that compress on the fly weaken the tag of a 200 and forget to in the 304: the content is the weak one.
  const keepsTag = etag !== undefined && sent !== undefined && etag !== sent && sameTag(etag, sent);
  const fields = update.without(keepsTag ? new Set([...KEPT, 'etag']) : KEPT);
  return fields.has('date') ? fields : fields.append('Date', formatHttpDate(responseTime));
}

/** Stored fields with those of an update in their places (RFC 9111 §3.2). */
export function merged(stored: Fields, update: Fields): Fields {
  const replaced = new Set(Array.from(update, ([name]) => name.toLowerCase()));
  return Fields.of([...stored.without(replaced), ...update]);
}

/** Whether an update carries the ETag of another representation, so that it must not be used (RFC 9111 §4.3.4). */
export function isForeign(entry: Entry, update: Fields): boolean {
  const { etag } = entry.policy;
  const sent = update.get('etag');
  return etag !== undefined && sent !== undefined && !sameTag(etag, sent);
}

/** Whether the answer to a HEAD is about the stored content: validators and length, where given, are the same. */
export function agrees(entry: Entry, status: number, update: Fields): boolean {
  if (status !== entry.status) return false;
  return ['etag', 'last-modified', 'content-length'].every((name) => {
    const value = update.get(name);
    return value === undefined || value === entry.fields.get(name);
  });
}

/**
 * The entry with the update's fields, as it is to be stored, and as it answers the request that brought the update:
 * that answer also has what the update brought but must not be stored (qualified `no-cache` and `private`). The age
 * starts again with the update.
 */
export function refresh(
  entry: Entry,
  request: CacheRequest,
  update: Fields,
  times: ExchangeTimes,
): { readonly stored: Entry; readonly answering: Entry; readonly received: Fields } {
  const { responseTime } = times;
  const received = merged(entry.fields, replacing(entry, update, responseTime));
  const policy = readPolicy(entry.status, received, times, entry.policy.reading);
  const fields = storableFields(received, policy.directives, responseTime);
  const credentials = credentialsOf(policy, request);
  const names = [...varyNames(fields), ...credentials.map(({ name }) => name)];
  const sameVary = names.length === entry.variant.length && names.every((name, at) => name === entry.variant[at]?.name);
  const parts = {
    id: entry.id,
    url: entry.url,
    status: entry.status,
    reason: entry.reason,
    body: entry.body,
    policy,
    responseTime,
    variant: sameVary ? entry.variant : [...selectingFields(fields, request.fields), ...credentials],
    source: sourceOf(fields, policy, request),
    delay: entry.delay,
    authorized: entry.authorized || request.fields.has('authorization'),
  };
  const stored = new Entry({ ...parts, fields });
  stored.hits = entry.hits;
  const all = storableFields(received, noDirectives, responseTime);
  return { stored, answering: all.count === fields.count ? stored : new Entry({ ...parts, fields: all }), received };
}
