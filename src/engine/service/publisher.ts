// Sends what changed to the views: complete values in batches, at most one of them unacknowledged.
import type { Clock } from '../../base/clock.ts';
import type { Disposable } from '../../base/disposable.ts';
import type { Update } from '../../contract/engine.ts';
import type { CacheSnapshot, OriginSummary, ProxyState } from '../../contract/model.ts';
import type { FlowStore } from '../capture/store.ts';

/** What is published; the engine has this shape. */
export interface Published {
  readonly recorder: { readonly store: Pick<FlowStore, 'onDirty' | 'takeDirty' | 'oldest'> };
  /** `version` changes whenever the snapshot would. */
  readonly pool: { readonly version: number };
  readonly cache: { readonly version: number };
  state(): ProxyState;
  origins(): readonly OriginSummary[];
  cacheSnapshot(): CacheSnapshot;
}

/** Runs a function later; disposing calls it off. Delays in ms. */
export type After = (delay: number, run: () => void) => Disposable;

interface PublisherOptions {
  readonly source: Published;
  readonly clock: Clock;
  readonly after: After;
  readonly send: (update: Update) => void;
}

/** ms between two updates at least: some twelve a second. */
const BATCH = 80;
/** ms between two snapshots of the origins, or of the cache, at least; also how often an idle proxy is looked at. */
const SNAPSHOT = 250;
/** Summaries in one update at most, as the contract says. */
const NEWEST = 1000;

/** A part of the state that is sent whole when its version has changed, but not too often. */
class Snapshots<T> {
  readonly #version: () => number;
  readonly #take: () => T;
  #sent: number | undefined;
  #notBefore = Number.NEGATIVE_INFINITY;

  constructor(version: () => number, take: () => T) {
    this.#version = version;
    this.#take = take;
  }

  next(now: number): T | undefined {
    const version = this.#version();
    if (version === this.#sent || now < this.#notBefore) return undefined;
    this.#sent = version;
    this.#notBefore = now + SNAPSHOT;
    return this.#take();
  }
}

/**
 * A consumer that does not acknowledge is sent nothing more: what changes meanwhile stays in the store's own bounded list,
 * so the data path neither waits for it nor pays for it.
 */
export class Publisher implements Disposable {
  readonly #source: Published;
  readonly #clock: Clock;
  readonly #after: After;
  readonly #send: (update: Update) => void;
  readonly #origins: Snapshots<readonly OriginSummary[]>;
  readonly #cache: Snapshots<CacheSnapshot>;
  #dirty: Disposable | undefined;
  #timer: Disposable | undefined;
  /** Monotonic ms at which the timer looks; Infinity while there is none. */
  #due = Number.POSITIVE_INFINITY;
  #sentAt = Number.NEGATIVE_INFINITY;
  #sequence = 0;
  #unacknowledged = false;
  #lastState = '';
  #lastOldest = 0;

  constructor(options: PublisherOptions) {
    const { source } = options;
    this.#source = source;
    this.#clock = options.clock;
    this.#after = options.after;
    this.#send = options.send;
    this.#origins = new Snapshots(
      () => source.pool.version,
      () => source.origins(),
    );
    this.#cache = new Snapshots(
      () => source.cache.version,
      () => source.cacheSnapshot(),
    );
  }

  /** Sends a first update at once, with all there is, and from then on what changes. */
  start(): void {
    this.#dirty ??= this.#source.recorder.store.onDirty(() => this.#lookAt(this.#sentAt + BATCH));
    this.#look();
  }

  /** Lets the next update go; the number of one that was confirmed before changes nothing. */
  acknowledge(sequence: number): void {
    if (!this.#unacknowledged || sequence !== this.#sequence) return;
    this.#unacknowledged = false;
    this.#lookAt(this.#sentAt + BATCH);
  }

  dispose(): void {
    this.#dirty?.dispose();
    this.#timer?.dispose();
    this.#due = Number.NEGATIVE_INFINITY;
  }

  /** Looks at `when` (monotonic ms), or earlier where that is planned already. */
  #lookAt(when: number): void {
    if (this.#unacknowledged || when >= this.#due) return;
    this.#timer?.dispose();
    this.#due = when;
    const delay = Math.max(0, Math.ceil(when - this.#clock.monotonic()));
    this.#timer = this.#after(delay, () => this.#look());
  }

  #look(): void {
    this.#due = Number.POSITIVE_INFINITY;
    const now = this.#clock.monotonic();
    const update = this.#changes(now);
    if (update === undefined) {
      this.#lookAt(now + SNAPSHOT);
      return;
    }
    this.#sentAt = now;
    this.#unacknowledged = true;
    this.#send(update);
  }

  #changes(now: number): Update | undefined {
    const { store } = this.#source.recorder;
    const flows = store.takeDirty(NEWEST);
    const origins = this.#origins.next(now);
    const cache = this.#cache.next(now);
    const state = this.#source.state();
    const oldestFlow = store.oldest;
    const stateText = JSON.stringify(state);
    const same = stateText === this.#lastState && oldestFlow === this.#lastOldest;
    if (same && flows.length === 0 && origins === undefined && cache === undefined) return undefined;
    this.#lastState = stateText;
    this.#lastOldest = oldestFlow;
    return {
      sequence: ++this.#sequence,
      state,
      flows,
      oldestFlow,
      ...(origins === undefined ? {} : { origins }),
      ...(cache === undefined ? {} : { cache }),
    };
  }
}
