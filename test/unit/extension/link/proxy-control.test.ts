// Starting and stopping as a person means it: ports that are taken, questions and their answers, changed settings.
import assert from 'node:assert/strict';
import { defaultSettings, resolveSettings, type UserSettings } from '../../../../src/contract/settings.ts';
import { ProxyControl, type BoundPort, type Questions } from '../../../../src/extension/link/proxy-control.ts';
import { Supervisor } from '../../../../src/extension/link/supervisor.ts';
import { FakeTimers, fakeWorld, settled } from '../support/fake-engine.ts';

type Choice = Awaited<ReturnType<Questions['listenFailed']>>;

function controlled(remembered?: BoundPort) {
  const world = fakeWorld();
  const supervisor = new Supervisor({ launch: world.launch, after: new FakeTimers().after });
  let user: UserSettings = defaultSettings;
  let memory = remembered;
  const asked: string[] = [];
  const answers: { choice: Choice; port: number | undefined; host: boolean } = {
    choice: undefined,
    port: undefined,
    host: false,
  };
  const errors: unknown[] = [];
  const control = new ProxyControl({
    supervisor,
    settings: () => user,
    resolve: async (settings) => resolveSettings(settings),
    memory: {
      read: () => memory,
      write: (bound) => {
        memory = bound;
      },
    },
    questions: {
      listenFailed: async (failure, port) => {
        asked.push(`${failure.reason} ${port}`);
        const { choice } = answers;
        answers.choice = undefined;
        return choice;
      },
      confirmHost: async (host) => {
        asked.push(`host ${host}`);
        return answers.host;
      },
      choosePort: async (current) => {
        asked.push(`port, now ${current}`);
        if (answers.port !== undefined) user = { ...user, port: answers.port };
        return answers.port;
      },
    },
    reportError: (error) => errors.push(error),
  });
  return {
    world,
    supervisor,
    control,
    asked,
    answers,
    errors,
    remembered: () => memory,
    change: async (changes: Partial<UserSettings>) => {
      user = { ...user, ...changes };
      await control.applySettings();
      await settled();
    },
  };
}

