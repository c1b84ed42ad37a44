// Puts an engine behind a port: answers its calls, publishes its changes, passes its log on.
import type { Clock } from '../../base/clock.ts';
import { disposable, Lifetime, type Disposable } from '../../base/disposable.ts';
import type { EngineCalls, EngineEvents } from '../../contract/engine.ts';
import type { Port } from '../../contract/port.ts';
import { serve } from '../../contract/rpc.ts';
import type { Engine } from '../engine.ts';
import { createHandlers } from './handlers.ts';
import { Publisher, type After } from './publisher.ts';

interface ServiceOptions {
  readonly port: Port;
  readonly engine: Engine;
  readonly epoch: string;
  readonly clock: Clock;
}

/** The real timer; it does not keep the process alive. */
const after: After = (delay, run) => {
  const timer = setTimeout(run, delay).unref();
  return disposable(() => clearTimeout(timer));
};

/** Announces `ready` and serves until disposed. The engine is the caller's to end. */
export function startService({ port, engine, epoch, clock }: ServiceOptions): Disposable {
  const lifetime = new Lifetime();
  const publisher = lifetime.add(
    new Publisher({ source: engine, clock, after, send: (update) => server.announce('update', update) }),
  );
  const handlers = createHandlers({ engine, publisher });
  const server = lifetime.add(serve<EngineCalls, EngineEvents>(port, handlers));
  lifetime.add(engine.onReport((error) => server.announce('log', { level: 'error', message: describe(error) })));
  lifetime.add(engine.recorder.store.log.onProblem((message) => server.announce('log', { level: 'warn', message })));
  server.announce('ready', { pid: process.pid, epoch });
  publisher.start();
  return lifetime;
}

/** An error for the log: with its stack and its causes, since whoever reads it looks for a defect. */
export function describe(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const own = error.stack ?? error.message;
  return error.cause === undefined ? own : `${own}\ncaused by ${describe(error.cause)}`;
}
