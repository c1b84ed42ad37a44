// Writes lines to the standard output without ever making the proxy wait: a slow reader gets them later, or not at all.
import type { Writable } from 'node:stream';
import type { Disposable } from '../../base/disposable.ts';
import type { FlowSummary } from '../../contract/model.ts';
import type { Event } from '../../base/emitter.ts';

/** The line for a flow, without line break; undefined where the flow has left the store. */
export type Render = (number: number) => string | undefined | Promise<string | undefined>;

interface PrinterOptions {
  readonly output: Writable;
  readonly render: Render;
  /** Flows that wait for their line at most; beyond them the oldest is left out. */
  readonly limit: number;
  readonly onFinished: Event<FlowSummary>;
  /** The reader went away, or the output failed. */
  readonly onClosed: () => void;
}

/** Lines that go out in one write. */
const BATCH = 200;

/** Remembers numbers only; a line is made when there is room for it. */
export class Printer implements Disposable {
  readonly #output: Writable;
  readonly #render: Render;
  readonly #limit: number;
  readonly #onClosed: () => void;
  readonly #subscription: Disposable;
  #waiting: number[] = [];
  #pumping: Promise<void> | undefined;
  #closed = false;
  #skipped = 0;

  constructor(options: PrinterOptions) {
    this.#output = options.output;
    this.#render = options.render;
    this.#limit = options.limit;
    this.#onClosed = options.onClosed;
    this.#output.on('error', this.#close);
    this.#subscription = options.onFinished((flow) => this.#add(flow.number));
  }

  /** Flows whose line was left out because the reader was too slow. */
  get skipped(): number {
    return this.#skipped;
  }

  /** Resolves when every line is with the system, or nobody reads any more. */
  async flushed(): Promise<void> {
    await this.#pumping;
    await this.#write('');
  }

  /** The output keeps its listener for errors: a reader may still go away. */
  dispose(): void {
    this.#subscription.dispose();
  }

  #add(number: number): void {
    if (this.#closed) return;
    this.#waiting.push(number);
    // Cut in half, so that cutting costs nothing for most flows.
    if (this.#waiting.length >= 2 * this.#limit) this.#skipped += this.#waiting.splice(0, this.#limit).length;
    this.#pumping ??= this.#pump();
  }

  async #pump(): Promise<void> {
    // What finishes in the same turn goes out in one write.
    await new Promise(setImmediate);
    while (this.#waiting.length > 0 && !this.#closed) {
      const text = await this.#textOf(this.#waiting.splice(0, BATCH));
      if (text !== '') await this.#write(text);
    }
    this.#pumping = undefined;
  }

  async #textOf(numbers: readonly number[]): Promise<string> {
    let text = '';
    for (const number of numbers) {
      const line = await this.#lineOf(number);
      if (line === undefined) this.#skipped += 1;
      else text += `${line}\n`;
    }
    return text;
  }

  /** A flow whose bytes cannot be read back has no line; the others go on. */
  async #lineOf(number: number): Promise<string | undefined> {
    try {
      return await this.#render(number);
    } catch {
      return undefined;
    }
  }

  /** Resolves when this and all before it is written, or cannot be. */
  #write(text: string): Promise<void> {
    if (this.#closed) return Promise.resolve();
    return new Promise((resolve) => {
      this.#output.write(text, () => resolve());
    });
  }

  readonly #close = (): void => {
    if (this.#closed) return;
    this.#closed = true;
    this.#waiting = [];
    this.#onClosed();
  };
}
