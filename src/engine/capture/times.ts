// When what happened, for all flows of the store, in two flat arrays instead of boxed numbers in every record.
import type { Timing } from '../../contract/model.ts';
import { points, type Point } from './flow-record.ts';

const indices = Object.fromEntries(points.map((point, index) => [point, index])) as Record<Point, number>;
const width = points.length;

/** Times by slot of the store's ring. Moments are kept as ms since the flow began, precise to 1 µs within a second. */
export class Times {
  readonly #startedAt: Float64Array;
  readonly #moments: Float32Array;

  constructor(slots: number) {
    this.#startedAt = new Float64Array(slots);
    this.#moments = new Float32Array(slots * width);
  }

  /** Begins a flow: `startedAt` in ms since 1970. */
  begin(slot: number, startedAt: number): void {
    this.#startedAt[slot] = startedAt;
    this.#moments.fill(Number.NaN, slot * width, slot * width + width);
  }

  startedAt(slot: number): number {
    return this.#startedAt[slot] as number;
  }

  /** Notes a moment, in ms since the flow began; a later note of the same point wins. */
  mark(slot: number, point: Point, at: number): void {
    this.#moments[slot * width + indices[point]] = at;
  }

  at(slot: number, point: Point): number | undefined {
    const moment = this.#moments[slot * width + indices[point]] as number;
    return Number.isNaN(moment) ? undefined : moment;
  }

  copyFrom(other: Times, from: number, to: number): void {
    this.#startedAt[to] = other.#startedAt[from] as number;
    this.#moments.set(other.#moments.subarray(from * width, from * width + width), to * width);
  }

  /**
   * The durations between the moments that there were. They add up to the total: a moment that came before an earlier one
   * (an answer before the request's end) gives 0.
   */
  timing(slot: number): Timing {
    const timing: { -readonly [Key in keyof Timing]: Timing[Key] } = {};
    let before = 0;
    for (const point of points) {
      const moment = this.at(slot, point);
      if (moment === undefined) continue;
      timing[parts[point]] = Math.max(0, moment - before);
      before = Math.max(before, moment);
    }
    const done = this.at(slot, 'done');
    if (done !== undefined) timing.total = before;
    return timing;
  }
}

/** The name of the time that ends with a point. */
const parts = {
  admitted: 'queued',
  leased: 'waited',
  resolved: 'dns',
  connected: 'connect',
  secured: 'tls',
  sent: 'sent',
  firstByte: 'firstByte',
  done: 'download',
} as const satisfies Record<Point, keyof Timing>;
