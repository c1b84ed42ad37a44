// The one timer for all time-outs.
import assert from 'node:assert/strict';
import { Deadlines, type Watched } from '../../../src/engine/deadlines.ts';
import { TestClock } from '../../support/test-clock.ts';

class Timed implements Watched {
  deadline: number;
  readonly expired: Promise<number>;
  readonly #deadlines: Deadlines;
  #fulfil: ((now: number) => void) | undefined;

  constructor(deadline: number, deadlines: Deadlines) {
    this.deadline = deadline;
    this.#deadlines = deadlines;
    this.expired = new Promise((fulfil) => (this.#fulfil = fulfil));
    deadlines.watch(this);
  }

  expire(now: number): void {
    this.#deadlines.unwatch(this);
    this.#fulfil?.(now);
  }
}

describe('Deadlines', () => {
  // A timer that is not counted as a reason to go on would let the process end in the middle of a test.
  const alive = setInterval(() => undefined, 1000);
  after(() => clearInterval(alive));

  it('tells those whose time has come, and no others', async () => {
    const clock = new TestClock();
    const deadlines = new Deadlines(clock);
    const now = clock.monotonic();
    const early = new Timed(now + 10_000, deadlines);
    const late = new Timed(now + 60_000, deadlines);
    const never = new Timed(Infinity, deadlines);
    clock.advance(20_000);
    assert.ok((await early.expired) >= now + 10_000);
    let others = 0;
    void Promise.race([late.expired, never.expired]).then(() => (others += 1));
    clock.advance(1000);
    const probe = new Timed(clock.monotonic(), deadlines);
    await probe.expired;
    assert.equal(others, 0);
    deadlines.dispose();
  });

  it('looks at the deadline as it is at that moment', async () => {
    const clock = new TestClock();
    const deadlines = new Deadlines(clock);
    const one = new Timed(clock.monotonic() + 1, deadlines);
    let expired = false;
    void one.expired.then(() => (expired = true));
    one.deadline = Infinity;
    const probe = new Timed(clock.monotonic(), deadlines);
    await probe.expired;
    assert.equal(expired, false);
    deadlines.dispose();
  });

  it('keeps no timer while it watches nobody', async () => {
    const clock = new TestClock();
    const deadlines = new Deadlines(clock);
    const one = new Timed(clock.monotonic(), deadlines);
    await one.expired;
    const again = new Timed(clock.monotonic(), deadlines);
    await again.expired;
    deadlines.dispose();
  });
});
