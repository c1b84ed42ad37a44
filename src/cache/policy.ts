// What a stored response says about its use, read once when it is stored: freshness, age, validators (RFC 9111 §4.2).
import type { Because, LifetimeOrigin } from '../contract/decisions.ts';
import { parseHttpDate } from '../http/date.ts';
import type { Fields } from '../http/fields.ts';
import { splitList } from '../http/lists.ts';
import { deltaSeconds, isUnqualified, lineOf, type Directives } from './directives.ts';
import { governing, type GoverningField, type Scope } from './targeted.ts';

/** When the request was sent and when its response's head was there; ms since 1970. */
export interface ExchangeTimes {
  readonly requestTime: number;
  readonly responseTime: number;
}

/** How long a response is fresh, counted from its generation (RFC 9111 §4.2.1). */
interface Lifetime {
  readonly seconds: number;
  readonly origin: LifetimeOrigin;
  /** False where it was guessed (RFC 9111 §4.2.2). */
  readonly explicit: boolean;
  readonly because: Because;
}

/** For whom a response is read, and whether one without explicit freshness is fresh all the same. */
interface Reading {
  readonly scope: Scope;
  /** The mode `force`. */
  readonly forced: boolean;
}

const asShared: Reading = { scope: 'shared', forced: false };

/** A response as the cache reads it. Times in seconds. */
export interface Policy {
  readonly reading: Reading;
  /** The field that the directives stand in. */
  readonly governedBy: GoverningField;
  readonly directives: Directives;
  readonly lifetime: Lifetime;
  /** Corrected initial age, RFC 9111 §4.2.3. */
  readonly initialAge: number;
  /** Unqualified `no-cache`: validated before each use (RFC 9111 §5.2.2.4). */
  readonly noCache: boolean;
  /** Never served stale: `must-revalidate`, `proxy-revalidate` or `s-maxage` (RFC 9111 §5.2.2.2, §5.2.2.8, §5.2.2.10). */
  readonly mustRevalidate: boolean;
  /** The entity tag as sent, where there is exactly one. */
  readonly etag: string | undefined;
  /** The Last-Modified as sent, where there is exactly one and it is a date. */
  readonly lastModified: string | undefined;
  /** The window in which an error of upstream may be covered up (RFC 5861 §4). */
  readonly staleIfError: number | undefined;
  /** The window in which a stale response answers while it is validated (RFC 5861 §3). */
  readonly staleWhileRevalidate: number | undefined;
}

/** Statuses that may be stored without explicit freshness (RFC 9110 §15.1). */
const HEURISTIC_STATUSES = new Set([200, 203, 204, 206, 300, 301, 308, 404, 405, 410, 414, 501]);

/** True for a status that is defined as heuristically cacheable. */
export function isHeuristicStatus(status: number): boolean {
  return HEURISTIC_STATUSES.has(status);
}

/** Part of the time since the last change for which a response without explicit freshness is used (RFC 9111 §4.2.2). */
const HEURISTIC_FRACTION = 0.1;

/** The one date of a field in ms since 1970; undefined where it is missing, repeated or not an HTTP date. */
export function dateOf(fields: Fields, lowerName: string, now: number): number | undefined {
  const first = fields.indexOf(lowerName);
  if (first < 0 || fields.indexOf(lowerName, first + 1) >= 0) return undefined;
  return parseHttpDate(fields.value(first), new Date(now).getUTCFullYear());
}

/** The Age that came with a response in seconds: the first member of the first line, 0 unless it is digits only. */
function receivedAge(fields: Fields): number {
  const line = fields.get('age');
  return line === undefined ? 0 : (deltaSeconds(splitList(line)[0]) ?? 0);
}

function because(fields: Fields, clause: string, lowerName: string, directive?: string): Because {
  const field = lineOf(fields, lowerName, directive);
  return field === undefined ? { clause } : { clause, field, side: 'response' };
}

interface LifetimeContext {
  /** ms since 1970: when the response was made. */
  readonly date: number;
  readonly reading: Reading;
  readonly governedBy: GoverningField;
}

/** Fresh until `cache.ttl` ends it, which counts from when the response was stored or validated. */
const forcedLifetime: Lifetime = {
  seconds: Number.POSITIVE_INFINITY,
  origin: 'forced',
  explicit: false,
  because: { clause: 'setting cache.mode' },
};

