// One stored response: its fields as they will be served, its content, and the times that its age comes from.
import { formatHttpDate } from '../http/date.ts';
import { Fields } from '../http/fields.ts';
import { removeHopByHop } from '../http/hop-by-hop.ts';
import { isUnqualified, listedFields, type Directives } from './directives.ts';
import type { CacheRequest, CacheResponse } from './messages.ts';
import { searchRuleOf, type SearchRule } from './no-vary-search.ts';
import type { ExchangeTimes, Policy } from './policy.ts';
import { partOf, type Part } from './ranges.ts';
import { credentialsOf, selectingFields, type SelectingField } from './vary.ts';

/** What is not stored beside the fields of the connection: Age is made anew for each answer, framing and trailers too. */
const NEVER_STORED = ['age', 'te', 'trailer', 'transfer-encoding'];

/** Statuses whose responses have no content, and so no Content-Length of their own (RFC 9110 §8.6). */
const WITHOUT_CONTENT = new Set([204, 304]);

/** Representation metadata that a 304 does not repeat (RFC 9110 §15.4.5). */
const NOT_IN_304 = new Set(['content-encoding', 'content-length', 'content-range', 'content-type']);

/** Bytes that an entry costs beside its texts and its content, by rough measure. */
const ENTRY_OVERHEAD = 640;

/** Fields for use in answers: appending Age and Cache-Status to them costs one concatenation. */
export class StoredFields {
  readonly fields: Fields;
  readonly #text: string;
  /** Positions as `Fields.scanned` takes them, without the last. */
  readonly #marks: readonly number[];

  constructor(fields: Fields) {
    // A copy of its own: the text may be part of a received chunk that should not be kept alive.
    this.#text = Buffer.from(fields.text, 'latin1').toString('latin1');
    const shift = fields.count === 0 ? 0 : fields.offset(0);
    const marks: number[] = [];
    for (let index = 0; index < fields.count; index++) {
      const start = fields.offset(index) - shift;
      marks.push(start, start + fields.nameLength(index));
    }
    this.#marks = marks;
    this.fields = Fields.scanned(this.#text, [...marks, this.#text.length]);
  }

  /** Bytes on the wire. */
  get bytes(): number {
    return this.#text.length;
  }

  /** The fields with an Age (seconds) and a Cache-Status at the end. */
  served(age: number, status: string): Fields {
    const ageAt = this.#text.length;
    const ageLine = `Age: ${age}\r\n`;
    const statusAt = ageAt + ageLine.length;
    const text = `${this.#text}${ageLine}Cache-Status: ${status}\r\n`;
    const marks = this.#marks.concat(ageAt, ageAt + 3, statusAt, statusAt + 12, text.length);
    return Fields.scanned(text, marks);
  }
}

/** All that an entry is made of. */
export interface EntryParts {
  /** Unique within a cache. */
  readonly id: string;
  readonly url: string;
  readonly status: number;
  readonly reason: string;
  /** As they are to be served. */
  readonly fields: Fields;
  /** The whole content. */
  readonly body: Buffer;
  /** Read from the fields as they were received. */
  readonly policy: Policy;
  /** ms since 1970: when this response, or the one that validated it last, was received. */
  readonly responseTime: number;
  /** The request fields that it is for (RFC 9111 §4.1). */
  readonly variant: readonly SelectingField[];
  /** The only source that is answered with it; undefined where any may be. */
  readonly source: string | undefined;
  /** Whether the request that caused it had credentials (RFC 9111 §3.5). */
  readonly authorized: boolean;
  /** ms that upstream took to begin its answer. */
  readonly delay: number;
}

/** A stored response. Refreshing one makes another entry with the same identity. */
export class Entry implements EntryParts {
  readonly id: string;
  readonly url: string;
  readonly status: number;
  readonly reason: string;
  readonly body: Buffer;
  readonly policy: Policy;
  readonly responseTime: number;
  readonly variant: readonly SelectingField[];
  readonly source: string | undefined;
  readonly authorized: boolean;
  readonly delay: number;
  readonly stored: StoredFields;
  /** Where the content lies in the whole, for a 206; undefined where it is the whole. */
  readonly part: Part | undefined;
  /** Which other queries it answers too. */
  readonly search: SearchRule | undefined;
  /** What the entry counts for in the budget, in bytes. */
  readonly size: number;
  #storedFor304: StoredFields | undefined;
  /** How often it answered. */
  hits = 0;
  /** Why upstream is to be asked before its next use, whatever its age; undefined where only its age counts. */
  outdated: 'head-differs' | 'marked-expired' | undefined;
  /** Set while it is validated in the background, so that this is done once for any number of requests (RFC 5861 §3). */
  validating = false;

