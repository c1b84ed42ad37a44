// Runs the demo client of the sample workspace, whose requests give the views something to show.
import { spawn } from 'node:child_process';
import { once } from 'node:events';

export interface DemoTraffic {
  /** Resolves with the number of requests when all rounds were sent; connections stay open until `stop`. Rejects when the client ended before. */
  readonly finished: Promise<number>;
  /** Ends the client and its origin, and waits for it. */
  stop(): Promise<void>;
}

export interface DemoOptions {
  /** Milliseconds between two requests. */
  readonly pause: number;
  /** How often the client goes through its plan; without end when left out. */
  readonly rounds?: number;
}

/** Starts demo-client.mjs in `workspace`: it waits for the proxy on `proxyPort`, then sends its requests through it. */
export function startDemo(workspace: string, proxyPort: number, { pause, rounds }: DemoOptions): DemoTraffic {
  const args = ['demo-client.mjs', '--proxy', `http://127.0.0.1:${proxyPort}`, '--pause', String(pause), '--quiet'];
  if (rounds !== undefined) args.push('--rounds', String(rounds));
  // The channel ends the client when this process ends in a way that lets it stop nothing.
  const child = spawn(process.execPath, args, { cwd: workspace, stdio: ['ignore', 'ignore', 'inherit', 'ipc'] });
  const ended = once(child, 'exit').then(() => {});
  const finished = Promise.race([
    once(child, 'message').then(([sent]) => Number(sent)),
    ended.then(() => Promise.reject(new Error('the demo client ended before it had sent everything'))),
  ]);
  finished.catch(() => {});
  return {
    finished,
    stop: async () => {
      if (child.exitCode === null && child.signalCode === null) child.kill('SIGTERM');
      await ended;
    },
  };
}
