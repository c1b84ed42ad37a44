// Announces that something has happened; an emitter never steers, whoever listens may only look.
import { disposable, type Disposable } from './disposable.ts';

export type Listener<T> = (value: T) => void;

/** Subscribes to an event; the result ends the subscription. */
export type Event<T> = (listener: Listener<T>) => Disposable;

/** The giving side of an event. Listeners are called in the order in which they came. */
export class Emitter<T> implements Disposable {
  readonly #listeners = new Set<Listener<T>>();

  readonly event: Event<T> = (listener) => {
    const own: Listener<T> = (value) => listener(value);
    this.#listeners.add(own);
    return disposable(() => this.#listeners.delete(own));
  };

  get hasListeners(): boolean {
    return this.#listeners.size > 0;
  }

  fire(value: T): void {
    for (const listener of this.#listeners) listener(value);
  }

  dispose(): void {
    this.#listeners.clear();
  }
}
