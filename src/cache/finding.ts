// Whether a stored response may answer a request, and why not (RFC 9111 §4, §4.2.4, §5.2.1).
import type { Because, FindDecision, LifetimeOrigin, MissReason } from '../contract/decisions.ts';
import { splitList } from '../http/lists.ts';
import type { Fields } from '../http/fields.ts';
import { deltaSeconds, directivesOf, lineOf, noDirectives, type Directives } from './directives.ts';
import type { Entry } from './entry.ts';
import type { CacheRequest } from './messages.ts';
import { rangeOf, rangeStands, sliceOf, type ByteRange, type Slice } from './ranges.ts';
import { hasValidator } from './policy.ts';
import { differingField } from './vary.ts';

const pragmaNoCache: Directives = new Map([['no-cache', true]]);

/** What a request demands of a cache: its Cache-Control, or without one its Pragma (RFC 9111 §5.4). */
export function demandsOf(fields: Fields): Directives {
  if (fields.has('cache-control')) return directivesOf(fields);
  const pragma = fields.combined('pragma');
  if (pragma === undefined) return noDirectives;
  return splitList(pragma.toLowerCase()).includes('no-cache') ? pragmaNoCache : noDirectives;
}

/** Why the cache is not asked for a request that it could otherwise answer; undefined where it is. */
export function notAsked(request: CacheRequest): FindDecision | undefined {
  const { method, fields } = request;
  if (method !== 'GET' && method !== 'HEAD') {
    return { kind: 'not-asked', reason: 'method', method, because: { clause: 'RFC 9111 §3' } };
  }
  if (wantedRange(request) === 'other') return decline('range', 'RFC 9110 §14.2', lineOf(fields, 'range'));
  // These two are for the origin only, and a cache must not evaluate them (RFC 9111 §4.3.2).
  for (const name of ['if-match', 'if-unmodified-since']) {
    if (fields.has(name)) return decline('conditional', 'RFC 9111 §4.3.2', lineOf(fields, name));
  }
  return undefined;
}

function decline(
  reason: (FindDecision & { kind: 'not-asked' })['reason'],
  clause: string,
  field?: string,
): FindDecision {
  return { kind: 'not-asked', reason, because: field === undefined ? { clause } : { clause, field, side: 'request' } };
}

/** The range that a request asks for; it is defined for GET alone (RFC 9110 §14.2). */
function wantedRange({ method, fields }: CacheRequest): ByteRange | 'other' | undefined {
  return method === 'GET' ? rangeOf(fields) : undefined;
}

/** What an entry has of what a request asks for; undefined where that is not all stored. */
export function contentFor(
  entry: Entry,
  request: CacheRequest,
  now: number,
): 'whole' | 'unsatisfiable' | Slice | undefined {
  const range = wantedRange(request);
  const whole = entry.part === undefined ? 'whole' : undefined;
  const ranged = range !== undefined && range !== 'other' && (entry.status === 200 || entry.status === 206);
  return ranged && rangeStands(request.fields, entry.fields, now) ? sliceOf(entry, range) : whole;
}

/** The stored responses of one URL, seen by a request: the one that is for it, or why there is none. */
export type Selection =
  | { readonly entry: Entry }
  | {
      readonly entry?: undefined;
      readonly decision: FindDecision;
      /** The response that is for it, of which too little is stored. */
      readonly incomplete?: Entry;
    };

const nothingStored: Selection = {
  decision: { kind: 'miss', reason: 'nothing-stored', validating: false, because: { clause: 'RFC 9111 §4' } },
};

/** Chooses among the stored responses of a URL, which come newest first (RFC 9111 §4, §4.1). */
export function select(entries: readonly Entry[] | undefined, request: CacheRequest, now: number): Selection {
  if (entries === undefined) return nothingStored;
  let differs: { readonly name: string; readonly entry: Entry } | undefined;
  let incomplete: Entry | undefined;
  for (const entry of entries) {
    if (entry.source !== undefined && entry.source !== request.source) continue;
    const name = entry.variant.length === 0 ? undefined : differingField(entry.variant, entry.fields, request.fields);
    if (name !== undefined) differs ??= { name, entry };
    else if (contentFor(entry, request, now) !== undefined) return { entry };
    else incomplete ??= entry;
  }
  if (incomplete !== undefined) return { incomplete, decision: tooLittle(incomplete) };
  return { decision: differs === undefined ? otherSource(entries[0]) : otherVariant(differs.entry, differs.name) };
}

function tooLittle(entry: Entry): FindDecision {
  const field = lineOf(entry.fields, 'content-range');
  const because: Because = { clause: 'RFC 9111 §3.3', side: 'response', ...(field === undefined ? {} : { field }) };
  return { kind: 'miss', reason: 'incomplete', validating: false, because };
}

