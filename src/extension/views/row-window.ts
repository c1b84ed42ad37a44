// Decides which flows the Requests tree shows: the newest 200, or, while somebody looks at one, those that stood there then.
import type { FlowId } from '../../contract/model.ts';
import type { FlowRow } from '../model/mirror.ts';

/** Rows that are shown, and that each *Show more* adds. */
const pageSize = 200;
/** Rows that *Show more* goes up to; the tree is no place for more. */
const mostShown = 5000;

interface Window {
  /** Newest first. */
  readonly rows: readonly FlowRow[];
  /** Newer flows that are not shown because the rows hold still. */
  readonly fresh: number;
  readonly hasMore: boolean;
}

/** What it reads: the mirror's rows, oldest first. */
interface Source {
  readonly rows: readonly FlowRow[];
  readonly total: number;
  row(id: FlowId): FlowRow | undefined;
}

export class RowWindow {
  readonly #source: Source;
  #held: FlowRow[] | undefined;
  /** The newest flow when the rows were held. */
  #newestHeld: FlowId | undefined;
  #reachedEnd = false;

  constructor(source: Source) {
    this.#source = source;
  }

  get holding(): boolean {
    return this.#held !== undefined;
  }

  /** From now on the rows keep their places; they still change in themselves. */
  hold(): void {
    if (this.#held !== undefined) return;
    this.#held = this.#newest();
    this.#newestHeld = this.#held[0]?.summary.id;
    this.#reachedEnd = false;
  }

  /** Back to the newest. */
  release(): void {
    this.#held = undefined;
  }

  /** All flows were forgotten, so nothing is left to hold. */
  clear(): void {
    this.#held = undefined;
  }

  current(): Window {
    if (this.#held === undefined) {
      const rows = this.#newest();
      return { rows, fresh: 0, hasMore: rows.length > 0 && this.#source.total > rows.length };
    }
    const rows = (this.#held = this.#held.map((row) => this.#source.row(row.summary.id) ?? row));
    const fresh = this.#countFresh();
    return {
      rows,
      fresh,
      hasMore: !this.#reachedEnd && rows.length < mostShown && this.#source.total > rows.length + fresh,
    };
  }

  /**
   * Holds, and adds a page of older rows: those of the mirror, and then what `pull` gives, which is asked for flows
   * before one, newest first.
   */
  async showMore(pull: (before: FlowId, count: number) => Promise<readonly FlowRow[]>): Promise<void> {
    this.hold();
    const held = this.#held ?? [];
    const last = held.at(-1);
    if (last === undefined) return;
    const index = this.#source.rows.findIndex((row) => row.summary.id === last.summary.id);
    const mirrored = index > 0 ? this.#source.rows.slice(Math.max(0, index - pageSize), index).toReversed() : [];
    const older = mirrored.length > 0 ? mirrored : last.lost ? [] : await pull(last.summary.id, pageSize);
    // It may have been released while the flows were on their way.
    if (this.#held === undefined) return;
    this.#reachedEnd = older.length === 0;
    this.#held = [...this.#held, ...older].slice(0, mostShown);
  }

  #newest(): FlowRow[] {
    return this.#source.rows.slice(-pageSize).toReversed();
  }

  #countFresh(): number {
    const { rows } = this.#source;
    if (this.#newestHeld === undefined) return rows.length;
    const at = rows.findLastIndex((row) => row.summary.id === this.#newestHeld);
    return rows.length - 1 - at;
  }
}
