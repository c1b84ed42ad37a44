// The admission gate by itself.
import assert from 'node:assert/strict';
import { Cancellation } from '../../../../src/base/cancellation.ts';
import { ProxyError } from '../../../../src/contract/errors.ts';
import { Admission } from '../../../../src/engine/listen/admission.ts';

/** Notes in which order those who wait are let in. */
function waiting(
  admission: Admission,
  order: string[],
  name: string,
  cancellation = new Cancellation(),
): Promise<void> {
  const entered = admission.enter(cancellation);
  assert.ok(entered, `${name} should wait`);
  return entered.then(() => void order.push(name));
}

async function turn(): Promise<void> {
  await new Promise<void>((fulfil) => setImmediate(fulfil));
}

describe('Admission', () => {
  it('lets in at once while there are slots', () => {
    const admission = new Admission({ maxConcurrent: 2, maxQueued: 0 });
    assert.equal(admission.enter(new Cancellation()), undefined);
    assert.equal(admission.enter(new Cancellation()), undefined);
    assert.deepEqual([admission.inFlight, admission.queued], [2, 0]);
  });

  it('lets those who wait in first come, first served', async () => {
    const admission = new Admission({ maxConcurrent: 1, maxQueued: 3 });
    void admission.enter(new Cancellation());
    const order: string[] = [];
    const all = ['a', 'b', 'c'].map((name) => waiting(admission, order, name));
    for (let time = 0; time < 3; time += 1) admission.leave();
    await Promise.all(all);
    assert.deepEqual(order, ['a', 'b', 'c']);
    assert.equal(admission.inFlight, 1);
  });

  it('refuses with its numbers where the queue is full', () => {
    const admission = new Admission({ maxConcurrent: 1, maxQueued: 1 });
    void admission.enter(new Cancellation());
    void admission.enter(new Cancellation());
    assert.throws(
      () => admission.enter(new Cancellation()),
      (error) =>
        error instanceof ProxyError && error.code === 'too-busy' && error.message.includes('1 in flight, 1 waiting'),
    );
  });

  it('lets one who gives up leave the queue, with the reason', async () => {
    const admission = new Admission({ maxConcurrent: 1, maxQueued: 2 });
    void admission.enter(new Cancellation());
    const order: string[] = [];
    const cancellation = new Cancellation();
    const gone = waiting(admission, order, 'gone', cancellation);
    const stays = waiting(admission, order, 'stays');
    const reason = new Error('left');
    cancellation.cancel(reason);
    await assert.rejects(gone, reason);
    assert.equal(admission.queued, 1);
    admission.leave();
    await stays;
    assert.deepEqual(order, ['stays']);
  });

  it('keeps the slot of one who gives up in the moment of being let in', async () => {
    const admission = new Admission({ maxConcurrent: 1, maxQueued: 1 });
    void admission.enter(new Cancellation());
    const cancellation = new Cancellation();
    const order: string[] = [];
    const entered = waiting(admission, order, 'late', cancellation);
    admission.leave();
    cancellation.cancel(new Error('too late'));
    await entered;
    assert.deepEqual([admission.inFlight, order], [1, ['late']]);
  });

  it('lets more in when the limit is raised, and none out when it is lowered', async () => {
    const admission = new Admission({ maxConcurrent: 1, maxQueued: 5 });
    void admission.enter(new Cancellation());
    const order: string[] = [];
    void waiting(admission, order, 'a');
    void waiting(admission, order, 'b');
    admission.configure({ maxConcurrent: 3, maxQueued: 5 });
    await turn();
    assert.deepEqual([order, admission.inFlight], [['a', 'b'], 3]);
    admission.configure({ maxConcurrent: 1, maxQueued: 5 });
    assert.equal(admission.inFlight, 3);
    void waiting(admission, order, 'c');
    admission.leave();
    admission.leave();
    await turn();
    assert.deepEqual(order, ['a', 'b']);
    admission.leave();
    await turn();
    assert.deepEqual(order, ['a', 'b', 'c']);
  });
});
