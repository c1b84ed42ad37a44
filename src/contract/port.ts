// The way that messages of the contract travel, whatever carries them, with an in-memory twin for tests.
import { disposable, type Disposable } from '../base/disposable.ts';

/** One end of a two-way road for plain values. */
export interface Port {
  send(message: unknown): void;
  onMessage(listener: (message: unknown) => void): Disposable;
  onClose(listener: () => void): Disposable;
}

class MemoryPort implements Port {
  readonly #messages = new Set<(message: unknown) => void>();
  readonly #closes = new Set<() => void>();
  peer: MemoryPort | undefined;

  send(message: unknown): void {
    const peer = this.peer;
    if (peer === undefined) return;
    const copy: unknown = structuredClone(message);
    queueMicrotask(() => {
      for (const listener of peer.#messages) listener(copy);
    });
  }
  onMessage(listener: (message: unknown) => void): Disposable {
    this.#messages.add(listener);
    return disposable(() => this.#messages.delete(listener));
  }
  onClose(listener: () => void): Disposable {
    this.#closes.add(listener);
    return disposable(() => this.#closes.delete(listener));
  }
  close(): void {
    this.peer = undefined;
    for (const listener of this.#closes) listener();
  }
}

/** Two ports joined in memory; values are cloned on the way, as between processes. `close` cuts both. */
export function memoryPorts(): { readonly left: Port; readonly right: Port; close(): void } {
  const left = new MemoryPort();
  const right = new MemoryPort();
  left.peer = right;
  right.peer = left;
  return {
    left,
    right,
    close() {
      left.close();
      right.close();
    },
  };
}
