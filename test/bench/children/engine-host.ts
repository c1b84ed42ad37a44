// Stands in for the extension host: forks the engine, configures it, and confirms its updates, or never does.
import { fork, type ChildProcess } from 'node:child_process';
import { disposable } from '../../../src/base/disposable.ts';
import type { EngineCalls, EngineEvents } from '../../../src/contract/engine.ts';
import type { Port } from '../../../src/contract/port.ts';
import { connectClient } from '../../../src/contract/rpc.ts';
import { defaultSettings, resolveSettings, type UserSettings } from '../../../src/contract/settings.ts';
import { pinned } from '../system/cpus.ts';

/** What the engine is started with. */
export interface EngineJob {
  readonly script: string;
  readonly cpu: number | undefined;
  readonly settings: Partial<UserSettings>;
  readonly capturing: boolean;
  /** Confirms updates as the extension does; otherwise the engine never hears of it again. */
  readonly reads: boolean;
}

/** Where the engine is, and what it counted when it was asked. */
export type EngineMessage =
  | { readonly kind: 'listening'; readonly port: number; readonly pid: number }
  | { readonly kind: 'counts'; readonly recorded: number; readonly kept: number; readonly updates: number };

/** Asks for the counts; with `walk`, of all that is kept, else of the newest 1,000 at most. */
export interface EngineQuestion {
  readonly walk: boolean;
}

function portOf(child: ChildProcess): Port {
  return {
    send: (message) => void child.send(message as object, () => undefined),
    onMessage(listener) {
      child.on('message', listener);
      return disposable(() => child.off('message', listener));
    },
    onClose(listener) {
      child.once('disconnect', listener);
      return disposable(() => child.off('disconnect', listener));
    },
  };
}

function say(message: EngineMessage): void {
  process.send?.(message);
}

async function run(job: EngineJob): Promise<void> {
  const [program, args] = pinned(job.cpu, process.execPath, []);
  const child = fork(job.script, [], {
    execPath: program,
    execArgv: args,
    serialization: 'advanced',
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  });
  child.once('exit', () => process.exit(1));
  const client = connectClient<EngineCalls, EngineEvents>(portOf(child));
  let updates = 0;
  client.on('update', ({ sequence }) => {
    updates += 1;
    if (job.reads) void client.call('acknowledge', sequence);
  });
  await client.call('configure', resolveSettings({ ...defaultSettings, ...job.settings, port: 0 }));
  await client.call('setCapturing', job.capturing);
  const result = await client.call('listen', undefined);
  if (result.kind === 'failed') throw new Error(result.message);
  process.on('message', ({ walk }: EngineQuestion) => {
    void client.call('flowsBefore', { count: 1000 }).then(async (flows) => {
      const kept = walk ? await countKept(client, flows.at(-1)?.id, flows.length) : flows.length;
      say({ kind: 'counts', recorded: flows[0]?.number ?? 0, kept, updates });
    });
  });
  say({ kind: 'listening', port: result.port, pid: child.pid ?? 0 });
}

type EngineClient = ReturnType<typeof connectClient<EngineCalls, EngineEvents>>;

/** Goes back through all that is kept, as somebody would who loads more and more. */
async function countKept(client: EngineClient, oldest: string | undefined, counted: number): Promise<number> {
  let before = oldest;
  let kept = counted;
  while (before !== undefined) {
    const flows = await client.call('flowsBefore', { before, count: 1000 });
    kept += flows.length;
    before = flows.at(-1)?.id;
  }
  return kept;
}

process.once('message', (job: EngineJob) => {
  run(job).catch((error: unknown) => {
    process.stderr.write(String(error));
    process.exit(1);
  });
});
process.once('disconnect', () => process.exit());
