// A few threads for CPU work, started when there is some and ended when there is none; full means full, at once.
import path from 'node:path';
import { Piscina } from 'piscina';
import type { TaskMap } from './tasks.ts';

// Long enough for a person who opens one body after the other.
const IDLE_BEFORE_END = 10_000;

/** How a task ended; never an exception. `busy`: all threads work and the queue is full, so nothing was begun. */
export type TaskOutcome<Result> =
  | { readonly kind: 'done'; readonly value: Result }
  | { readonly kind: 'busy' }
  | { readonly kind: 'cancelled' }
  | { readonly kind: 'failed'; readonly message: string };

export interface PoolSettings {
  /** Threads at the most. */
  readonly workers: number;
  /** Tasks that wait at the most. */
  readonly workerQueue: number;
}

/** The file that threads start with: beside this one in the source, beside the bundle in what ships. */
function defaultTasksFile(): string {
  return path.join(__dirname, path.extname(__filename) === '.ts' ? 'tasks.ts' : 'tasks.js');
}

/** A function, since a signal changes while its owner waits, which the compiler does not know of properties. */
function isAborted(signal: AbortSignal | undefined): boolean {
  return signal?.aborted === true;
}

/** Threads of one size, and how many tasks they still have. */
interface Crew {
  readonly threads: Piscina;
  underWay: number;
  /** There are others for new tasks. */
  retired: boolean;
}

export class WorkerPool {
  readonly #tasksFile: string;
  readonly #idleTimeout: number;
  #settings: PoolSettings;
  #crew: Crew | undefined;
  readonly #retired = new Set<Crew>();
  #underWay = 0;
  #disposed = false;

  /** No thread is started yet. `idleTimeout` in ms. */
  constructor(settings: PoolSettings, idleTimeout = IDLE_BEFORE_END, tasksFile = defaultTasksFile()) {
    this.#settings = settings;
    this.#idleTimeout = idleTimeout;
    this.#tasksFile = tasksFile;
  }

  /** Threads that live at this moment. */
  get threads(): number {
    return this.#crew?.threads.threads.length ?? 0;
  }

  /** Tasks that run or wait. */
  get underWay(): number {
    return this.#underWay;
  }

  /** Takes new limits for the tasks to come; those under way end as they began. */
  configure(settings: PoolSettings): void {
    const before = this.#settings;
    this.#settings = settings;
    if (settings.workers === before.workers) return;
    const old = this.#crew;
    this.#crew = undefined;
    if (old === undefined) return;
    old.retired = true;
    this.#retired.add(old);
    this.#endIfRetired(old);
  }

  /** Runs a task in a thread. A running task whose `signal` aborts is ended with its thread. */
  async run<Name extends keyof TaskMap>(
    name: Name,
    argument: TaskMap[Name]['argument'],
    signal?: AbortSignal,
  ): Promise<TaskOutcome<TaskMap[Name]['result']>> {
    if (this.#disposed || isAborted(signal)) return { kind: 'cancelled' };
    if (this.#underWay >= this.#settings.workers + this.#settings.workerQueue) return { kind: 'busy' };
    const crew = (this.#crew ??= { threads: this.#start(), underWay: 0, retired: false });
    this.#underWay += 1;
    crew.underWay += 1;
    try {
      const value = (await crew.threads.run(argument, { name, signal: signal ?? null })) as TaskMap[Name]['result'];
      return { kind: 'done', value };
    } catch (error) {
      if (isAborted(signal) || this.#disposed) return { kind: 'cancelled' };
      return { kind: 'failed', message: error instanceof Error ? error.message : String(error) };
    } finally {
      this.#underWay -= 1;
      crew.underWay -= 1;
      this.#endIfRetired(crew);
    }
  }

  /** Ends all threads; what is under way ends as cancelled. */
  async dispose(): Promise<void> {
    this.#disposed = true;
    const crews = [...this.#retired, ...(this.#crew === undefined ? [] : [this.#crew])];
    this.#crew = undefined;
    this.#retired.clear();
    await Promise.all(crews.map(({ threads }) => threads.destroy()));
  }

  #endIfRetired(crew: Crew): void {
    if (!crew.retired || crew.underWay > 0 || !this.#retired.delete(crew)) return;
    // A thread that cannot be ended has nobody left to tell.
    void crew.threads.destroy().catch(() => undefined);
  }

  #start(): Piscina {
    return new Piscina({
      filename: this.#tasksFile,
      minThreads: 0,
      maxThreads: this.#settings.workers,
      idleTimeout: this.#idleTimeout,
      // A task that eats its heap loses its thread, not the engine.
      resourceLimits: { maxOldGenerationSizeMb: 768 },
    });
  }
}
