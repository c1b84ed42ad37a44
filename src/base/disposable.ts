// What is made is ended: the shape of things with an end, and the lifetime that ends several of them together.

/** Something that holds a resource until it is disposed of. Disposing twice does nothing more. */
export interface Disposable {
  dispose(): void;
}

/** Makes a disposable of a function, which runs once at the most. */
export function disposable(end: () => void): Disposable {
  let ended = false;
  return {
    dispose() {
      if (ended) return;
      ended = true;
      end();
    },
  };
}

/** Owns disposables and ends them together, the youngest first. What is added after the end is ended at once. */
export class Lifetime implements Disposable {
  #owned: Disposable[] = [];
  #ended = false;

  get ended(): boolean {
    return this.#ended;
  }

  /** Takes ownership of `owned` and returns it. */
  add<T extends Disposable>(owned: T): T {
    if (this.#ended) owned.dispose();
    else this.#owned.push(owned);
    return owned;
  }

  dispose(): void {
    if (this.#ended) return;
    this.#ended = true;
    const owned = this.#owned;
    this.#owned = [];
    for (const one of owned.reverse()) one.dispose();
  }
}
