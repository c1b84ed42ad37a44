// Starts the benchmark's own load generator as a process beside the one that is measured, and gives it one job.
import { startScript, type Child } from '../system/child.ts';
import type { Job, JobMessage, LoadJob, LoadResult } from './job.ts';

/** A generator that is ready for its one job. Connections that a job holds stay until it is stopped. */
export class Generator {
  readonly #child: Child;

  private constructor(child: Child) {
    this.#child = child;
  }

  /** With `threads` worker threads; jobs that hold connections need none. */
  static async start(cpu: number | undefined, threads: number): Promise<Generator> {
    const child = await startScript('load.ts', [String(threads)], { cpu, ipc: true });
    const message = await child.message<JobMessage>();
    if (message.kind !== 'ready') throw new Error(`the load generator said ${JSON.stringify(message)}`);
    return new Generator(child);
  }

  async load(load: LoadJob): Promise<LoadResult> {
    const message = await this.#give({ kind: 'load', load });
    if (message.kind !== 'result') throw new Error(`the load generator said ${JSON.stringify(message)}`);
    return message.result;
  }

  /** Resolves when the connections stand, or the slow reader has had its time. */
  async hold(kind: 'hold' | 'read-slowly', load: LoadJob): Promise<{ held: number; lost: number }> {
    const message = await this.#give({ kind, load });
    if (message.kind !== 'holding') throw new Error(`the load generator said ${JSON.stringify(message)}`);
    return message.result;
  }

  async stop(): Promise<void> {
    await this.#child.stop();
  }

  async #give(job: Job): Promise<JobMessage> {
    const answer = this.#child.message<JobMessage>();
    this.#child.process.send(job);
    return await answer;
  }
}
