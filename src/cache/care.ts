// What people do to the stored responses by hand: look, flush a host, mark as expired, pin, choose the order of the view.
import type { LruMap } from '../base/lru-map.ts';
import type { PinResult } from '../contract/engine.ts';
import type { CacheEntrySummary, CacheHost, CacheOrder } from '../contract/model.ts';
import type { EngineSettings } from '../contract/settings.ts';
import type { Entry } from './entry.ts';
import { summarise } from './explanation.ts';
import { countByHost, hostOf } from './hosts.ts';
import { firstInOrder } from './ordering.ts';

/** The part of the cache that is cared for. */
interface Cared {
  readonly store: LruMap<string, Entry>;
  settings(): EngineSettings['cache'];
  /** How many responses of a URL are stored. */
  variantsOf(url: string): number;
  /** Ends what is on its way into the store for the URLs that are concerned. */
  revoke(concerns: (url: string) => boolean): void;
  /** A snapshot would be another one now. */
  changed(): void;
}

export class CacheCare {
  readonly #cared: Cared;
  readonly #store: LruMap<string, Entry>;
  #order: CacheOrder = 'recent';

  constructor(cared: Cared) {
    this.#cared = cared;
    this.#store = cared.store;
  }

  get order(): CacheOrder {
    return this.#order;
  }

  /** What the entries of the snapshots are sorted by from now on. */
  sortBy(order: CacheOrder): void {
    this.#order = order;
    this.#cared.changed();
  }

  /** The first responses in the order that was set, at most `limit`, at `now` (ms since 1970). */
  summaries(limit: number, now: number): readonly CacheEntrySummary[] {
    const { ttl } = this.#cared.settings();
    return firstInOrder(this.#store, this.#order, limit, now).map((entry) =>
      summarise(entry, ttl, {
        pinned: this.#store.isPinned(entry.id),
        variants: this.#cared.variantsOf(entry.url),
      }),
    );
  }

  /** The hosts of which something is stored, those with the most entries first. */
  hosts(limit: number): readonly CacheHost[] {
    return countByHost(this.#store, limit);
  }

  /** Forgets what is stored of a host or on its way into the store, and returns how many responses were stored. */
  flushHost(host: string): number {
    this.#cared.revoke((url) => hostOf(url) === host);
    const ids = Array.from(this.#store).flatMap(([id, { url }]) => (hostOf(url) === host ? [id] : []));
    for (const id of ids) this.#store.delete(id);
    return ids.length;
  }

  /** One stored response, without counting this as a use. */
  peek(id: string): Entry | undefined {
    return this.#store.peek(id);
  }

  /** Makes the next request for a stored response ask upstream, and says whether there is such a response. */
  expire(id: string): boolean {
    const entry = this.#store.peek(id);
    if (entry === undefined) return false;
    entry.outdated = 'marked-expired';
    this.#cared.changed();
    return true;
  }

  /**
   * Keeps a response in the store, or no longer: while pinned it makes no room for others. It is judged as ever, and
   * invalidation, flushing and evicting it by hand drop it too. At most half of the budget can be pinned.
   */
  pin(id: string, pinned: boolean): PinResult {
    const entry = this.#store.peek(id);
    if (entry === undefined) return { kind: 'gone' };
    const limit = this.#cared.settings().maxBytes / 2;
    const needed = this.#store.pinnedBytes + (this.#store.isPinned(id) ? 0 : entry.size);
    if (pinned && needed > limit) return { kind: 'refused', needed, limit };
    this.#store.pin(id, pinned);
    this.#cared.changed();
    return { kind: 'done' };
  }
}
