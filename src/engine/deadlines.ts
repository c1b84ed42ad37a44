// One timer for all time-outs: connections store a moment, a sweep looks at them four times a second.
import type { Clock } from '../base/clock.ts';
import type { Disposable } from '../base/disposable.ts';

/** Something whose time can run out. */
export interface Watched {
  /** Monotonic ms at which `expire` is called; Infinity for never. Free to change at any time. */
  deadline: number;
  /** Called at every sweep from the deadline on, until the deadline moves or the watch ends. */
  expire(now: number): void;
}

const SWEEP_INTERVAL = 250;

/** Setting a deadline costs one store; a time-out fires up to a quarter of a second late. */
export class Deadlines implements Disposable {
  readonly #clock: Clock;
  readonly #watched = new Set<Watched>();
  #timer: NodeJS.Timeout | undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  watch(one: Watched): void {
    this.#watched.add(one);
    this.#timer ??= setInterval(() => this.#sweep(), SWEEP_INTERVAL).unref();
  }

  unwatch(one: Watched): void {
    this.#watched.delete(one);
    if (this.#watched.size === 0) this.#stop();
  }

  #sweep(): void {
    const now = this.#clock.monotonic();
    for (const one of this.#watched) if (one.deadline <= now) one.expire(now);
  }

  #stop(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  dispose(): void {
    this.#watched.clear();
    this.#stop();
  }
}
