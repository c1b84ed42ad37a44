// The shared HTTP cache (RFC 9111): finds stored responses, keeps new ones, refreshes and invalidates them.
import { LruMap, type DisposeReason, type Expiry } from '../base/lru-map.ts';
import type { FindDecision, NotStoredReason, StoreDecision } from '../contract/decisions.ts';
import type { CacheSnapshot } from '../contract/model.ts';
import type { EngineSettings } from '../contract/settings.ts';
import type { Fields } from '../http/fields.ts';
import { CacheCare } from './care.ts';
import { servedStatus } from './cache-status.ts';
import { conditionsFor, isNotModified, type Condition } from './conditional.ts';
import { completed, entryHead, type Entry } from './entry.ts';
import { canValidate, demandsOf, judge, judgeOnError, notAsked, select } from './finding.ts';
import { urlsToInvalidate } from './invalidation.ts';
import { CacheWriter, Keeping } from './keeping.ts';
import type { CacheAnswer, CacheRequest, CacheResponse } from './messages.ts';
import { readPolicy, type ExchangeTimes, type Policy } from './policy.ts';
import { agrees, isForeign, refresh } from './refreshing.ts';
import { refusalToStore } from './storing.ts';
import { differingField } from './vary.ts';

type Settings = EngineSettings['cache'];

/** What the cache has for a request. */
export type Found =
  /** Answer with it. */
  | { readonly kind: 'hit' | 'stale'; readonly decision: FindDecision; readonly entry: Entry }
  /** Forward the request with these conditions in place of its own; a 304 then refreshes the entry. */
  | {
      readonly kind: 'validate';
      readonly decision: FindDecision;
      readonly entry: Entry;
      readonly conditions: readonly Condition[];
    }
  /** Forward the request as it is. A stored response that may help out when upstream fails comes as `entry`. */
  | { readonly kind: 'miss'; readonly decision: FindDecision; readonly entry?: Entry }
  /** Forward the request as it is. */
  | { readonly kind: 'not-asked'; readonly decision: FindDecision }
  /** Answer 504 (RFC 9111 §5.2.1.7). */
  | { readonly kind: 'unsatisfiable'; readonly decision: FindDecision };

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
  stored: number;
  evicted: number;
  expired: number;
}

/** Bounds the time that choosing a variant of one URL takes; the variants stored longest ago go first. */
const MAX_VARIANTS = 64;

const NO_CONTENT = Buffer.alloc(0);

const cacheOff: Found = { kind: 'not-asked', decision: { kind: 'not-asked', reason: 'cache-off' } };

function notStored(reason: NotStoredReason, clause: string): StoreDecision {
  return { kind: 'not-stored', reason, because: { clause } };
}

/** Newer responses of these statuses replace what is stored, even when they must not be stored themselves. */
function supersedes(status: number): boolean {
  return (status >= 200 && status < 400 && status !== 206 && status !== 304) || status === 404 || status === 410;
}

/**
 * A shared cache in memory, bounded by `settings.maxBytes` for all that is stored or on its way into the store. Times are
 * arguments: `now` in ms since 1970.
 */
export class HttpCache {
  /** What people do to it by hand. */
  readonly care: CacheCare;
  #settings: Settings;
  readonly #store: LruMap<string, Entry>;
  /** Entries by URL, the newest first. */
  readonly #byUrl = new Map<string, Entry[]>();
  readonly #writers = new Map<CacheWriter, string>();
  readonly #counters: CacheCounters = { hits: 0, validated: 0, misses: 0, stored: 0, evicted: 0, expired: 0 };
  /** Bytes held by writers. */
  #pending = 0;
  #lastId = 0;
  #version = 0;
  /** The latest time that was passed in, for evictions while content arrives. */
  #now = 0;

