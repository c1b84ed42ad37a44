// One flow's "stop": cheaper than an AbortSignal, since it is made for every exchange and hardly ever used.
import { disposable, type Disposable } from './disposable.ts';

/** Tells whoever waits that the work is no longer wanted, once, with the reason. */
export class Cancellation {
  #reason: Error | undefined;
  #listeners: Set<(reason: Error) => void> | undefined;

  /** Why it was cancelled, undefined while it was not. */
  get reason(): Error | undefined {
    return this.#reason;
  }

  /** Cancels; only the first reason counts. */
  cancel(reason: Error): void {
    if (this.#reason !== undefined) return;
    this.#reason = reason;
    const listeners = this.#listeners;
    this.#listeners = undefined;
    if (listeners === undefined) return;
    for (const listener of listeners) listener(reason);
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
