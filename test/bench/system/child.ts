// Processes of the benchmark: started on their processor, watched, and ended by number.
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import path from 'node:path';
import { pinned } from './cpus.ts';
import { descendants } from './proc.ts';

export interface StartOptions {
  readonly cpu: number | undefined;
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string>>;
  /** A channel for messages. */
  readonly ipc?: boolean;
}

/** How long (ms) a process gets to end by itself. */
const patience = 3000;
const keptOutput = 4000;

export class Child {
  readonly process: ChildProcess;
  readonly pid: number;
  #output = '';
  readonly #exit: Promise<void>;
  #ended = false;

  constructor(process: ChildProcess) {
    const { pid } = process;
    if (pid === undefined) throw new Error(`${process.spawnfile} could not be started`);
    this.process = process;
    this.pid = pid;
    this.#exit = new Promise((resolve) => {
      process.once('exit', () => {
        this.#ended = true;
        resolve();
      });
    });
    for (const stream of [process.stdout, process.stderr]) {
      stream?.setEncoding('latin1').on('data', (text: string) => {
        this.#output = (this.#output + text).slice(-keptOutput);
      });
    }
  }

  get ended(): boolean {
    return this.#ended;
  }

  /** The last that it printed. */
  get output(): string {
    return this.#output;
  }

  /** The next message of a kind; rejects when the process ends instead. */
  async message<Message>(): Promise<Message> {
    const received = new Promise<Message>((resolve) => {
      this.process.once('message', (message) => resolve(message as Message));
    });
    const gone = this.#exit.then(() => {
      throw new Error(`the process ended: ${this.#output}`);
    });
    return await Promise.race([received, gone]);
  }

  /** Ends it and what it started. */
  async stop(): Promise<void> {
    const family = descendants([this.pid]);
    if (!this.#ended) this.process.kill('SIGTERM');
    const late = setTimeout(() => signal([this.pid, ...family], 'SIGKILL'), patience);
    await this.#exit;
    clearTimeout(late);
    // Workers of a daemon may outlive it.
    signal(
      family.filter((pid) => pid !== this.pid),
      'SIGKILL',
    );
  }
}

function signal(pids: readonly number[], name: NodeJS.Signals): void {
  for (const pid of pids) {
    try {
      process.kill(pid, name);
    } catch {
      // It is gone already, which is what was wanted.
    }
  }
}

const running = new Set<Child>();

/** Ends everything that is still running, at once. */
export function killAll(): void {
  signal(descendants(runningPids()), 'SIGKILL');
  for (const { process: child } of running) child.kill('SIGKILL');
}

/** The processes that run now. */
export function runningPids(): number[] {
  return [...running].map(({ pid }) => pid);
}

/** Rejects where the program is not there. */
export async function start(command: string, args: readonly string[], options: StartOptions): Promise<Child> {
  const [program, programArgs] = pinned(options.cpu, command, args);
  const spawned = spawn(program, programArgs, {
    ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
    env: { ...process.env, ...options.env },
    stdio: options.ipc === true ? ['ignore', 'pipe', 'pipe', 'ipc'] : ['ignore', 'pipe', 'pipe'],
    serialization: 'advanced',
  });
  await once(spawned, 'spawn');
  const child = new Child(spawned);
  running.add(child);
  spawned.once('exit', () => running.delete(child));
  return child;
}

/** Starts a script of `children/`. */
export async function startScript(name: string, args: readonly string[], options: StartOptions): Promise<Child> {
  const script = path.join(__dirname, '..', 'children', name);
  return await start(process.execPath, ['--import', 'tsx', script, ...args], options);
}

/** A port that was free a moment ago. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  if (address === null || typeof address === 'string') throw new Error('no port');
  return address.port;
}

/** Resolves when something accepts on the port; rejects when the process ends before, or after 30 s. */
export async function untilListening(child: Child, port: number): Promise<void> {
  const ends = performance.now() + 30_000;
  while (!(await accepts(port))) {
    if (child.ended) throw new Error(`it ended instead of listening: ${child.output}`);
    if (performance.now() > ends) throw new Error(`it never listened: ${child.output}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

function accepts(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
}