  constructor(settings: Settings) {
    this.#settings = settings;
    this.#store = new LruMap(settings.maxBytes, (entry, _id, reason) => this.#disposed(entry, reason));
    this.care = new CacheCare({
      store: this.#store,
      settings: () => this.#settings,
      variantsOf: (url) => this.#byUrl.get(url)?.length ?? 0,
      revoke: (concerns) => this.#revoke('flushed', concerns),
      changed: () => {
        this.#version++;
      },
    });
  }

  get counters(): Readonly<CacheCounters> {
    return this.#counters;
  }

  /** Changes whenever a snapshot would be another, but for the passing of time and content on its way. */
  get version(): number {
    return this.#version;
  }

  /** Takes over new settings. Smaller budgets evict at once; a changed `ttl` counts for stored responses too. */
  configure(settings: Settings): void {
    this.#settings = settings;
    this.#version++;
    if (settings.mode === 'off') this.#revoke('cache-off');
    const tooLarge = Array.from(this.#store, ([, entry]) => entry).filter(
      (entry) => entry.body.length > settings.maxEntryBytes,
    );
    for (const entry of tooLarge) {
      this.#store.delete(entry.id);
      this.#counters.evicted++;
    }
    this.#fit();
  }

  /** What the cache has for a request (RFC 9111 §4). */
  find(request: CacheRequest, now: number): Found {
    if (this.#settings.mode === 'off') return cacheOff;
    this.#now = now;
    const unasked = notAsked(request);
    if (unasked !== undefined) return this.#unasked(request, unasked);
    const demands = demandsOf(request.fields);
    const selection = select(this.#byUrl.get(request.url), request);
    if (selection.entry === undefined) return this.#missed(request, selection.decision, undefined);
    const { entry } = selection;
    const decision = judge(entry, request, demands, now, this.#settings.ttl);
    if (decision.kind !== 'hit' && decision.kind !== 'stale') return this.#missed(request, decision, entry);
    this.#use(entry);
    this.#counters.hits++;
    return { kind: decision.kind, decision, entry };
  }

  /**
   * The answer that a stored response makes: 304 where the client's own condition says so, no content for HEAD.
   * `decision` is the one of `find`, or that of `staleOnError`; a miss stands for a validation that succeeded.
   */
  answer(entry: Entry, request: CacheRequest, decision: FindDecision, now: number): CacheAnswer {
    const age = entry.age(now);
    const ttl = Math.floor(entry.lifetime(this.#settings.ttl) - age);
    const notModified = isNotModified(request.fields, entry, now);
    const stored = notModified ? entry.storedFor304 : entry.stored;
    const fields = stored.served(Math.floor(age), servedStatus(decision, ttl));
    if (notModified) {
      return { status: 304, reason: 'Not Modified', fields, body: NO_CONTENT, contentLength: 0 };
    }
    const { status, reason, body } = entry;
    const content = request.method === 'HEAD' ? NO_CONTENT : body;
    return { status, reason, fields, body: content, contentLength: body.length };
  }

  /** Decides on a response of upstream when its head is there; the content then goes to the writer, where there is one. */
  keep(request: CacheRequest, response: CacheResponse, times: ExchangeTimes, now: number): Keeping {
    this.#now = now;
    const { mode, maxEntryBytes } = this.#settings;
    if (mode === 'off') return new Keeping(notStored('cache-off', 'setting cache.mode'));
    if (request.method === 'HEAD') return new Keeping(this.#keepHead(request, response, times));
    const policy = readPolicy(response.status, response.fields, times);
    const refusal = refusalToStore(request, response, policy, maxEntryBytes);
    if (refusal === undefined) return this.#write(request, response, policy, times);
    if (request.method === 'GET' && supersedes(response.status)) this.#dropFor(request);
    return new Keeping(refusal);
  }

  /** Brings a stored response up to date with the fields of a 304 (RFC 9111 §4.3.4); answer with the entry returned. */
  validated(entry: Entry, request: CacheRequest, update: Fields, times: ExchangeTimes, now: number): Validated {
    this.#now = now;
    this.#counters.validated++;
    this.#counters.misses--;
    if (isForeign(entry, update)) {
      this.#dropFor(request);
      return { entry, decision: notStored('other-validator', 'RFC 9111 §4.3.4') };
    }
    return this.#refresh(entry, request, update, times, '304');
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
    const invalidated = urls.filter((one) => this.#byUrl.has(one));
    for (const one of invalidated) for (const entry of [...(this.#byUrl.get(one) ?? [])]) this.#store.delete(entry.id);
    return invalidated;
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
    const bytes = this.#store.bytes + this.#pending;
    const entries = this.care.summaries(limit, now);
    return { entries, order: this.care.order, total: this.#store.size, bytes, maxBytes };
  }

  #unasked(request: CacheRequest, decision: FindDecision): Found {
    const concerned = request.method === 'GET' || request.method === 'HEAD';
    if (!concerned || !demandsOf(request.fields).has('only-if-cached')) return { kind: 'not-asked', decision };
    return this.#missed(request, decision, undefined);
  }

  #missed(request: CacheRequest, decision: FindDecision, entry: Entry | undefined): Found {
    this.#counters.misses++;
    if (demandsOf(request.fields).has('only-if-cached')) {
      return { kind: 'unsatisfiable', decision: { kind: 'unsatisfiable', because: onlyIfCached } };
    }
    if (entry === undefined) return { kind: 'miss', decision };
    if (!canValidate(entry)) return { kind: 'miss', decision, entry };
    return { kind: 'validate', decision, entry, conditions: conditionsFor(entry) };
  }

  #use(entry: Entry): void {
    entry.hits++;
    this.#store.touch(entry.id);
    this.#version++;
  }

  /** For how many seconds from its receipt a response with this policy answers by itself. */
  #usableFor({ lifetime, initialAge, noCache }: Policy): number {
    return noCache ? 0 : Math.max(0, Math.min(lifetime.seconds - initialAge, this.#settings.ttl));
  }

  #write(request: CacheRequest, response: CacheResponse, policy: Policy, times: ExchangeTimes): Keeping {
    const head = entryHead(String(++this.#lastId), request, response, policy, times.responseTime);
    const decision: StoreDecision = {
      kind: 'stored',
      lifetime: this.#usableFor(policy),
      origin: policy.lifetime.seconds - policy.initialAge > this.#settings.ttl ? 'ttl' : policy.lifetime.origin,
      ...(head.source === undefined ? {} : { restricted: 'set-cookie' }),
      because: policy.lifetime.because,
    };
    const writer: CacheWriter = new CacheWriter(
      {
        reserve: (bytes) => this.#reserve(bytes),
        store: (body) => this.#insert(completed(head, body), request) ?? decision,
        ended: () => this.#writers.delete(writer),
      },
      this.#settings.maxEntryBytes,
      decision,
    );
    this.#writers.set(writer, request.url);
    return new Keeping(decision, writer);
  }

  /** Stores an entry in place of those that the request would have been answered with. */
  #insert(entry: Entry, request: CacheRequest): StoreDecision | undefined {
    const pinned = this.#dropFor(request);
    if (!this.#store.set(entry.id, entry, entry.size, this.#expiry(entry))) {
      return notStored('too-large', 'setting cache.maxSize');
    }
    const variants = this.#byUrl.get(entry.url);
    if (variants === undefined) this.#byUrl.set(entry.url, [entry]);
    else {
      variants.unshift(entry);
      const oldest = variants.findLast(({ id }) => !this.#store.isPinned(id));
      if (variants.length > MAX_VARIANTS && oldest !== undefined) {
        this.#store.delete(oldest.id);
        this.#counters.evicted++;
      }
    }
    this.#counters.stored++;
    this.#version++;
    // What takes the place of a pinned response is pinned, as far as there is room.
    if (pinned) this.care.pin(entry.id, true);
    return undefined;
  }

  /** Forgets the variants that are for this very request, and says whether one of them was pinned. */
  #dropFor(request: CacheRequest): boolean {
    const entries = this.#byUrl.get(request.url);
    if (entries === undefined) return false;
    let pinned = false;
    for (const entry of [...entries]) {
      if (entry.source !== undefined && entry.source !== request.source) continue;
      if (differingField(entry.variant, entry.fields, request.fields) !== undefined) continue;
      if (this.#store.isPinned(entry.id)) pinned = true;
      this.#store.delete(entry.id);
    }
    return pinned;
  }

  /** The answer to a HEAD updates the stored GET, or makes it stale where it disagrees (RFC 9111 §4.3.5). */
  #keepHead(request: CacheRequest, response: CacheResponse, times: ExchangeTimes): StoreDecision {
    const { status, fields } = response;
    const { entry } = select(this.#byUrl.get(request.url), request);
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
    if (!this.#replace(stored)) return { entry: answering, decision: notStored('gone', clause) };
    const lifetime = this.#usableFor(stored.policy);
    const decision: StoreDecision = {
      kind: 'updated',
      by,
      lifetime,
      because: { ...stored.policy.lifetime.because, clause },
    };
    return { entry: answering, decision };
  }

  /** Puts the refreshed entry in the place of the one with its identity; false where that has left the store. */
  #replace(entry: Entry): boolean {
    const variants = this.#byUrl.get(entry.url);
    const at = variants?.findIndex(({ id }) => id === entry.id) ?? -1;
    if (variants === undefined || at < 0) return false;
    variants.splice(at, 1);
    variants.unshift(entry);
    this.#version++;
    const pinned = this.#store.isPinned(entry.id);
    if (this.#store.set(entry.id, entry, entry.size, this.#expiry(entry))) {
      if (pinned) this.care.pin(entry.id, true);
      return true;
    }
    this.#unindex(entry);
    return false;
  }

  /** When an entry is of no more use without upstream: those go first when room is needed. */
  #expiry({ policy, responseTime }: Entry): Expiry {
    const seconds = this.#usableFor(policy) + (policy.staleIfError ?? 0);
    const limit = this.#settings.ttl;
    // One that is validated before each use is given the whole limit.
    return { at: responseTime + 1000 * (seconds === 0 ? limit : Math.min(seconds, limit)), now: this.#now };
  }

  /** Content on its way counts against the budget of the store, up to half of it or one entry. */
  #reserve(bytes: number): boolean {
    const { maxBytes, maxEntryBytes } = this.#settings;
    const most = Math.max(maxBytes / 2, Math.min(maxBytes, maxEntryBytes));
    const limit = Math.min(most, maxBytes - this.#store.pinnedBytes);
    if (bytes > 0 && this.#pending + bytes > limit) return false;
    this.#pending += bytes;
    this.#fit();
    return true;
  }

  #fit(): void {
    this.#store.resize(Math.max(0, this.#settings.maxBytes - this.#pending), this.#now);
  }

  /** Ends the writers for the URLs that are concerned, or all of them: what they hold must not be stored any more. */
  #revoke(reason: NotStoredReason, concerns?: (url: string) => boolean): void {
    for (const [writer, url] of this.#writers) {
      if (concerns === undefined || concerns(url)) writer.abandon(reason);
    }
  }

  #disposed(entry: Entry, reason: DisposeReason): void {
    if (reason === 'replaced') return;
    if (reason === 'evicted') this.#counters.evicted++;
    if (reason === 'expired') this.#counters.expired++;
    this.#version++;
    this.#unindex(entry);
  }

  #unindex(entry: Entry): void {
    const variants = this.#byUrl.get(entry.url);
    const at = variants?.findIndex(({ id }) => id === entry.id) ?? -1;
    if (variants === undefined || at < 0) return;
    variants.splice(at, 1);
    if (variants.length === 0) this.#byUrl.delete(entry.url);
  }
}

const onlyIfCached = { clause: 'RFC 9111 §5.2.1.7', field: 'Cache-Control: only-if-cached', side: 'request' } as const;
