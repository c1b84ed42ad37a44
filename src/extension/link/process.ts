// Starts the engine as a process of its own and gives its two ends: messages and life.
import { fork, type ChildProcess } from 'node:child_process';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { disposable, type Disposable } from '../../base/disposable.ts';
import type { Port } from '../../contract/port.ts';
import { engineEnvironment } from './environment.ts';

/** How a process ended: by itself with a code, by a signal, or never started (`failure`). */
export interface Exit {
  readonly code: number | null;
  readonly signal: string | null;
  readonly failure?: string;
}

/** A started engine. */
export interface EngineProcess {
  readonly pid: number | undefined;
  readonly port: Port;
  /** Calls once, when the process is gone, also when it is gone already. */
  onExit(listener: (exit: Exit) => void): Disposable;
  /** Asks it to end: the engine ends when it is no longer connected. */
  disconnect(): void;
  /** Ends it without asking. */
  kill(): void;
}

class ProcessPort implements Port {
  readonly #child: ChildProcess;

  constructor(child: ChildProcess) {
    this.#child = child;
  }

  send(message: unknown): void {
    // A process that is going away takes no messages; its end is announced by onClose.
    if (this.#child.connected) this.#child.send(message as object, () => undefined);
  }

  onMessage(listener: (message: unknown) => void): Disposable {
    this.#child.on('message', listener);
    return disposable(() => this.#child.off('message', listener));
  }

  onClose(listener: () => void): Disposable {
    this.#child.once('disconnect', listener);
    return disposable(() => this.#child.off('disconnect', listener));
  }
}

/** Hands every line of a stream to `take`. */
function forwardLines(stream: Readable | null, take: (line: string) => void): void {
  if (stream !== null) createInterface({ input: stream }).on('line', take);
}

/** Starts the script as the engine; what it prints goes to `onOutput`, line by line. */
export function startEngineProcess(script: string, onOutput: (line: string) => void): EngineProcess {
  const child = fork(script, [], {
    execArgv: [],
    serialization: 'advanced',
    env: engineEnvironment(process.env),
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  });
  forwardLines(child.stdout, onOutput);
  forwardLines(child.stderr, onOutput);
  let ended: Exit | undefined;
  const listeners = new Set<(exit: Exit) => void>();
  const end = (exit: Exit): void => {
    if (ended !== undefined) return;
    ended = exit;
    for (const listener of listeners) listener(exit);
  };
  child.once('exit', (code, signal) => end({ code, signal }));
  // Without a listener an error of the process would end the extension host's turn as an exception.
  child.on('error', (error) => {
    if (child.pid === undefined) end({ code: null, signal: null, failure: error.message });
    else onOutput(error.message);
  });
  return {
    pid: child.pid,
    port: new ProcessPort(child),
    onExit(listener) {
      if (ended === undefined) listeners.add(listener);
      else listener(ended);
      return disposable(() => listeners.delete(listener));
    },
    disconnect() {
      if (child.connected) child.disconnect();
    },
    kill() {
      child.kill('SIGKILL');
    },
  };
}
