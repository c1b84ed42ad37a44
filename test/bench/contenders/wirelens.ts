// Ours: the engine as the extension runs it, in several moods, and the command line.
import { spawnSync } from 'node:child_process';
import path from 'node:path';
import type { UserSettings } from '../../../src/contract/settings.ts';
import { bundled } from '../../support/bundle.ts';
import type { EngineJob, EngineMessage, EngineQuestion } from '../children/engine-host.ts';
import { authorityFile } from '../origin.ts';
import { freePort, start, startScript } from '../system/child.ts';
import { onceListening, type Contender, type Counts, type Running, type Setup } from './contender.ts';

interface Mood {
  readonly name: string;
  readonly title: string;
  readonly capturing: boolean;
  readonly reads: boolean;
  readonly settings?: Partial<UserSettings>;
}

const can = { cache: true, connect: true, secureUpstream: true };
const env = { NODE_EXTRA_CA_CERTS: authorityFile };

async function startEngine(setup: Setup, mood: Mood): Promise<Running> {
  const host = await startScript('engine-host.ts', [], { cpu: setup.cpus.load, ipc: true, env });
  const job: EngineJob = {
    script: path.join(bundled(), 'engine.js'),
    cpu: setup.cpus.proxy,
    settings: { ...mood.settings, ...setup.settings },
    capturing: mood.capturing,
    reads: mood.reads,
  };
  host.process.send(job);
  const listening = await host.message<EngineMessage>();
  if (listening.kind !== 'listening') throw new Error('the engine does not listen');
  // A consumer that never reads: its process stands still until it is asked something.
  if (!mood.reads) host.process.kill('SIGSTOP');
  const counts = async (walk: boolean): Promise<Counts> => {
    const answer = host.message<EngineMessage>();
    if (!mood.reads) host.process.kill('SIGCONT');
    host.process.send({ walk } satisfies EngineQuestion);
    const message = await answer;
    if (!mood.reads) host.process.kill('SIGSTOP');
    if (message.kind !== 'counts') throw new Error('the engine does not count');
    return { recorded: message.recorded, kept: message.kept };
  };
  return {
    port: listening.port,
    pids: [listening.pid],
    ...(mood.capturing ? { counts } : {}),
    async stop() {
      if (!mood.reads) host.process.kill('SIGCONT');
      await host.stop();
    },
  };
}

function inMood(mood: Mood): Contender {
  return {
    name: mood.name,
    title: mood.title,
    can,
    missing: () => undefined,
    start: async (setup) => await startEngine(setup, mood),
  };
}

const commandLine: Contender = {
  name: 'wirelens-cli',
  title: 'Wirelens, command line (a line for each flow, to nowhere)',
  can,
  missing: () => (spawnSync('sh', ['-c', 'true']).error === undefined ? undefined : 'no shell'),
  async start({ cpus }) {
    const port = await freePort();
    const script = path.join(bundled(), 'cli.js');
    const shell = ['-c', 'exec "$@" > /dev/null', 'sh', process.execPath, script, '--port', String(port)];
    return await onceListening(await start('sh', shell, { cpu: cpus.proxy, env }), port);
  },
};

export const wirelens: readonly Contender[] = [
  inMood({ name: 'wirelens', title: 'Wirelens, capturing, views attached', capturing: true, reads: true }),
  inMood({ name: 'wirelens-off', title: 'Wirelens, capture stopped', capturing: false, reads: true }),
  inMood({ name: 'wirelens-stalled', title: 'Wirelens, its consumer never reads', capturing: true, reads: false }),
  inMood({
    name: 'wirelens-unpooled',
    title: 'Wirelens, a new upstream connection each time',
    capturing: true,
    reads: true,
    settings: { 'pool.maxIdlePerOrigin': 0 },
  }),
  commandLine,
];
