// The supervisor against an engine in memory: start, replay after a crash, back-off, and an end without orphans.
import assert from 'node:assert/strict';
import { ClosedError } from '../../../../src/contract/rpc.ts';
import { defaultSettings, resolveSettings } from '../../../../src/contract/settings.ts';
import { Supervisor, type Crash, type EngineStatus } from '../../../../src/extension/link/supervisor.ts';
import { FakeTimers, fakeWorld, settled } from '../support/fake-engine.ts';
import { summary, update } from '../support/values.ts';

const settings = resolveSettings({ ...defaultSettings, port: 8080 });

function supervised() {
  const world = fakeWorld();
  const timers = new FakeTimers();
  const supervisor = new Supervisor({ launch: world.launch, after: timers.after });
  const statuses: EngineStatus['kind'][] = [];
  const crashes: Crash[] = [];
  supervisor.onDidChangeStatus((status) => {
    if (statuses.at(-1) !== status.kind) statuses.push(status.kind);
  });
  supervisor.onCrash((crash) => crashes.push(crash));
  return { world, timers, supervisor, statuses, crashes };
}

const broken = { code: 1, signal: null };

describe('Supervisor', () => {
  it('starts an engine only when it is to listen, and tells it the settings first', async () => {
    const { world, supervisor, statuses } = supervised();
    assert.equal(await supervisor.configure(settings), undefined);
    assert.equal(world.engines.length, 0);
    assert.deepEqual(await supervisor.listen(), { kind: 'listening', host: '127.0.0.1', port: 8080 });
    assert.deepEqual(world.engines[0]?.names(), ['configure', 'listen']);
    assert.deepEqual(statuses, ['starting', 'up']);
    assert.deepEqual(supervisor.listening, { host: '127.0.0.1', port: 8080 });
  });

  it('passes updates on and acknowledges each', async () => {
    const { world, supervisor } = supervised();
    const seen: number[] = [];
    supervisor.onUpdate(({ sequence }) => seen.push(sequence));
    await supervisor.listen();
    world.engines[0]?.announce('update', update([summary(1)], { sequence: 7 }));
    await settled();
    assert.deepEqual(seen, [7]);
    assert.deepEqual(world.engines[0]?.acknowledged, [7]);
  });

  it('starts again after a crash, listens on the same port and reports it', async () => {
    const { world, timers, supervisor, statuses, crashes } = supervised();
    await supervisor.configure(resolveSettings({ ...defaultSettings, port: 0 }));
    await supervisor.listen();
    await supervisor.setCapturing(false);
    await supervisor.setCacheOrder('size');
    world.engines[0]?.exit(broken);
    assert.deepEqual(statuses, ['starting', 'up', 'waiting']);
    timers.runOut(250);
    await settled();
    const second = world.engines[1];
    assert.deepEqual(second?.names(), ['configure', 'setCapturing', 'setCacheOrder', 'listen']);
    assert.equal(second?.calls[2]?.argument, 'size');
    assert.equal(second?.settings?.port, 50_123, 'the port that clients know, not 0');
    assert.deepEqual(crashes, [
      { exit: broken, outcome: 'restarted', listening: { kind: 'listening', host: '127.0.0.1', port: 50_123 } },
    ]);
    assert.equal(supervisor.status.kind, 'up');
  });

  it('reports that the port was taken meanwhile', async () => {
    const { world, timers, supervisor, crashes } = supervised();
    await supervisor.configure(settings);
    await supervisor.listen();
    world.taken.add(8080);
    world.engines[0]?.exit(broken);
    timers.runOut(250);
    await settled();
    assert.equal(crashes[0]?.listening?.kind, 'failed');
    assert.equal(supervisor.listening, undefined);
  });

  it('does not listen after a crash when it was stopped before', async () => {
    const { world, timers, supervisor, crashes } = supervised();
    await supervisor.listen();
    await supervisor.close();
    world.engines[0]?.exit(broken);
    timers.runOut(250);
    await settled();
    assert.equal(world.engines[1]?.names().includes('listen'), false);
    assert.deepEqual(crashes, [{ exit: broken, outcome: 'restarted' }]);
  });

  it('waits twice as long after each further crash, and gives up in the end', async () => {
    const { world, timers, supervisor, statuses, crashes } = supervised();
    await supervisor.configure(settings);
    await supervisor.listen();
    for (const delay of [250, 500, 1000, 2000, 4000]) {
      world.engines.at(-1)?.exit(broken);
      assert.deepEqual(supervisor.status, { kind: 'waiting', delay });
      timers.runOut(delay);
      await settled();
      assert.equal(supervisor.status.kind, 'up');
    }
    world.engines.at(-1)?.exit(broken);
    assert.equal(statuses.at(-1), 'given-up');
    assert.deepEqual(crashes.at(-1), { exit: broken, outcome: 'given-up' });
    assert.deepEqual(timers.delays, [], 'no timer is left');
  });

  it('forgets crashes once an engine has lived for a minute', async () => {
    const { world, timers, supervisor } = supervised();
    await supervisor.listen();
    world.engines[0]?.exit(broken);
    timers.runOut(250);
    await settled();
    timers.runOut(60_000);
    world.engines[1]?.exit(broken);
    assert.deepEqual(supervisor.status, { kind: 'waiting', delay: 250 });
  });

  it('tries again after it gave up when a person starts it', async () => {
    const { world, supervisor } = supervised();
    const failing = new Supervisor({
      launch: () => {
        const engine = world.launch();
        if (world.engines.length === 1)
          queueMicrotask(() => world.engines[0]?.exit({ code: null, signal: null, failure: 'ENOENT' }));
        return engine;
      },
      after: new FakeTimers().after,
    });
    world.stillborn = true;
    await assert.rejects(failing.listen(), ClosedError);
    assert.equal(failing.status.kind, 'given-up');
    world.stillborn = false;
    assert.equal((await failing.listen()).kind, 'listening');
    await supervisor.end();
  });

  it('rejects calls under way when the engine goes', async () => {
    const { world, supervisor } = supervised();
    await supervisor.listen();
    const call = supervisor.call('flushCache', undefined);
    world.engines[0]?.exit(broken);
    await assert.rejects(call, ClosedError);
    await assert.rejects(supervisor.call('flushCache', undefined), ClosedError);
  });

  it('keeps where it listens when a new address cannot be taken', async () => {
    const { world, supervisor } = supervised();
    await supervisor.configure(settings);
    await supervisor.listen();
    world.taken.add(9090);
    const result = await supervisor.configure({ ...settings, port: 9090 });
    assert.equal(result?.kind, 'failed');
    assert.deepEqual(supervisor.listening, { host: '127.0.0.1', port: 8080 });
  });

  it('does not rebind when settings name the port that 0 turned into', async () => {
    const { world, supervisor } = supervised();
    const free = resolveSettings({ ...defaultSettings, port: 0 });
    await supervisor.configure(free);
    await supervisor.listen();
    assert.equal(await supervisor.configure({ ...free, port: 50_123, keepAlive: false }), undefined);
    assert.equal(world.engines[0]?.settings?.keepAlive, false);
  });

  it('ends the engine by disconnecting, and does not restart it', async () => {
    const { world, timers, supervisor } = supervised();
    await supervisor.listen();
    await supervisor.end();
    assert.equal(world.engines[0]?.killed, false);
    assert.equal(world.engines.length, 1);
    assert.deepEqual(timers.delays, []);
    await assert.rejects(supervisor.listen(), ClosedError);
  });

  it('kills an engine that does not end', async () => {
    const { world, timers, supervisor } = supervised();
    await supervisor.listen();
    const [engine] = world.engines;
    assert.ok(engine);
    engine.stubborn = true;
    const end = supervisor.end();
    timers.runOut(2000);
    await end;
    assert.equal(engine.killed, true);
  });

  it('calls a restart off when it is ended meanwhile', async () => {
    const { world, timers, supervisor } = supervised();
    await supervisor.listen();
    world.engines[0]?.exit(broken);
    await supervisor.end();
    assert.deepEqual(timers.delays, []);
    assert.equal(world.engines.length, 1);
  });
});
