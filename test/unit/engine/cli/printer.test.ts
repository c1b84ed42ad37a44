// The printer against readers that are quick, slow, and gone.
import assert from 'node:assert/strict';
import { Writable } from 'node:stream';
import { Emitter } from '../../../../src/base/emitter.ts';
import type { FlowSummary } from '../../../../src/contract/model.ts';
import { Printer, type Render } from '../../../../src/engine/cli/printer.ts';

/** A reader that takes nothing until it is told to. */
class SlowReader extends Writable {
  readonly taken: string[] = [];
  #held: (() => void) | undefined;
  #arrived: (() => void) | undefined;

  override _write(chunk: Buffer, _encoding: string, done: () => void): void {
    this.taken.push(chunk.toString());
    this.#held = done;
    this.#arrived?.();
  }

  /** Resolves when a write is there that was not taken yet. */
  async arrival(): Promise<void> {
    if (this.#held === undefined) await new Promise<void>((fulfil) => (this.#arrived = fulfil));
    this.#arrived = undefined;
  }

  take(): void {
    const done = this.#held;
    this.#held = undefined;
    done?.();
  }
}

/** A reader that takes everything at once. */
class QuickReader extends Writable {
  text = '';

  override _write(chunk: Buffer, _encoding: string, done: () => void): void {
    this.text += chunk.toString();
    done();
  }
}

function setUp(output: Writable, render: Render = (number) => `flow ${number}`, limit = 100) {
  const finished = new Emitter<FlowSummary>();
  let closed = 0;
  const printer = new Printer({ output, render, limit, onFinished: finished.event, onClosed: () => (closed += 1) });
  // The printer reads nothing but the number.
  const finish = (number: number): void => finished.fire({ number } as FlowSummary);
  return { printer, finished, finish, closed: () => closed };
}

describe('Printer', () => {
  it('writes a line for each flow, in the order in which they finished', async () => {
    const reader = new QuickReader();
    const { printer, finish } = setUp(reader);
    for (const number of [2, 1, 3]) finish(number);
    await printer.flushed();
    finish(4);
    await printer.flushed();
    assert.equal(reader.text, 'flow 2\nflow 1\nflow 3\nflow 4\n');
    assert.equal(printer.skipped, 0);
  });

  it('makes no line before there is room for it', async () => {
    const reader = new SlowReader();
    const rendered: number[] = [];
    const { printer, finish } = setUp(reader, (number) => {
      rendered.push(number);
      return String(number);
    });
    finish(1);
    await reader.arrival();
    for (let number = 2; number <= 50; number += 1) finish(number);
    await new Promise(setImmediate);
    assert.deepEqual(rendered, [1]);
    const flushed = printer.flushed();
    reader.take();
    await reader.arrival();
    reader.take();
    await reader.arrival();
    reader.take();
    await flushed;
    assert.equal(rendered.length, 50);
  });

  it('leaves out the oldest when the reader is too slow, and counts them', async () => {
    const reader = new SlowReader();
    const { printer, finish } = setUp(reader, undefined, 100);
    finish(0);
    await reader.arrival();
    for (let number = 1; number <= 10_000; number += 1) finish(number);
    assert.ok(printer.skipped >= 9_800, `${printer.skipped} left out`);
    reader.on('finish', () => undefined);
    const flushed = printer.flushed();
    while (!reader.taken.join('').includes('flow 10000\n')) {
      reader.take();
      await reader.arrival();
    }
    reader.take();
    await reader.arrival();
    reader.take();
    await flushed;
    const lines = reader.taken.join('').trimEnd().split('\n');
    assert.equal(lines.length + printer.skipped, 10_001);
  });

  it('counts flows that have left the store, and those that cannot be read', async () => {
    const reader = new QuickReader();
    const { printer, finish } = setUp(reader, (number) => {
      if (number === 1) return undefined;
      return number === 2 ? Promise.reject(new Error('gone')) : Promise.resolve('here');
    });
    for (const number of [1, 2, 3]) finish(number);
    await printer.flushed();
    assert.equal(reader.text, 'here\n');
    assert.equal(printer.skipped, 2);
  });

  it('says once that the reader is gone, and writes nothing more', async () => {
    const reader = new Writable({ write: (_chunk, _encoding, done) => done(new Error('EPIPE')) });
    const { printer, finish, closed } = setUp(reader);
    finish(1);
    await printer.flushed();
    for (let number = 2; number <= 10; number += 1) finish(number);
    await printer.flushed();
    assert.equal(closed(), 1);
  });

  it('listens no more when disposed', () => {
    const { printer, finished } = setUp(new QuickReader());
    assert.equal(finished.hasListeners, true);
    printer.dispose();
    assert.equal(finished.hasListeners, false);
  });
});