describe('ProxyControl', () => {
  it('listens on the port of the setting and remembers it', async () => {
    const { control, remembered, asked } = controlled();
    assert.deepEqual(await control.start('person'), { kind: 'listening', host: '127.0.0.1', port: 8080 });
    assert.deepEqual(remembered(), { setting: 8080, bound: 8080 });
    assert.deepEqual(asked, []);
  });

  it('asks a person when the port is taken, and takes the next free one on their word', async () => {
    const { world, supervisor, control, answers, asked, remembered } = controlled();
    world.taken.add(8080).add(8081);
    answers.choice = 'next-free';
    assert.equal((await control.start('person'))?.kind, 'failed');
    await settled();
    assert.deepEqual(asked, ['port-in-use 8080']);
    assert.equal(supervisor.listening?.port, 8082);
    assert.deepEqual(remembered(), { setting: 8080, bound: 8082 });
  });

  it('takes the next free port by itself when it starts by itself', async () => {
    const { world, control, asked } = controlled();
    world.taken.add(8080);
    assert.deepEqual(await control.start('itself'), { kind: 'listening', host: '127.0.0.1', port: 8081 });
    assert.deepEqual(asked, []);
  });

  it('starts on the port that a person chose instead', async () => {
    const { supervisor, control, answers, asked, change } = controlled();
    await change({ port: 80 });
    answers.choice = 'choose';
    answers.port = 9000;
    await control.start('person');
    await settled();
    assert.deepEqual(asked, ['port-not-allowed 80', 'port, now 80']);
    assert.equal(supervisor.listening?.port, 9000);
  });

  it('leaves it when the question is dismissed', async () => {
    const { world, supervisor, control } = controlled();
    world.taken.add(8080);
    await control.start('person');
    await settled();
    assert.equal(supervisor.listening, undefined);
  });

  it('binds the port again that the window had before it was reloaded', async () => {
    const { control } = controlled({ setting: 8080, bound: 8085 });
    assert.deepEqual(await control.start('person'), { kind: 'listening', host: '127.0.0.1', port: 8085 });
  });

  it('falls back to the setting when the port of before is taken or the setting has changed', async () => {
    const taken = controlled({ setting: 8080, bound: 8085 });
    taken.world.taken.add(8085);
    assert.deepEqual(await taken.control.start('person'), { kind: 'listening', host: '127.0.0.1', port: 8080 });
    const changed = controlled({ setting: 7000, bound: 7001 });
    assert.deepEqual(await changed.control.start('person'), { kind: 'listening', host: '127.0.0.1', port: 8080 });
  });

  it('forgets the port when it is stopped', async () => {
    const { control, remembered, supervisor } = controlled({ setting: 8080, bound: 8085 });
    await control.start('person');
    await control.stop();
    assert.equal(remembered(), undefined);
    assert.equal(supervisor.listening, undefined);
  });

  it('rebinds a running proxy when the port changes, and only then', async () => {
    const { world, supervisor, control, change } = controlled();
    await control.start('person');
    await change({ keepAlive: false });
    assert.equal(supervisor.listening?.port, 8080);
    await change({ port: 9090 });
    assert.equal(supervisor.listening?.port, 9090);
    assert.deepEqual(world.engines.length, 1, 'the engine and its flows stay');
    assert.equal(world.engines[0]?.names().filter((name) => name === 'listen').length, 1);
  });

  it('stays where it is through other changes after it took another port than the setting', async () => {
    const { world, supervisor, control, change } = controlled();
    world.taken.add(8080);
    await control.start('itself');
    await change({ 'cache.mode': 'off' });
    assert.equal(supervisor.listening?.port, 8081);
    assert.equal(world.engines[0]?.settings?.cache.mode, 'off');
  });

  it('stays where it is with port 0', async () => {
    const { supervisor, control, change, asked } = controlled();
    await change({ port: 0 });
    await control.start('person');
    await change({ keepAlive: false });
    assert.equal(supervisor.listening?.port, 50_123);
    assert.deepEqual(asked, []);
  });

  it('says that a changed port is taken, and serves on at the old one', async () => {
    const { world, supervisor, control, change, asked } = controlled();
    await control.start('person');
    world.taken.add(9090);
    await change({ port: 9090 });
    assert.deepEqual(asked, ['port-in-use 9090']);
    assert.equal(supervisor.listening?.port, 8080);
  });

  it('does not start a stopped proxy when settings change', async () => {
    const { world, change } = controlled();
    await change({ port: 9090 });
    assert.equal(world.engines.length, 0);
  });

  it('asks before it listens where other machines can reach it', async () => {
    const { world, control, answers, asked, change } = controlled();
    await change({ host: '0.0.0.0' });
    assert.equal(await control.start('person'), undefined);
    assert.equal(world.engines.length, 0);
    answers.host = true;
    assert.equal((await control.start('person'))?.kind, 'listening');
    await control.stop();
    await control.start('person');
    assert.deepEqual(asked, ['host 0.0.0.0', 'host 0.0.0.0'], 'not again once it was allowed');
  });

  it('stays on the old host when the new one is not confirmed', async () => {
    const { supervisor, control, change } = controlled();
    await control.start('person');
    await change({ host: '0.0.0.0', keepAlive: false });
    assert.deepEqual(supervisor.listening, { host: '127.0.0.1', port: 8080 });
  });

  it('restarts at the same place', async () => {
    const { world, control } = controlled();
    world.taken.add(8080);
    await control.start('itself');
    assert.deepEqual(await control.restart(), { kind: 'listening', host: '127.0.0.1', port: 8081 });
    assert.deepEqual(
      world.engines[0]
        ?.names()
        .filter((name) => name === 'close' || name === 'listen')
        .slice(-2),
      ['close', 'listen'],
    );
  });

  it('does one thing after the other', async () => {
    const { supervisor, control } = controlled();
    await Promise.all([control.start('person'), control.stop(), control.start('person'), control.stop()]);
    assert.equal(supervisor.listening, undefined);
  });

  it('has nothing to do when it listens already', async () => {
    const { world, control } = controlled();
    await control.start('person');
    assert.deepEqual(await control.start('person'), { kind: 'listening', host: '127.0.0.1', port: 8080 });
    assert.equal(world.engines[0]?.names().filter((name) => name === 'listen').length, 1);
  });
});
