// A clock that goes as the real one does and can be set forward, so that a time-out need not be waited for.
import type { Clock } from '../../src/base/clock.ts';

export class TestClock implements Clock {
  #ahead = 0;

  wall(): number {
    return Date.now() + this.#ahead;
  }

  monotonic(): number {
    return performance.now() + this.#ahead;
  }

  /** Sets both times forward by so many ms. */
  advance(time: number): void {
    this.#ahead += time;
  }
}
