// The engine as a process of its own, as it ships, steered over its contract.
import { fork, type ChildProcess, type ForkOptions } from 'node:child_process';
import path from 'node:path';
import { disposable } from '../../src/base/disposable.ts';
import type { EngineCalls, EngineEvents } from '../../src/contract/engine.ts';
import type { Port } from '../../src/contract/port.ts';
import { connectClient, type Client } from '../../src/contract/rpc.ts';
import { bundled } from './bundle.ts';

/** A running engine, and who calls it. */
export interface EngineProcess {
  readonly child: ChildProcess;
  readonly client: Client<EngineCalls, EngineEvents>;
}

function portOf(child: ChildProcess): Port {
  return {
    send: (message) => void child.send(message as object),
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

/** Starts an engine; whoever does so ends its process. */
export function forkEngine(options: Pick<ForkOptions, 'execArgv' | 'env'>): EngineProcess {
  const child = fork(path.join(bundled(), 'engine.js'), [], { serialization: 'advanced', ...options });
  return { child, client: connectClient<EngineCalls, EngineEvents>(portOf(child)) };
}
