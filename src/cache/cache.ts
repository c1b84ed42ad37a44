// The HTTP cache (RFC 9111): finds stored responses, keeps new ones, refreshes and invalidates them.
import type { Expiry } from '../base/lru-map.ts';
import type { FindDecision, NotStoredReason, StoreDecision } from '../contract/decisions.ts';
import type { CacheSnapshot } from '../contract/model.ts';
import type { EngineSettings } from '../contract/settings.ts';
import type { Fields } from '../http/fields.ts';
import { answerFrom } from './answering.ts';
import { CacheCare } from './care.ts';
import { join } from './completing.ts';
import { conditionsFor } from './conditional.ts';
import { completed, entryHead, restrictionOf, type Entry } from './entry.ts';
import { EntryStore } from './entry-store.ts';
import { demandsOf, judge, judgeOnError, notAsked, select } from './finding.ts';
import { explained, forwarding, unasked, type Found } from './found.ts';
import { urlsToInvalidate } from './invalidation.ts';
import { CacheWriter, Keeping } from './keeping.ts';
import type { CacheAnswer, CacheRequest, CacheResponse } from './messages.ts';
import { readPolicy, type ExchangeTimes, type Policy } from './policy.ts';
import { agrees, isForeign, refresh } from './refreshing.ts';
import { refusalToStore } from './storing.ts';
import { differingField } from './vary.ts';

type Settings = EngineSettings['cache'];

/** The outcome of a validation: what answers the request, and what became of the stored response. */
export interface Validated {
  readonly entry: Entry;
  readonly decision: StoreDecision;
}

/** Since the cache was made. `misses` counts requests that were asked for in vain, validations that failed included. */
export interface CacheCounters {
  hits: number;
  validated: number;
  misses: number;
  /** Content that upstream need not send, in bytes. */
  bytesSaved: number;
  /** What upstream took to begin the answers that it need not give, in ms. */
  timeSaved: number;
}

const cacheOff: Found = { kind: 'not-asked', decision: { kind: 'not-asked', reason: 'cache-off' } };

function notStored(reason: NotStoredReason, clause: string): StoreDecision {
  return { kind: 'not-stored', reason, because: { clause } };
}

/** Newer responses of these statuses replace what is stored, even when they must not be stored themselves. */
function supersedes(status: number): boolean {
  return (status >= 200 && status < 400 && status !== 206 && status !== 304) || status === 404 || status === 410;
}

/**
 * A cache in memory, bounded by `settings.maxBytes` for all that is stored or on its way into the store. Times are
 * arguments: `now` in ms since 1970.
 */
export class HttpCache {
  /** What people do to it by hand. */
  readonly care: CacheCare;
  #settings: Settings;
  readonly #store: EntryStore;
  readonly #writers = new Map<CacheWriter, string>();
  readonly #counters: CacheCounters = { hits: 0, validated: 0, misses: 0, bytesSaved: 0, timeSaved: 0 };
  #lastId = 0;
  #version = 0;

  constructor(settings: Settings) {
    this.#settings = settings;
    this.#store = new EntryStore(settings);
    this.care = new CacheCare({
      store: this.#store.map,
      settings: () => this.#settings,
      variantsOf: (url) => this.#store.of(url)?.length ?? 0,
      revoke: (concerns) => this.#revoke('flushed', concerns),
      changed: () => {
        this.#version++;
      },
    });
  }

