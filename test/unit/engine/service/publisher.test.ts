// The publisher against a made-up engine and a clock that is moved by hand.
import assert from 'node:assert/strict';
import { Emitter } from '../../../../src/base/emitter.ts';
import type { Update } from '../../../../src/contract/engine.ts';
import type { FlowSummary, ProxyState } from '../../../../src/contract/model.ts';
import { Publisher, type Published } from '../../../../src/engine/service/publisher.ts';

/** Timers that run when the clock is moved past them. */
class ManualTime {
  #now = 1000;
  #timers: { readonly at: number; readonly run: () => void }[] = [];

  readonly clock = { wall: () => this.#now, monotonic: () => this.#now };

  get armed(): number {
    return this.#timers.length;
  }

  readonly after = (delay: number, run: () => void) => {
    const timer = { at: this.#now + delay, run };
    this.#timers.push(timer);
    return {
      dispose: () => {
        this.#timers = this.#timers.filter((one) => one !== timer);
      },
    };
  };

  advance(milliseconds: number): void {
    const until = this.#now + milliseconds;
    for (;;) {
      const next = this.#timers.filter(({ at }) => at <= until).sort((one, other) => one.at - other.at)[0];
      if (next === undefined) break;
      this.#timers = this.#timers.filter((one) => one !== next);
      this.#now = next.at;
      next.run();
    }
    this.#now = until;
  }
}

function summary(number: number): FlowSummary {
  return {
    id: `e.${number}`,
    number,
    kind: 'exchange',
    state: 'done',
    startedAt: 0,
    method: 'GET',
    url: 'http://a.test/',
    requestBytes: 0,
    responseBytes: 0,
    cache: 'none',
    source: 'main',
  };
}

class Source implements Published {
  readonly #changes = new Emitter<void>();
  dirty: number[] = [];
  requests = 0;
  taken: number[] = [];
  snapshots = { origins: 0, cache: 0 };
  pool = { version: 1 };
  cache = { version: 1 };
  readonly recorder = {
    store: {
      oldest: 1,
      onDirty: this.#changes.event,
      takeDirty: (limit: number): FlowSummary[] => {
        this.taken.push(limit);
        const changed = this.dirty.slice(-limit);
        this.dirty = [];
        return changed.map(summary);
      },
    },
  };

  state(): ProxyState {
    // The publisher only compares and passes it on.
    return { counters: { requests: this.requests } } as ProxyState;
  }

  origins() {
    this.snapshots.origins += 1;
    return [];
  }

  cacheSnapshot() {
    this.snapshots.cache += 1;
    return { entries: [], order: 'recent' as const, total: this.cache.version, bytes: 0, maxBytes: 0 };
  }

  touch(...numbers: number[]): void {
    const first = this.dirty.length === 0;
    this.dirty.push(...numbers);
    if (first) this.#changes.fire();
  }

  get hasListeners(): boolean {
    return this.#changes.hasListeners;
  }
}

function setUp() {
  const time = new ManualTime();
  const source = new Source();
  const sent: Update[] = [];
  const publisher = new Publisher({
    source,
    clock: time.clock,
    after: time.after,
    send: (update) => sent.push(update),
  });
  /** Confirms what was sent last. */
  const acknowledge = (): void => publisher.acknowledge(sent.at(-1)?.sequence ?? 0);
  return { time, source, sent, publisher, acknowledge };
}

describe('Publisher', () => {
  it('sends all there is at the start', () => {
    const { source, sent, publisher } = setUp();
    source.touch(1, 2);
    publisher.start();
    assert.equal(sent.length, 1);
    assert.deepEqual(
      sent[0]?.flows.map(({ number }) => number),
      [1, 2],
    );
    assert.deepEqual(sent[0]?.origins, []);
    assert.equal(sent[0]?.cache?.total, 1);
    assert.equal(sent[0]?.oldestFlow, 1);
  });

  it('sends what changed within 80 ms as one update', () => {
    const { time, source, sent, publisher, acknowledge } = setUp();
    publisher.start();
    acknowledge();
    source.touch(1);
    time.advance(40);
    source.touch(2, 3);
    time.advance(39);
    assert.equal(sent.length, 1);
    time.advance(1);
    assert.equal(sent.length, 2);
    assert.deepEqual(
      sent[1]?.flows.map(({ number }) => number),
      [1, 2, 3],
    );
  });

  it('sends at most thirteen updates a second to a consumer that confirms at once', () => {
    const { time, source, sent, publisher, acknowledge } = setUp();
    publisher.start();
    acknowledge();
    for (let at = 0; at < 1000; at += 1) {
      source.touch(at + 1);
      time.advance(1);
      acknowledge();
    }
    assert.ok(sent.length >= 12 && sent.length <= 13, `${sent.length} updates`);
    assert.deepEqual(
      sent.map(({ sequence }) => sequence),
      sent.map((_update, index) => index + 1),
    );
  });

  it('sends nothing when nothing has changed', () => {
    const { time, sent, publisher, acknowledge } = setUp();
    publisher.start();
    acknowledge();
    time.advance(10_000);
    assert.equal(sent.length, 1);
  });

  it('sends a state that changed without a flow', () => {
    const { time, source, sent, publisher, acknowledge } = setUp();
    publisher.start();
    acknowledge();
    source.requests = 7;
    time.advance(330);
    assert.equal(sent.length, 2);
    assert.equal(sent[1]?.state.counters.requests, 7);
    assert.deepEqual(sent[1]?.flows, []);
  });

  it('sends that flows have left the store', () => {
    const { time, source, sent, publisher, acknowledge } = setUp();
    publisher.start();
    acknowledge();
    source.recorder.store.oldest = 5;
    source.touch();
    time.advance(80);
    assert.equal(sent[1]?.oldestFlow, 5);
  });

  it('sends origins and cache only when their version changed, at most four times a second', () => {
    const { time, source, sent, publisher, acknowledge } = setUp();
    publisher.start();
    acknowledge();
    for (let at = 0; at < 1000; at += 1) {
      source.pool.version += 1;
      source.touch(at + 1);
      time.advance(1);
      acknowledge();
    }
    assert.ok(source.snapshots.origins >= 3 && source.snapshots.origins <= 5, `${source.snapshots.origins} snapshots`);
    assert.equal(source.snapshots.cache, 1);
    assert.equal(sent.filter(({ origins }) => origins !== undefined).length, source.snapshots.origins);
    source.cache.version = 9;
    time.advance(330);
    acknowledge();
    assert.equal(sent.at(-1)?.cache?.total, 9);
  });

  it('sends a snapshot that had to wait even when nothing else changes any more', () => {
    const { time, source, sent, publisher, acknowledge } = setUp();
    publisher.start();
    acknowledge();
    source.pool.version += 1;
    source.touch(1);
    time.advance(80);
    acknowledge();
    assert.equal(sent[1]?.origins, undefined);
    time.advance(500);
    assert.deepEqual(sent[2]?.origins, []);
  });

  it('asks nothing of the engine while an update is not acknowledged', () => {
    const { time, source, sent, publisher } = setUp();
    publisher.start();
    const takenBefore = source.taken.length;
    for (let at = 0; at < 100_000; at += 1) {
      source.touch(at + 1);
      if (at % 100 === 0) time.advance(10);
    }
    assert.equal(sent.length, 1);
    assert.equal(source.taken.length, takenBefore);
    assert.equal(time.armed, 0);
  });

  it('sends the newest 1,000 of what has piled up when the acknowledgement comes late', () => {
    const { time, source, sent, publisher, acknowledge } = setUp();
    publisher.start();
    source.touch(...Array.from({ length: 1500 }, (_none, index) => index + 1));
    time.advance(5000);
    acknowledge();
    time.advance(0);
    assert.equal(sent.length, 2);
    assert.equal(sent[1]?.flows.length, 1000);
    assert.equal(sent[1]?.flows[0]?.number, 501);
  });

  it('is not moved by an acknowledgement of another update', () => {
    const { time, source, sent, publisher } = setUp();
    publisher.start();
    publisher.acknowledge(0);
    publisher.acknowledge(2);
    source.touch(1);
    time.advance(1000);
    assert.equal(sent.length, 1);
  });

  it('leaves neither timer nor listener behind', () => {
    const { time, source, sent, publisher, acknowledge } = setUp();
    publisher.start();
    acknowledge();
    publisher.dispose();
    assert.equal(time.armed, 0);
    assert.equal(source.hasListeners, false);
    publisher.acknowledge(1);
    source.touch(1);
    time.advance(1000);
    assert.equal(sent.length, 1);
  });
});