function otherSource(entry: Entry | undefined): FindDecision {
  const because: Because = { clause: 'RFC 9111 §7.3' };
  const field = entry && lineOf(entry.fields, 'set-cookie');
  return {
    kind: 'miss',
    reason: 'source',
    validating: false,
    because: field === undefined ? because : { ...because, field, side: 'response' },
  };
}

function otherVariant(entry: Entry, differs: string): FindDecision {
  const because: Because = { clause: 'RFC 9111 §4.1', field: `Vary: ${differs}`, side: 'response' };
  const field = lineOf(entry.fields, 'vary');
  return {
    kind: 'miss',
    reason: 'vary',
    validating: false,
    differs,
    because: field === undefined ? because : { ...because, field },
  };
}

/** Everything that the judgement of one entry for one request rests on. Times in seconds. */
interface Case {
  readonly entry: Entry;
  readonly request: CacheRequest;
  readonly demands: Directives;
  readonly age: number;
  readonly lifetime: number;
  /** The setting `cache.ttl`. */
  readonly ttl: number;
  /** Whether the entry is older than that. */
  readonly overdue: boolean;
}

function caseOf(entry: Entry, request: CacheRequest, demands: Directives, now: number, ttl: number): Case {
  const overdue = entry.resident(now) >= ttl;
  return { entry, request, demands, age: entry.age(now), lifetime: entry.lifetime(ttl), ttl, overdue };
}

/** Judges the entry that was selected for a request at `now` (ms since 1970); `ttl` is the setting in seconds. */
export function judge(
  entry: Entry,
  request: CacheRequest,
  demands: Directives,
  now: number,
  ttl: number,
): FindDecision {
  const age = entry.age(now);
  const lifetime = entry.lifetime(ttl);
  if (age < lifetime && demands.size === 0 && !entry.policy.noCache && entry.outdated === undefined) {
    return hit(entry, age, lifetime);
  }
  const facts = caseOf(entry, request, demands, now, ttl);
  const refusal = refusedByDirective(facts) ?? refusedByDemand(facts);
  if (refusal !== undefined) return refusal;
  if (age < lifetime) return hit(entry, age, lifetime);
  return allowedStale(facts) ?? tooOld(facts);
}

function hit(entry: Entry, age: number, lifetime: number): FindDecision {
  return { kind: 'hit', age, lifetime, ...originOf(entry, lifetime) };
}

/** Where the `lifetime` (s) of an entry comes from: what the response says, or the setting that cut it short. */
export function originOf(
  entry: Entry,
  lifetime: number,
): { readonly origin: LifetimeOrigin; readonly because: Because } {
  const stated = entry.policy.lifetime;
  const limited = lifetime < stated.seconds && stated.origin !== 'forced';
  return limited ? { origin: 'ttl', because: limitedByTtl } : { origin: stated.origin, because: stated.because };
}

const limitedByTtl: Because = { clause: 'setting cache.ttl' };

function miss(facts: Case, reason: MissReason, because: Because): FindDecision & { readonly kind: 'miss' } {
  const { entry, age, lifetime } = facts;
  const decision = { kind: 'miss', reason, validating: canValidate(entry), because } as const;
  return age > lifetime ? { ...decision, staleFor: age - lifetime } : decision;
}

/** Whether a conditional request can bring this entry up to date; conditions count for 2xx only (RFC 9110 §13.2.1). */
export function canValidate(entry: Entry): boolean {
  return entry.status >= 200 && entry.status < 300 && hasValidator(entry.policy);
}

const OUTDATED_CLAUSES = {
  'head-differs': 'RFC 9111 §4.3.5',
  'marked-expired': 'command wirelens.expireCacheEntry',
} as const;

function refusedByDirective(facts: Case): FindDecision | undefined {
  const { entry } = facts;
  if (entry.outdated !== undefined) return miss(facts, entry.outdated, { clause: OUTDATED_CLAUSES[entry.outdated] });
  if (!entry.policy.noCache) return undefined;
  return miss(facts, 'response-no-cache', ofResponse('RFC 9111 §5.2.2.4', entry, 'no-cache'));
}

function by(clause: string, fields: Fields, directive: string): Because {
  const side = 'request';
  const field = lineOf(fields, 'cache-control', directive) ?? lineOf(fields, 'pragma');
  return field === undefined ? { clause, side } : { clause, field, side };
}

function ofResponse(clause: string, { fields, policy }: Entry, directive: string): Because {
  const field = lineOf(fields, policy.governedBy, directive);
  return field === undefined ? { clause, side: 'response' } : { clause, field, side: 'response' };
}

