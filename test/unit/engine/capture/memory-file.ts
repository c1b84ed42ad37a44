// A spill file in memory whose writes end when the test says so.
import type { SpillFile } from '../../../../src/engine/platform/temporary.ts';

interface Waiting {
  readonly run: () => void;
  readonly fail: (error: Error) => void;
}

export class MemoryFile implements SpillFile {
  readonly descriptor = undefined;
  bytes = Buffer.alloc(0);
  closed = false;
  #waiting: Waiting[] = [];

  /** Writes under way. */
  get pending(): number {
    return this.#waiting.length;
  }

  write(buffers: readonly Uint8Array[], position: number, done: (error?: Error) => void): void {
    this.#waiting.push({
      run: () => {
        const end = buffers.reduce((sum, buffer) => sum + buffer.length, position);
        if (this.bytes.length < end) this.bytes = Buffer.concat([this.bytes, Buffer.alloc(end - this.bytes.length)]);
        let at = position;
        for (const buffer of buffers) {
          this.bytes.set(buffer, at);
          at += buffer.length;
        }
        done();
      },
      fail: done,
    });
  }

  /** Ends the oldest write, with an error where one is given. */
  step(error?: Error): void {
    const next = this.#waiting.shift();
    if (error === undefined) next?.run();
    else next?.fail(error);
  }

  /** Ends all writes, and those that follow from them. */
  settle(): void {
    while (this.#waiting.length > 0) this.step();
  }

  truncate(length: number): void {
    if (this.bytes.length > length) this.bytes = this.bytes.subarray(0, length);
  }

  close(): void {
    this.closed = true;
  }
}