  constructor(parts: EntryParts) {
    this.id = parts.id;
    this.url = parts.url;
    this.status = parts.status;
    this.reason = parts.reason;
    this.body = parts.body;
    this.policy = parts.policy;
    this.responseTime = parts.responseTime;
    this.variant = parts.variant;
    this.source = parts.source;
    this.authorized = parts.authorized;
    this.delay = parts.delay;
    this.stored = new StoredFields(parts.fields);
    this.search = searchRuleOf(parts.fields);
    this.part = parts.status === 206 ? partOf(parts.fields) : undefined;
    this.size = sizeOf(this);
  }

  get fields(): Fields {
    return this.stored.fields;
  }

  /** The fields that a 304 made from this response carries. */
  get storedFor304(): StoredFields {
    this.#storedFor304 ??= new StoredFields(this.fields.without(NOT_IN_304));
    return this.#storedFor304;
  }

  /** Current age in seconds, RFC 9111 §4.2.3; never less than on arrival, even where the clock went back. */
  age(now: number): number {
    return this.policy.initialAge + Math.max(0, now - this.responseTime) / 1000;
  }

  /** How long ago it was received or validated, in seconds. */
  resident(now: number): number {
    return Math.max(0, now - this.responseTime) / 1000;
  }

  /** Freshness lifetime in seconds, where `ttl` (s) limits how long it is used after it was received. */
  lifetime(ttl: number): number {
    return Math.min(this.policy.lifetime.seconds, this.policy.initialAge + ttl);
  }
}

function sizeOf(entry: Entry): number {
  // The fields count thrice: their text, their positions, and the copy for 304.
  let size = ENTRY_OVERHEAD + entry.body.length + 3 * entry.stored.bytes + 2 * entry.url.length;
  for (const { name, value } of entry.variant) size += name.length + (value?.length ?? 0) + 64;
  return size;
}

/** An entry before its content is there. */
export type EntryHead = Omit<EntryParts, 'body'>;

/** The entry that a response will make; `policy` is read from its fields as received. */
export function entryHead(
  id: string,
  request: CacheRequest,
  response: CacheResponse,
  policy: Policy,
  times: ExchangeTimes,
): EntryHead {
  const { responseTime } = times;
  const delay = Math.max(0, responseTime - times.requestTime);
  const { status, reason } = response;
  const fields = storableFields(response.fields, policy.directives, responseTime);
  const variant = [...selectingFields(fields, request.fields), ...credentialsOf(policy, request)];
  const source = sourceOf(fields, policy, request);
  const authorized = request.fields.has('authorization');
  return { id, url: request.url, status, reason, fields, policy, responseTime, variant, source, authorized, delay };
}

/** The entry with its complete content. */
export function completed(head: EntryHead, body: Buffer): Entry {
  return new Entry({ ...head, fields: withContentLength(head.fields, head.status, body.length), body });
}

/** Why a response is for the source that caused it alone; undefined where it is for all (RFC 9111 §7.3). */
export function restrictionOf(
  fields: Fields,
  policy: Policy,
  request: CacheRequest,
): 'set-cookie' | 'credentials' | 'private' | undefined {
  const { directives, reading } = policy;
  if (directives.has('public')) return undefined;
  if (fields.has('set-cookie') || fields.has('set-cookie2')) return 'set-cookie';
  if (reading.scope === 'shared') return undefined;
  // A private cache is one user's, but each source may be another of the user's programs, with other rights.
  if (request.fields.has('authorization')) return 'credentials';
  return isUnqualified(directives.get('private')) ? 'private' : undefined;
}

/** The only source that a response is served to; undefined where any may have it. */
export function sourceOf(fields: Fields, policy: Policy, request: CacheRequest): string | undefined {
  return restrictionOf(fields, policy, request) === undefined ? undefined : request.source;
}

/** All fields of a response that may be kept in a shared cache, and a Date (RFC 9111 §3.1, RFC 9110 §6.6.1). */
export function storableFields(fields: Fields, directives: Directives, responseTime: number): Fields {
  const dropped = new Set(NEVER_STORED);
  // What is listed in a qualified no-cache or private must not be served to anybody later (RFC 9111 §5.2.2.4, §5.2.2.7).
  for (const name of listedFields(directives.get('no-cache'))) dropped.add(name);
  for (const name of listedFields(directives.get('private'))) dropped.add(name);
  const kept = removeHopByHop(fields).fields.without(dropped);
  return kept.has('date') ? kept : kept.append('Date', formatHttpDate(responseTime));
}

/** The fields with the Content-Length that the stored content has. */
function withContentLength(fields: Fields, status: number, bytes: number): Fields {
  if (WITHOUT_CONTENT.has(status)) return fields;
  const values = fields.values('content-length');
  return values.length === 1 && values[0] === String(bytes) ? fields : fields.replace('Content-Length', String(bytes));
}
