// Details, older flows and bodies from the engine, and what happens when it goes in the middle.
import assert from 'node:assert/strict';
import type { EngineCalls } from '../../../../src/contract/engine.ts';
import { ClosedError } from '../../../../src/contract/rpc.ts';
import { readBody } from '../../../../src/extension/documents/read-body.ts';
import { FlowStore } from '../../../../src/extension/model/flow-store.ts';
import { detail, messageWindow, summary } from '../support/values.ts';

type Answers = {
  [Name in keyof EngineCalls]?: (argument: EngineCalls[Name]['argument']) => EngineCalls[Name]['result'];
};

function storeOf(answers: Answers) {
  const calls: string[] = [];
  const store = new FlowStore(async (name, argument) => {
    calls.push(name);
    const answer = answers[name];
    if (answer === undefined) throw new ClosedError();
    return answer(argument);
  });
  return { store, calls };
}

/** An engine with one body in pieces of three bytes. */
function bodyAnswers(bytes: Uint8Array, note?: string): Answers {
  return {
    openBody: () => ({ handle: 5, size: bytes.byteLength, ...(note === undefined ? {} : { note }) }),
    readBody: ({ handle, offset }) => (handle === 5 ? bytes.subarray(offset, offset + 3) : new Uint8Array()),
    closeBody: () => undefined,
  };
}

const choice = { id: 'e1.1', side: 'response', form: 'decoded' } as const;

describe('FlowStore', () => {
  it('asks once for the details of a finished flow, and again for one that goes on', async () => {
    const { store, calls } = storeOf({
      flowDetail: (id) => detail(1, { id, state: id === 'e1.1' ? 'done' : 'streaming' }),
    });
    await store.detail('e1.1');
    await store.detail('e1.1');
    await store.detail('e1.2');
    await store.detail('e1.2');
    assert.equal(calls.length, 3);
    store.forget();
    await store.detail('e1.1');
    assert.equal(calls.length, 4);
  });

  it('keeps the details of 50 flows', async () => {
    const { store, calls } = storeOf({ flowDetail: (id) => detail(1, { id }) });
    for (let index = 0; index <= 50; index += 1) await store.detail(`e1.${index}`);
    await store.detail('e1.50');
    assert.equal(calls.length, 51);
    await store.detail('e1.0');
    assert.equal(calls.length, 52);
  });

  it('fetches as many of the newest messages as are wanted, and as there are', async () => {
    const { store, calls } = storeOf({
      flowMessages: ({ from = Infinity, count }) => messageWindow(1000, 301, Math.min(from, 1001 - count), count),
    });
    const numbers = async (count: number): Promise<number[] | undefined> =>
      (await store.newestMessages('e1.1', count))?.messages.map(({ number }) => number);
    assert.deepEqual(await numbers(2), [999, 1000]);
    assert.equal(calls.length, 1);
    const many = await numbers(450);
    assert.deepEqual([many?.length, many?.[0], many?.at(-1)], [450, 551, 1000]);
    assert.deepEqual(
      many,
      many?.toSorted((one, other) => one - other),
    );
    const all = await numbers(5000);
    assert.deepEqual([all?.length, all?.[0]], [700, 301]);
  });

  it('has nothing when the engine is gone', async () => {
    const { store } = storeOf({});
    assert.equal(await store.detail('e1.1'), undefined);
    assert.deepEqual(await store.before('e1.1', 10), []);
    assert.deepEqual(await readBody(store, choice), { kind: 'gone' });
  });

  it('gives older flows as rows', async () => {
    const { store } = storeOf({
      flowsBefore: ({ before, count }) => (before === 'e1.9' && count === 2 ? [summary(8), summary(7)] : []),
    });
    assert.deepEqual(
      (await store.before('e1.9', 2)).map((row) => row.summary.number),
      [8, 7],
    );
  });
});

describe('readBody', () => {
  it('reads all pieces, tells how far it is, and closes the body', async () => {
    const { store, calls } = storeOf(bodyAnswers(Buffer.from('12345678'), 'truncated'));
    const shares: number[] = [];
    const reading = await readBody(store, choice, { onProgress: (share) => shares.push(share) });
    assert.deepEqual(reading, { kind: 'read', bytes: Buffer.from('12345678'), note: 'truncated' });
    assert.deepEqual(shares, [3 / 8, 6 / 8, 1]);
    assert.equal(calls.at(-1), 'closeBody');
  });

  it('reads the content of a cache entry the same way', async () => {
    const { openBody: _openBody, ...answers } = bodyAnswers(Buffer.from('12345678'));
    const asked: unknown[] = [];
    const { store, calls } = storeOf({
      ...answers,
      openCacheBody: (argument) => {
        asked.push(argument);
        return { handle: 5, size: 8 };
      },
    });
    const reading = await readBody(store, { entry: '7', form: 'pretty' });
    assert.deepEqual(reading, { kind: 'read', bytes: Buffer.from('12345678'), note: undefined });
    assert.deepEqual([asked, calls[0], calls.at(-1)], [[{ id: '7', form: 'pretty' }], 'openCacheBody', 'closeBody']);
  });

  it('stops when it is cancelled, and closes the body', async () => {
    const { store, calls } = storeOf(bodyAnswers(Buffer.from('12345678')));
    let pieces = 0;
    assert.deepEqual(await readBody(store, choice, { isCancelled: () => (pieces += 1) > 1 }), { kind: 'cancelled' });
    assert.equal(calls.filter((name) => name === 'readBody').length, 2);
    assert.equal(calls.at(-1), 'closeBody');
  });

  it('does not read what no editor takes', async () => {
    const { store, calls } = storeOf({
      ...bodyAnswers(Buffer.alloc(0)),
      openBody: () => ({ handle: 5, size: 60 * 1024 * 1024 }),
    });
    assert.deepEqual(await readBody(store, choice), { kind: 'too-large', size: 60 * 1024 * 1024 });
    assert.deepEqual(calls, ['openBody', 'closeBody']);
  });
});
