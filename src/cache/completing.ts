// Parts of one response joined: what is asked for to complete a stored part, and what may be joined (RFC 9111 §3.3, §3.4).
import type { Fields } from '../http/fields.ts';
import type { Condition } from './conditional.ts';
import { Entry, type EntryParts } from './entry.ts';
import type { CacheRequest, CacheResponse } from './messages.ts';
import { combined, isExact, isStrongTag, partOf, type Part } from './ranges.ts';
import { merged } from './refreshing.ts';

/** Fields by which a request already says which content it wants. */
const SELECTIVE = ['range', 'if-range', 'if-none-match', 'if-modified-since'];

/** The fields that ask upstream for the rest of a stored beginning; undefined where the rest alone would not help. */
export function conditionsToComplete(entry: Entry, { method, fields }: CacheRequest): readonly Condition[] | undefined {
  if (method !== 'GET' || entry.part?.first !== 0 || !isExact(entry) || entry.outdated) return undefined;
  if (SELECTIVE.some((name) => fields.has(name))) return undefined;
  const range: Condition = ['Range', `bytes=${entry.body.length}-`];
  const { etag } = entry.policy;
  return isStrongTag(etag) ? [range, ['If-Range', etag]] : [range];
}

/** Whether two responses are certainly of the same representation. */
function isSame(entry: Entry, fields: Fields): boolean {
  const { etag } = entry.policy;
  return isStrongTag(etag) && fields.get('etag') === etag;
}

/** The rest that a response is of a stored beginning; undefined where they must not be joined. */
export function restOf(entry: Entry, { status, fields }: CacheResponse): Part | undefined {
  const part = status === 206 ? partOf(fields) : undefined;
  if (part === undefined || part.first !== entry.body.length || part.last !== part.total - 1) return undefined;
  return part.total === entry.part?.total && isSame(entry, fields) ? part : undefined;
}

/** Fields of the parts that are not those of what they make together. */
const OF_PART: ReadonlySet<string> = new Set(['content-length', 'content-range']);

/** Fields for a whole, or for another part, in place of those of one part. */
export function fieldsOfWhole(fields: Fields, length: number, part?: Part): Fields {
  const bare = fields.without(OF_PART).append('Content-Length', String(length));
  return part === undefined ? bare : bare.append('Content-Range', `bytes ${part.first}-${part.last}/${part.total}`);
}

/**
 * What a newly stored part does to another entry of the same variant: `joined` with it to one; `kept` beside it, being of
 * the same representation; or `outdated`, because nothing says that they belong together (RFC 9111 §3.4).
 */
export function join(
  other: Entry,
  entry: Entry,
  maxBytes: number,
): { readonly kind: 'joined'; readonly entry: Entry } | { readonly kind: 'kept' | 'outdated' } {
  if (!isSame(other, entry.fields)) return { kind: 'outdated' };
  const content = combined(other, entry, maxBytes);
  if (content === undefined) return { kind: 'kept' };
  const { body, part } = content;
  const fields = fieldsOfWhole(merged(other.fields, entry.fields.without(OF_PART)), body.length, part);
  const whole = part === undefined ? { status: 200, reason: 'OK' } : { status: entry.status, reason: entry.reason };
  const parts: EntryParts = { ...partsOf(entry), ...whole, body, fields };
  return { kind: 'joined', entry: new Entry(parts) };
}

function partsOf(entry: Entry): EntryParts {
  const { id, url, status, reason, fields, body, policy, responseTime, variant, source, authorized, delay } = entry;
  return { id, url, status, reason, fields, body, policy, responseTime, variant, source, authorized, delay };
}
