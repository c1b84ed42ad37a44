// What the extension knows of the engine: its state, the newest 1,000 flows, the upstream connections and the cache.
import type { Disposable } from '../../base/disposable.ts';
import { Emitter } from '../../base/emitter.ts';
import type { Update } from '../../contract/engine.ts';
import type { CacheSnapshot, FlowId, FlowSummary, OriginSummary, ProxyState } from '../../contract/model.ts';

/** A flow as views read it. */
export interface FlowRow {
  readonly summary: FlowSummary;
  /** Its engine is gone, and with it all but the summary. */
  readonly lost: boolean;
}

const mostRows = 1000;

function epochOf(id: FlowId): string {
  return id.slice(0, id.lastIndexOf('.'));
}

export class Mirror implements Disposable {
  readonly #changed = new Emitter<void>();
  /** Oldest first: rows of engines that are gone, then those of the present one by number. */
  #rows: FlowRow[] = [];
  #byId = new Map<FlowId, FlowRow>();
  #state: ProxyState | undefined;
  #origins: readonly OriginSummary[] = [];
  #cache: CacheSnapshot | undefined;

  /** Something is different; at most once an update. */
  readonly onDidChange = this.#changed.event;

  get state(): ProxyState | undefined {
    return this.#state;
  }

  get origins(): readonly OriginSummary[] {
    return this.#origins;
  }

  get cache(): CacheSnapshot | undefined {
    return this.#cache;
  }

  /** Oldest first. */
  get rows(): readonly FlowRow[] {
    return this.#rows;
  }

  row(id: FlowId): FlowRow | undefined {
    return this.#byId.get(id);
  }

  /** Flows that can still be shown: all in the engine's store, and the lost ones. */
  get total(): number {
    const lost = this.#rows.findIndex((row) => !row.lost);
    return (this.#state?.flows ?? 0) + (lost === -1 ? this.#rows.length : lost);
  }

  apply(update: Update): void {
    this.#state = update.state;
    if (update.origins !== undefined) this.#origins = update.origins;
    if (update.cache !== undefined) this.#cache = update.cache;
    for (const summary of update.flows) this.#put(summary);
    this.#dropOld(update.state.epoch, update.oldestFlow);
    this.#changed.fire();
  }

  /** The engine has ended: what it had summarised stays, marked; the rest went with it. */
  engineLost(): void {
    this.#rows = this.#rows.map((row) => (row.lost ? row : { ...row, lost: true }));
    this.#byId = new Map(this.#rows.map((row) => [row.summary.id, row]));
    this.#state = undefined;
    this.#origins = [];
    this.#cache = undefined;
    this.#changed.fire();
  }

  /** Forgets all flows, also those of engines that are gone. */
  clear(): void {
    this.#rows = [];
    this.#byId.clear();
    this.#changed.fire();
  }

  dispose(): void {
    this.#changed.dispose();
  }

  #put(summary: FlowSummary): void {
    const row: FlowRow = { summary, lost: false };
    const place = this.#placeOf(summary);
    if (this.#byId.has(summary.id)) {
      this.#rows[place] = row;
    } else {
      // An old flow that has ended long after newer ones pushed it out of the mirror stays out of it.
      if (place === 0 && this.#rows.length >= mostRows) return;
      this.#rows.splice(place, 0, row);
    }
    this.#byId.set(summary.id, row);
  }

  /** Where a flow stands or belongs; searched from the end, because almost all are new. */
  #placeOf(summary: FlowSummary): number {
    let place = this.#rows.length;
    for (; place > 0; place -= 1) {
      const before = this.#rows[place - 1];
      if (before === undefined || before.lost || before.summary.number < summary.number) break;
    }
    return place;
  }

  #dropOld(epoch: string, oldestFlow: number): void {
    const surplus = this.#rows.length - mostRows;
    const kept = this.#rows.filter(
      (row, index) => index >= surplus && (row.summary.number >= oldestFlow || epochOf(row.summary.id) !== epoch),
    );
    if (kept.length === this.#rows.length) return;
    this.#rows = kept;
    this.#byId = new Map(kept.map((row) => [row.summary.id, row]));
  }
}