/** Seconds from the date for which the response is fresh, RFC 9111 §4.2.1 and §4.2.2. */
function lifetimeOf(status: number, fields: Fields, directives: Directives, context: LifetimeContext): Lifetime {
  const { date, reading, governedBy } = context;
  for (const origin of ['s-maxage', 'max-age'] as const) {
    // s-maxage is for shared caches only (RFC 9111 §5.2.2.10).
    if (!directives.has(origin) || (origin === 's-maxage' && reading.scope === 'private')) continue;
    // An argument that is no number makes the response stale (RFC 9111 §4.2.1, last paragraph).
    const seconds = deltaSeconds(directives.get(origin)) ?? 0;
    const clause = origin === 's-maxage' ? 'RFC 9111 §5.2.2.10' : 'RFC 9111 §5.2.2.1';
    return { seconds, origin, explicit: true, because: because(fields, clause, governedBy, origin) };
  }
  // A targeted field takes the place of Expires too (RFC 9213 §2.1).
  if (fields.has('expires') && governedBy === 'cache-control') {
    // What is no date means the past (RFC 9111 §5.3), and so do two dates.
    const expires = dateOf(fields, 'expires', date);
    const seconds = expires === undefined ? 0 : Math.max(0, (expires - date) / 1000);
    return { seconds, origin: 'expires', explicit: true, because: because(fields, 'RFC 9111 §5.3', 'expires') };
  }
  return reading.forced ? forcedLifetime : guessedLifetime(status, fields, directives, date);
}

/** A part of the time for which it had not changed, where the status allows to guess (RFC 9111 §4.2.2). */
function guessedLifetime(status: number, fields: Fields, directives: Directives, date: number): Lifetime {
  const changed = dateOf(fields, 'last-modified', date);
  const guessed = changed !== undefined && (isHeuristicStatus(status) || directives.has('public'));
  return {
    seconds: guessed ? Math.max(0, ((date - changed) / 1000) * HEURISTIC_FRACTION) : 0,
    origin: 'heuristic',
    explicit: false,
    because: because(fields, 'RFC 9111 §4.2.2', 'last-modified'),
  };
}

/** Corrected initial age in seconds, RFC 9111 §4.2.3. */
function initialAgeOf(fields: Fields, times: ExchangeTimes, date: number): number {
  const apparentAge = Math.max(0, (times.responseTime - date) / 1000);
  const responseDelay = Math.max(0, (times.responseTime - times.requestTime) / 1000);
  return Math.max(apparentAge, receivedAge(fields) + responseDelay);
}

function onlyOne(fields: Fields, lowerName: string): string | undefined {
  const values = fields.values(lowerName);
  return values.length === 1 ? values[0] : undefined;
}

/** Reads a response once, for all its later uses. */
export function readPolicy(status: number, fields: Fields, times: ExchangeTimes, reading: Reading = asShared): Policy {
  const { name: governedBy, directives } = governing(fields, reading.scope);
  const shared = reading.scope === 'shared';
  const date = dateOf(fields, 'date', times.responseTime) ?? times.responseTime;
  const lastModified = dateOf(fields, 'last-modified', times.responseTime);
  return {
    reading,
    governedBy,
    directives,
    lifetime: lifetimeOf(status, fields, directives, { date, reading, governedBy }),
    initialAge: initialAgeOf(fields, times, date),
    noCache: isUnqualified(directives.get('no-cache')),
    mustRevalidate:
      directives.has('must-revalidate') ||
      (shared && (directives.has('proxy-revalidate') || directives.has('s-maxage'))),
    etag: onlyOne(fields, 'etag'),
    lastModified: lastModified === undefined ? undefined : onlyOne(fields, 'last-modified'),
    staleIfError: deltaSeconds(directives.get('stale-if-error')),
    staleWhileRevalidate: deltaSeconds(directives.get('stale-while-revalidate')),
  };
}

/** Whether upstream can be asked if the response is still the same (RFC 9111 §4.3.1). */
export function hasValidator(policy: Policy): boolean {
  return policy.etag !== undefined || policy.lastModified !== undefined;
}
