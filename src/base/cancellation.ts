// One flow's "stop": cheaper than an AbortSignal, since it is made for every exchange and hardly ever used.
import { disposable, type Disposable } from './disposable.ts';

/** Tells whoever waits that the work is no longer wanted, once, with the reason. */
export class Cancellation {
  #reason: Error | undefined;
  #listeners: Set<(reason: Error) => void> | undefined;
  /** While somebody else wants the work too: what is told when it is cancelled all the same. */
  #onHeld: (() => void) | undefined;
  #held: Error | undefined;

  /** Why it was cancelled, undefined while it was not. */
  get reason(): Error | undefined {
    return this.#reason;
  }

  /** Why it would have been cancelled, had nobody else wanted the work. */
  get heldReason(): Error | undefined {
    return this.#held;
  }

  /** Cancels; only the first reason counts. */
  cancel(reason: Error): void {
    if (this.#reason !== undefined) return;
    if (this.#onHeld !== undefined) {
      this.#held ??= reason;
      this.#onHeld();
      return;
    }
    this.#reason = reason;
    const listeners = this.#listeners;
    this.#listeners = undefined;
    if (listeners === undefined) return;
    for (const listener of listeners) listener(reason);
  }

  /** The work has another consumer: until `release`, cancelling only calls `onHeld`. */
  hold(onHeld: () => void): void {
    this.#onHeld = onHeld;
  }

  /** The other consumer has gone: what was cancelled meanwhile is cancelled now. */
  release(): void {
    this.#onHeld = undefined;
    if (this.#held !== undefined) this.cancel(this.#held);
  }

  /** Calls `listener` when cancelled, at once if it already is. */
  onCancel(listener: (reason: Error) => void): Disposable {
    if (this.#reason !== undefined) {
      listener(this.#reason);
      return disposable(() => undefined);
    }
    this.#listeners ??= new Set();
    const listeners = this.#listeners;
    listeners.add(listener);
    return disposable(() => listeners.delete(listener));
  }

  throwIfCancelled(): void {
    if (this.#reason !== undefined) throw this.#reason;
  }
}