/** What the request says against a stored response, fresh or not (RFC 9111 §5.2.1.1, §5.2.1.3, §5.2.1.4). */
function refusedByDemand(facts: Case): FindDecision | undefined {
  const { demands, age, lifetime, request, entry } = facts;
  const refuse = (reason: MissReason, clause: string, directive: string): FindDecision =>
    miss(facts, reason, by(clause, request.fields, directive));
  if (demands.has('no-cache')) return refuse('request-no-cache', 'RFC 9111 §5.2.1.4', 'no-cache');
  const maxAge = deltaSeconds(demands.get('max-age'));
  // max-age=0 asks for validation, even in the very moment in which the response came, unless that cannot have changed.
  const reload = maxAge === 0 && !(entry.policy.directives.has('immutable') && age < lifetime);
  if (maxAge !== undefined && (maxAge === 0 ? reload : age > maxAge)) {
    return refuse('request-max-age', 'RFC 9111 §5.2.1.1', 'max-age');
  }
  const minFresh = deltaSeconds(demands.get('min-fresh'));
  if (minFresh !== undefined && lifetime - age < minFresh) {
    return refuse('request-min-fresh', 'RFC 9111 §5.2.1.3', 'min-fresh');
  }
  return undefined;
}

/** A stale answer that the response or the client allows and nothing forbids (RFC 9111 §4.2.4, §5.2.1.2, RFC 5861 §3). */
function allowedStale({ entry, request, demands, age, lifetime, overdue }: Case): FindDecision | undefined {
  if (overdue || entry.policy.mustRevalidate) return undefined;
  const staleFor = age - lifetime;
  const window = entry.policy.staleWhileRevalidate;
  if (window !== undefined && staleFor <= window) {
    const because = ofResponse('RFC 5861 §3', entry, 'stale-while-revalidate');
    return { kind: 'stale', allowed: 'stale-while-revalidate', age, staleFor, because };
  }
  const argument = demands.get('max-stale');
  if (argument === undefined) return undefined;
  // Without an argument any age will do; an argument that is no number allows nothing.
  const allowed = argument === true ? Number.POSITIVE_INFINITY : (deltaSeconds(argument) ?? -1);
  if (staleFor > allowed) return undefined;
  const because = by('RFC 9111 §5.2.1.2', request.fields, 'max-stale');
  return { kind: 'stale', allowed: 'max-stale', age, staleFor, because };
}

function tooOld(facts: Case): FindDecision {
  const { entry, age } = facts;
  const stated = entry.policy.lifetime;
  if (age >= stated.seconds) return miss(facts, 'stale', stated.because);
  return { ...miss(facts, 'ttl', limitedByTtl), limit: facts.ttl };
}

/** Statuses of upstream that stale-if-error covers up (RFC 5861 §4). */
const ERROR_STATUSES = new Set([500, 502, 503, 504]);

/**
 * Whether a stored response may answer although upstream failed: with an error `status`, only inside the window of
 * stale-if-error (RFC 5861 §4); without one upstream was not reached, and the proxy counts as disconnected
 * (RFC 9111 §4.2.4). Never against the response's or the request's own words, nor beyond `ttl` (s).
 */
export function judgeOnError(
  entry: Entry,
  request: CacheRequest,
  now: number,
  ttl: number,
  status: number | undefined,
): FindDecision | undefined {
  const facts = caseOf(entry, request, demandsOf(request.fields), now, ttl);
  const { age, lifetime } = facts;
  if (facts.overdue || entry.policy.mustRevalidate) return undefined;
  if (refusedByDirective(facts) !== undefined || refusedByDemand(facts) !== undefined) return undefined;
  const staleFor = Math.max(0, age - lifetime);
  const window = errorWindow(facts);
  if (window === undefined) {
    if (status !== undefined) return undefined;
    return { kind: 'stale', allowed: 'upstream-lost', age, staleFor, because: { clause: 'RFC 9111 §4.2.4' } };
  }
  if ((status !== undefined && !ERROR_STATUSES.has(status)) || staleFor > window.seconds) return undefined;
  return { kind: 'stale', allowed: 'stale-if-error', age, staleFor, because: window.because };
}

/** The stale-if-error of the response, else that of the request. */
function errorWindow({ entry, request, demands }: Case): { seconds: number; because: Because } | undefined {
  const stated = entry.policy.staleIfError;
  const seconds = stated ?? deltaSeconds(demands.get('stale-if-error'));
  if (seconds === undefined) return undefined;
  const because =
    stated === undefined
      ? by('RFC 5861 §4', request.fields, 'stale-if-error')
      : ofResponse('RFC 5861 §4', entry, 'stale-if-error');
  return { seconds, because };
}
