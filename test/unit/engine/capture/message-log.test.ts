// The messages of flows stay within their bounds, and give up their bytes.
import assert from 'node:assert/strict';
import { FlowRecord } from '../../../../src/engine/capture/flow-record.ts';
import { MessageBudget, MessageLog } from '../../../../src/engine/capture/message-log.ts';
import { Recorder, type FlowRecording } from '../../../../src/engine/capture/recorder.ts';
import { SlabLog } from '../../../../src/engine/capture/slabs.ts';
import { createSpillFile } from '../../../../src/engine/platform/temporary.ts';

const start = {
  kind: 'upgrade',
  method: 'GET',
  url: 'http://api.test/chat',
  source: 'main',
  clientAddress: '127.0.0.1:5000',
  clientConnection: 3,
  clientExchange: 2,
} as const;

describe('the messages of all flows', () => {
  const log = new SlabLog({ memory: 0, disk: 0 }, createSpillFile());
  after(() => log.dispose());

  function flow(number: number): { readonly record: FlowRecord; readonly messages: MessageLog } {
    const record = new FlowRecord(number, start);
    const messages = (record.messages = new MessageLog());
    return { record, messages };
  }

  function add(budget: MessageBudget, { record, messages }: ReturnType<typeof flow>): void {
    budget.add(record, messages, { at: 0, direction: 'sent', kind: 'text' });
  }

  it('are bounded for one flow: the oldest go', () => {
    const budget = new MessageBudget(log, 3, 100);
    const one = flow(1);
    for (let count = 0; count < 5; count += 1) add(budget, one);
    assert.deepEqual([one.messages.total, one.messages.oldest, budget.count], [5, 3, 3]);
    assert.equal(one.messages.entry(2), undefined);
    assert.equal(one.messages.entry(3)?.number, 3);
  });

  it('are bounded for all: those of the oldest flow go first', () => {
    const budget = new MessageBudget(log, 10, 4);
    const [one, two] = [flow(1), flow(2)];
    for (let count = 0; count < 3; count += 1) add(budget, one);
    for (let count = 0; count < 6; count += 1) add(budget, two);
    assert.deepEqual([one.messages.entries.length, two.messages.oldest, budget.count], [0, 3, 4]);
  });

  it('leave with their flow', () => {
    const budget = new MessageBudget(log);
    const one = flow(1);
    add(budget, one);
    budget.release(one.record);
    budget.release(one.record);
    assert.equal(budget.count, 0);
  });
});

describe('recording messages', () => {
  const mebibyte = 1024 * 1024;
  let recorder: Recorder;
  beforeEach(() => {
    const settings = { maxFlows: 2, memory: mebibyte, disk: 0, maxBody: mebibyte, include: [], exclude: [] };
    recorder = new Recorder(settings, 'epoch', createSpillFile());
  });
  afterEach(() => recorder.dispose());

  function begin(): FlowRecording {
    return recorder.begin({ ...start, startedAt: 0, startedMonotonic: 0 });
  }

  function write(recording: FlowRecording, bytes: Buffer): void {
    const messages = recording.messages();
    const message = messages?.begin('sent', 'binary', 0);
    if (messages === undefined || message === undefined) return;
    messages.payload(message, bytes);
    messages.end(message);
  }

  it('takes no more memory than bodies may: what is old is dropped, and the record says so', async () => {
    const recording = begin();
    for (let count = 0; count < 100; count += 1) write(recording, Buffer.alloc(100_000));
    assert.ok(recorder.store.memoryUsed <= mebibyte + 256 * 1024);
    const window = await recorder.store.messageWindow(1, 1, 200);
    assert.equal(window?.total, 100);
    assert.deepEqual([window.messages[0]?.state, window.messages[99]?.state], ['dropped', 'complete']);
    assert.equal(recorder.store.truncating, true);
  });

  it('gives the bytes back when the flow leaves', () => {
    const recording = begin();
    for (let count = 0; count < 10; count += 1) write(recording, Buffer.alloc(1000));
    recorder.store.clear();
    assert.deepEqual([recorder.store.memoryUsed, recorder.store.messages.count], [0, 0]);
    write(recording, Buffer.alloc(1000));
    assert.equal(recorder.store.memoryUsed, 0);
  });

  it('of a flow that is only counted costs nothing', () => {
    recorder.setCapturing(false);
    assert.equal(begin().messages(), undefined);
  });

  it('gives windows from a number on, and the newest', async () => {
    const recording = begin();
    for (let count = 0; count < 9; count += 1) write(recording, Buffer.from('x'));
    const numbers = async (from: number | undefined, count: number): Promise<number[] | undefined> =>
      (await recorder.store.messageWindow(1, from, count))?.messages.map(({ number }) => number);
    assert.deepEqual(await numbers(undefined, 2), [8, 9]);
    assert.deepEqual(await numbers(3, 2), [3, 4]);
    assert.deepEqual(await numbers(-5, 3), [1, 2, 3]);
    assert.deepEqual(await numbers(10, 3), []);
    assert.equal(await recorder.store.messageWindow(7, 1, 1), undefined);
  });
});