  get counters(): Readonly<CacheCounters & EntryStore['counts']> {
    return { ...this.#counters, ...this.#store.counts };
  }

  /** Changes whenever a snapshot would be another, but for the passing of time and content on its way. */
  get version(): number {
    return this.#version + this.#store.version;
  }

  /** Takes over new settings. Smaller budgets evict at once; a changed `ttl` counts for stored responses too. */
  configure(settings: Settings): void {
    const before = this.#settings;
    this.#settings = settings;
    this.#version++;
    if (settings.mode === 'off') this.#revoke('cache-off');
    // What another scope or mode let in, this one might not have.
    if (settings.scope !== before.scope) this.flush();
    if (settings.mode !== 'force') this.#dropForced();
    this.#store.configure(settings);
  }

  /** What the cache has for a request (RFC 9111 §4). */
  find(request: CacheRequest, now: number): Found {
    const { mode } = this.#settings;
    if (mode === 'off') return cacheOff;
    this.#store.now = now;
    const found = this.#look(request, now);
    return mode === 'explain' ? explained(found) : this.#counted(found);
  }

  /**
   * The answer that a stored response makes: 304 where the client's own condition says so, a part where it asks for
   * one, no content for HEAD. `decision` is the one of `find`, or that of `staleOnError`; a miss stands for a validation
   * that succeeded.
   */
  answer(entry: Entry, request: CacheRequest, decision: FindDecision, now: number): CacheAnswer {
    const answer = answerFrom(entry, request, decision, { ttl: this.#settings.ttl, now });
    this.#counters.bytesSaved += answer.body.length;
    if (decision.kind === 'hit' || decision.kind === 'stale') this.#counters.timeSaved += entry.delay;
    return answer;
  }

  /** Decides on a response of upstream when its head is there; the content then goes to the writer, where there is one. */
  keep(request: CacheRequest, response: CacheResponse, times: ExchangeTimes, now: number): Keeping {
    this.#store.now = now;
    const { mode, maxEntryBytes, scope } = this.#settings;
    if (mode === 'off') return new Keeping(notStored('cache-off', 'setting cache.mode'));
    if (request.method === 'HEAD') return new Keeping(this.#keepHead(request, response, times, now));
    const reading = { scope, forced: mode === 'force' };
    const policy = readPolicy(response.status, response.fields, times, reading);
    const refusal = refusalToStore(request, response, policy, maxEntryBytes);
    if (refusal === undefined) return this.#write(request, response, policy, times);
    if (request.method === 'GET' && supersedes(response.status)) this.#dropFor(request);
    return new Keeping(refusal);
  }

  /**
   * Brings a stored response up to date with the fields of a 304 (RFC 9111 §4.3.4); answer with the entry returned.
   * Undefined where the 304 is about another representation: ask again, without conditions.
   */
  validated(
    entry: Entry,
    request: CacheRequest,
    update: Fields,
    times: ExchangeTimes,
    now: number,
  ): Validated | undefined {
    this.#store.now = now;
    if (isForeign(entry, update)) {
      this.#dropFor(request);
      return undefined;
    }
    if (entry.validating) return this.#refresh(entry, request, update, times, '304');
    this.#counters.validated++;
    this.#counters.misses--;
    return this.#refresh(entry, request, update, times, '304');
  }

  /** The validation in the background that `find` asked for has ended in any way. */
  validationEnded(entry: Entry): void {
    // Whatever replaced the entry is another object, which nobody validates yet.
    entry.validating = false;
  }

  /**
   * Whether a stored response may answer because upstream failed: with a status of 5xx, or, where `status` is undefined,
   * without any answer (RFC 9111 §4.2.4, RFC 5861 §4).
   */
  staleOnError(entry: Entry, request: CacheRequest, now: number, status?: number): FindDecision | undefined {
    if (this.#settings.mode === 'off') return undefined;
    const decision = judgeOnError(entry, request, now, this.#settings.ttl, status);
    if (decision === undefined) return undefined;
    this.#counters.hits++;
    this.#counters.misses--;
    this.#use(entry);
    return decision;
  }

  /**
   * Forgets what an exchange made out of date (RFC 9111 §4.4): all variants of its URL and of the Location and
   * Content-Location of the same origin. Returns the URLs of which something was stored.
   */
  invalidate(method: string, url: string, status: number, fields: Fields): readonly string[] {
    const urls = urlsToInvalidate(method, url, status, fields);
    if (urls.length === 0) return urls;
    this.#revoke('invalidated', (one) => urls.includes(one));
    return urls.filter((one) => this.#store.deleteUrl(one));
  }

  /** Forgets everything, also what is on its way into the store, and returns how many responses were stored. */
  flush(): number {
    this.#revoke('flushed');
    return this.#store.clear();
  }

  /** Forgets one stored response, and says whether there was one. */
  evict(id: string): boolean {
    return this.#store.delete(id);
  }

  /** The first responses in the order of `care`, at most `limit`, and the cache's figures. */
  snapshot(limit: number, now: number): CacheSnapshot {
    const { maxBytes } = this.#settings;
    const { size: total, bytes } = this.#store;
    const entries = this.care.summaries(limit, now);
    return { entries, order: this.care.order, total, bytes, maxBytes };
  }

  #look(request: CacheRequest, now: number): Found {
    const declined = notAsked(request);
    if (declined !== undefined) return unasked(request, declined);
    const selection = select(this.#store.of(request.url), request, now);
    if (selection.entry === undefined) return forwarding(request, selection.decision, undefined, selection.incomplete);
    const { entry } = selection;
    const decision = judge(entry, request, demandsOf(request.fields), now, this.#settings.ttl);
    if (decision.kind === 'hit' || decision.kind === 'stale') return { kind: decision.kind, decision, entry };
    return forwarding(request, decision, entry);
  }

  #counted(found: Found): Found {
    if (found.kind === 'not-asked') return found;
    if (found.kind !== 'hit' && found.kind !== 'stale') {
      this.#counters.misses++;
      return found;
    }
    const { entry, decision } = found;
    this.#use(entry);
    this.#counters.hits++;
    if (decision.kind !== 'stale' || decision.allowed !== 'stale-while-revalidate' || entry.validating) return found;
    entry.validating = true;
    return { kind: 'stale', decision, entry, conditions: conditionsFor(entry) };
  }

  #use(entry: Entry): void {
    entry.hits++;
    this.#store.touch(entry);
  }

  /** For how many seconds from its receipt a response with this policy answers by itself. */
  #usableFor({ lifetime, initialAge, noCache }: Policy): number {
    return noCache ? 0 : Math.max(0, Math.min(lifetime.seconds - initialAge, this.#settings.ttl));
  }

  #write(request: CacheRequest, response: CacheResponse, policy: Policy, times: ExchangeTimes): Keeping {
    const head = entryHead(String(++this.#lastId), request, response, policy, times);
    const restricted = restrictionOf(head.fields, policy, request);
    const decision: StoreDecision = {
      kind: 'stored',
      lifetime: this.#usableFor(policy),
      origin: policy.lifetime.seconds - policy.initialAge > this.#settings.ttl ? 'ttl' : policy.lifetime.origin,
      ...(restricted === undefined ? {} : { restricted }),
      because: policy.lifetime.because,
    };
    const writer: CacheWriter = new CacheWriter(
      {
        reserve: (bytes) => this.#store.reserve(bytes),
        store: (body) => this.#insert(completed(head, body), request) ?? decision,
        ended: () => this.#writers.delete(writer),
      },
      head,
      this.#settings.maxEntryBytes,
      decision,
    );
    this.#writers.set(writer, request.url);
    return new Keeping(decision, writer);
  }

  /** Stores an entry in place of those that the request would have been answered with, or joined to them. */
  #insert(entry: Entry, request: CacheRequest): StoreDecision | undefined {
    const pinned = entry.part === undefined && this.#dropFor(request);
    const whole = entry.part === undefined ? entry : this.#joined(entry, request);
    if (!this.#store.add(whole, this.#expiry(whole))) return notStored('too-large', 'setting cache.maxSize');
    // What takes the place of a pinned response is pinned, as far as there is room.
    if (pinned) this.care.pin(whole.id, true);
    return undefined;
  }

  /** The part with what it can be joined to; what it makes out of date is dropped (RFC 9111 §3.4). */
  #joined(part: Entry, request: CacheRequest): Entry {
    let entry = part;
    for (const other of this.#matching(request)) {
      const outcome = join(other, entry, this.#settings.maxEntryBytes);
      if (outcome.kind === 'joined') ({ entry } = outcome);
      if (outcome.kind !== 'kept') this.#store.delete(other.id);
    }
    return entry;
  }

  /** The stored responses that are for this very request. */
  #matching(request: CacheRequest): readonly Entry[] {
    const entries = this.#store.of(request.url) ?? [];
    return entries.filter(
      ({ source, variant, fields }) =>
        (source === undefined || source === request.source) &&
        differingField(variant, fields, request.fields) === undefined,
    );
  }

  /** Forgets the variants that are for this very request, and says whether one of them was pinned. */
  #dropFor(request: CacheRequest): boolean {
    const matching = this.#matching(request);
    const pinned = matching.some(({ id }) => this.#store.map.isPinned(id));
    for (const { id } of matching) this.#store.delete(id);
    return pinned;
  }

  #dropForced(): void {
    for (const { id, policy } of [...this.#store]) if (policy.reading.forced) this.#store.delete(id);
  }

  /** The answer to a HEAD updates the stored GET, or makes it stale where it disagrees (RFC 9111 §4.3.5). */
  #keepHead(request: CacheRequest, response: CacheResponse, times: ExchangeTimes, now: number): StoreDecision {
    const { status, fields } = response;
    const { entry } = select(this.#store.of(request.url), request, now);
    if (entry === undefined || status < 200 || status === 304 || status >= 500)
      return notStored('method', 'RFC 9111 §3');
    if (agrees(entry, status, fields)) return this.#refresh(entry, request, fields, times, 'head').decision;
    entry.outdated = 'head-differs';
    this.#version++;
    return notStored('method', 'RFC 9111 §4.3.5');
  }

  #refresh(entry: Entry, request: CacheRequest, update: Fields, times: ExchangeTimes, by: '304' | 'head'): Validated {
    const clause = by === '304' ? 'RFC 9111 §4.3.4' : 'RFC 9111 §4.3.5';
    const { stored, answering, received } = refresh(entry, request, update, times);
    const { status, reason } = entry;
    const asked = { ...request, method: 'GET' };
    const limit = Number.POSITIVE_INFINITY;
    const head = { status, reason, fields: received };
    const refusal = refusalToStore(asked, head, stored.policy, limit, stored.authorized);
    if (refusal !== undefined) {
      // What this request alone forbids to store says nothing against the response that is stored already.
      const forThisRequest =
        refusal.reason === 'request-no-store' || (refusal.reason === 'authorization' && !entry.authorized);
      if (!forThisRequest) this.#dropFor(request);
      return { entry: answering, decision: refusal };
    }
    if (!this.#store.replace(stored, this.#expiry(stored)))
      return { entry: answering, decision: notStored('gone', clause) };
    const lifetime = this.#usableFor(stored.policy);
    const decision: StoreDecision = {
      kind: 'updated',
      by,
      lifetime,
      because: { ...stored.policy.lifetime.because, clause },
    };
    return { entry: answering, decision };
  }

  /** When an entry is of no more use without upstream: those go first when room is needed. */
  #expiry({ policy, responseTime }: Entry): Expiry {
    const seconds = this.#usableFor(policy) + Math.max(policy.staleIfError ?? 0, policy.staleWhileRevalidate ?? 0);
    const limit = this.#settings.ttl;
    // One that is validated before each use is given the whole limit.
    return { at: responseTime + 1000 * (seconds === 0 ? limit : Math.min(seconds, limit)), now: this.#store.now };
  }

  /** Ends the writers for the URLs that are concerned, or all of them: what they hold must not be stored any more. */
  #revoke(reason: NotStoredReason, concerns?: (url: string) => boolean): void {
    for (const [writer, url] of this.#writers) {
      if (concerns === undefined || concerns(url)) writer.abandon(reason);
    }
  }
}
