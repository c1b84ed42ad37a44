// Says in the log what became of the engine and where the proxy listens, so that there is something to read when it matters.
import type { Disposable } from '../../base/disposable.ts';
import { proxyUrlOf } from '../views/status-text.ts';
import type { EngineStatus, Supervisor } from './supervisor.ts';

interface Log {
  info(line: string): void;
  warn(line: string): void;
}

function tellEngine(status: EngineStatus, log: Log): void {
  switch (status.kind) {
    case 'starting':
      return;
    case 'up':
      log.info(`the engine runs as process ${status.pid}`);
      return;
    case 'waiting':
      log.warn(`the engine ended unexpectedly and starts again in ${status.delay} ms`);
      return;
    case 'given-up':
      log.warn('the engine ended unexpectedly too often in a row and is not started again');
      return;
    case 'down':
      log.info('the engine is down');
  }
}

/** One line for each change, until it is disposed. */
export function logChanges(
  supervisor: Pick<Supervisor, 'status' | 'listening' | 'onDidChangeStatus'>,
  log: Log,
): Disposable {
  let { status } = supervisor;
  let address: string | undefined;
  return supervisor.onDidChangeStatus(() => {
    const { listening } = supervisor;
    const now = listening === undefined ? undefined : proxyUrlOf(listening);
    if (supervisor.status !== status) tellEngine(supervisor.status, log);
    if (now !== address) log.info(now === undefined ? 'the proxy does not listen any more' : `listening on ${now}`);
    status = supervisor.status;
    address = now;
  });
}
