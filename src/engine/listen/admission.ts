// The admission gate: so many exchanges at a time, a bounded first-in first-out queue behind it, the rest is refused.
import type { Cancellation } from '../../base/cancellation.ts';
import { ProxyError } from '../../contract/errors.ts';

/** Limits of the gate, in exchanges. */
export interface AdmissionLimits {
  readonly maxConcurrent: number;
  readonly maxQueued: number;
}

interface Waiting {
  readonly admit: () => void;
}

/** An exchange that entered must leave exactly once. */
export class Admission {
  #limits: AdmissionLimits;
  #inFlight = 0;
  readonly #queue: Waiting[] = [];

  constructor(limits: AdmissionLimits) {
    this.#limits = limits;
  }

  get inFlight(): number {
    return this.#inFlight;
  }

  get queued(): number {
    return this.#queue.length;
  }

  /** New limits; those already inside or in the queue stay. */
  configure(limits: AdmissionLimits): void {
    this.#limits = limits;
    this.#admitWaiting();
  }

  /**
   * Takes a slot: undefined where one was free, a promise where it has to be waited for.
   * @throws ProxyError `too-busy` where the queue is full too.
   */
  enter(cancellation: Cancellation): Promise<void> | undefined {
    if (this.#inFlight < this.#limits.maxConcurrent && this.#queue.length === 0) {
      this.#inFlight++;
      return undefined;
    }
    if (this.#queue.length >= this.#limits.maxQueued) {
      throw new ProxyError('too-busy', { inFlight: this.#inFlight, queued: this.#queue.length });
    }
    return this.#wait(cancellation);
  }

  leave(): void {
    this.#inFlight--;
    this.#admitWaiting();
  }

  async #wait(cancellation: Cancellation): Promise<void> {
    await new Promise<void>((fulfil, reject) => {
      const waiting: Waiting = {
        admit: () => {
          watching.dispose();
          fulfil();
        },
      };
      this.#queue.push(waiting);
      const watching = cancellation.onCancel((reason) => {
        const index = this.#queue.indexOf(waiting);
        if (index >= 0) this.#queue.splice(index, 1);
        reject(reason);
      });
    });
  }

  #admitWaiting(): void {
    while (this.#inFlight < this.#limits.maxConcurrent) {
      const next = this.#queue.shift();
      if (next === undefined) return;
      this.#inFlight++;
      next.admit();
    }
  }
}
