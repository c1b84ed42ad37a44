// The stored responses: by identity and by URL, within one byte budget that what is on its way shares.
import { LruMap, type DisposeReason, type Expiry } from '../base/lru-map.ts';
import type { EngineSettings } from '../contract/settings.ts';
import type { Entry } from './entry.ts';
import { isSameSearch, withoutSearch } from './no-vary-search.ts';

type Budget = Pick<EngineSettings['cache'], 'maxBytes' | 'maxEntryBytes'>;

/** Bounds the time that choosing a variant of one URL takes; the variants stored longest ago go first. */
const MAX_VARIANTS = 64;

function remove(index: Map<string, Entry[]>, key: string, id: string): void {
  const entries = index.get(key);
  const at = entries?.findIndex((entry) => entry.id === id) ?? -1;
  if (entries === undefined || at < 0) return;
  entries.splice(at, 1);
  if (entries.length === 0) index.delete(key);
}

function addFirst(index: Map<string, Entry[]>, key: string, entry: Entry): Entry[] {
  const entries = index.get(key);
  if (entries !== undefined) {
    entries.unshift(entry);
    return entries;
  }
  const made = [entry];
  index.set(key, made);
  return made;
}

/** Entries by URL, the newest first, in a map that evicts expired ones first and then those not used for longest. */
export class EntryStore {
  /** Entries by identity. */
  readonly map: LruMap<string, Entry>;
  readonly #byUrl = new Map<string, Entry[]>();
  /** Entries with No-Vary-Search by URL without query. */
  readonly #bySearchless = new Map<string, Entry[]>();
  readonly counts = { stored: 0, evicted: 0, expired: 0 };
  #budget: Budget;
  /** Bytes on their way into the store. */
  #pending = 0;
  /** Changes whenever something is stored, replaced or dropped. */
  version = 0;
  /** The latest time that is known, for evictions while content arrives; ms since 1970. */
  now = 0;

  constructor(budget: Budget) {
    this.#budget = budget;
    this.map = new LruMap(budget.maxBytes, (entry, _id, reason) => this.#disposed(entry, reason));
  }

  get size(): number {
    return this.map.size;
  }

  /** Bytes of all that is stored or on its way into the store. */
  get bytes(): number {
    return this.map.bytes + this.#pending;
  }

  /** From the most to the least recently used. */
  *[Symbol.iterator](): IterableIterator<Entry> {
    for (const [, entry] of this.map) yield entry;
  }

  /** Takes over another budget; what has no room any more is evicted. */
  configure(budget: Budget): void {
    this.#budget = budget;
    for (const entry of [...this]) {
      if (entry.body.length <= budget.maxEntryBytes) continue;
      this.map.delete(entry.id);
      this.counts.evicted++;
    }
    this.fit();
  }

  /** What may answer requests for a URL, the newest first. */
  of(url: string): readonly Entry[] | undefined {
    const exact = this.#byUrl.get(url);
    return exact !== undefined || this.#bySearchless.size === 0 ? exact : this.#equivalent(url);
  }

  touch(entry: Entry): void {
    this.map.touch(entry.id);
    this.version++;
  }

  /** Stores a new entry; false where it is too large for the whole store. */
  add(entry: Entry, expiry: Expiry): boolean {
    if (!this.map.set(entry.id, entry, entry.size, expiry)) return false;
    const variants = this.#index(entry);
    const oldest = variants.length > MAX_VARIANTS ? variants.findLast(({ id }) => !this.map.isPinned(id)) : undefined;
    if (oldest !== undefined) {
      this.map.delete(oldest.id);
      this.counts.evicted++;
    }
    this.counts.stored++;
    this.version++;
    return true;
  }

  /** Puts an entry in the place of the one with its identity; false where that has left the store. */
  replace(entry: Entry, expiry: Expiry): boolean {
    if (this.map.peek(entry.id) === undefined) return false;
    const pinned = this.map.isPinned(entry.id);
    this.#unindex(entry);
    this.version++;
    if (!this.map.set(entry.id, entry, entry.size, expiry)) return false;
    this.#index(entry);
    if (pinned) this.map.pin(entry.id, true);
    return true;
  }

  delete(id: string): boolean {
    return this.map.delete(id);
  }

  /** Forgets all that may answer requests for a URL, and says whether there was something. */
  deleteUrl(url: string): boolean {
    const entries = [...(this.#byUrl.get(url) ?? []), ...(this.#equivalent(url) ?? [])];
    for (const entry of entries) this.map.delete(entry.id);
    return entries.length > 0;
  }

  /** Forgets everything and returns how many there were. */
  clear(): number {
    return this.map.clear();
  }

  /** Counts bytes (or fewer) on their way, up to half of the budget or one entry; false where there is no room. */
  reserve(bytes: number): boolean {
    const { maxBytes, maxEntryBytes } = this.#budget;
    const most = Math.max(maxBytes / 2, Math.min(maxBytes, maxEntryBytes));
    const limit = Math.min(most, maxBytes - this.map.pinnedBytes);
    if (bytes > 0 && this.#pending + bytes > limit) return false;
    this.#pending += bytes;
    this.fit();
    return true;
  }

  fit(): void {
    this.map.resize(Math.max(0, this.#budget.maxBytes - this.#pending), this.now);
  }

  #equivalent(url: string): readonly Entry[] | undefined {
    const entries = this.#bySearchless.get(withoutSearch(url));
    return entries?.filter((entry) => entry.search !== undefined && isSameSearch(entry.url, url, entry.search));
  }

  #index(entry: Entry): readonly Entry[] {
    if (entry.search !== undefined) addFirst(this.#bySearchless, withoutSearch(entry.url), entry);
    return addFirst(this.#byUrl, entry.url, entry);
  }

  #unindex({ id, url }: Entry): void {
    remove(this.#byUrl, url, id);
    if (this.#bySearchless.size > 0) remove(this.#bySearchless, withoutSearch(url), id);
  }

  #disposed(entry: Entry, reason: DisposeReason): void {
    if (reason === 'replaced') return;
    if (reason === 'evicted') this.counts.evicted++;
    if (reason === 'expired') this.counts.expired++;
    this.version++;
    this.#unindex(entry);
  }
}
