// How many streams a client may reset: a bucket that fills slowly, so that cancelling is free and flooding is not.

/** Resets that may come at once, and how many more each second. A browser that leaves a large page stays far below. */
const BURST = 500;
const PER_SECOND = 50;

export class ResetBudget {
  #left = BURST;
  #at: number;

  /** @param now monotonic ms */
  constructor(now: number) {
    this.#at = now;
  }

  /** Takes one; false where there was none left. */
  spend(now: number): boolean {
    this.#left = Math.min(BURST, this.#left + ((now - this.#at) / 1000) * PER_SECOND);
    this.#at = now;
    if (this.#left < 1) return false;
    this.#left -= 1;
    return true;
  }
}
