// An engine in memory: answers the contract's calls as a test wants, notes them, and can be made to crash.
import type { EngineCalls, EngineEvents, ListenResult } from '../../../../src/contract/engine.ts';
import { memoryPorts } from '../../../../src/contract/port.ts';
import { serve, type Handlers, type Server } from '../../../../src/contract/rpc.ts';
import type { EngineSettings } from '../../../../src/contract/settings.ts';
import { disposable } from '../../../../src/base/disposable.ts';
import type { EngineProcess, Exit } from '../../../../src/extension/link/process.ts';

/** Ports that others hold, for all engines of a test. */
export interface World {
  readonly taken: Set<number>;
  readonly engines: FakeEngine[];
  /** Set to make new processes fail before they say `ready`. */
  stillborn: boolean;
  readonly launch: () => EngineProcess;
}

class FakeEngine implements EngineProcess {
  readonly pid: number;
  readonly epoch: string;
  readonly port: EngineProcess['port'];
  readonly calls: { readonly name: string; readonly argument: unknown }[] = [];
  readonly acknowledged: number[] = [];
  /** Where it does not end when it is asked to. */
  stubborn = false;
  killed = false;
  listening: { host: string; port: number } | undefined;
  settings: EngineSettings | undefined;
  readonly #server: Server<EngineEvents>;
  readonly #cut: () => void;
  readonly #world: World;
  readonly #exits = new Set<(exit: Exit) => void>();
  #ended: Exit | undefined;

  constructor(world: World, number: number) {
    this.#world = world;
    this.pid = 1000 + number;
    this.epoch = `e${number}`;
    const ports = memoryPorts();
    this.port = ports.left;
    this.#cut = () => ports.close();
    this.#server = serve<EngineCalls, EngineEvents>(ports.right, this.#handlers());
    if (!world.stillborn) this.announce('ready', { pid: this.pid, epoch: this.epoch });
  }

  announce<Name extends keyof EngineEvents>(name: Name, value: EngineEvents[Name]): void {
    this.#server.announce(name, value);
  }

  exit(exit: Exit): void {
    if (this.#ended !== undefined) return;
    this.#ended = exit;
    this.listening = undefined;
    this.#cut();
    for (const listener of this.#exits) listener(exit);
  }

  onExit(listener: (exit: Exit) => void) {
    if (this.#ended === undefined) this.#exits.add(listener);
    else listener(this.#ended);
    return disposable(() => this.#exits.delete(listener));
  }

  disconnect(): void {
    if (!this.stubborn) this.exit({ code: 0, signal: null });
  }

  kill(): void {
    this.killed = true;
    this.exit({ code: null, signal: 'SIGKILL' });
  }

  names(): string[] {
    return this.calls.map((call) => call.name);
  }

  #take(host: string, port: number): ListenResult {
    if (this.#world.taken.has(port)) return { kind: 'failed', reason: 'port-in-use', message: 'EADDRINUSE' };
    if (port > 0 && port < 1024) return { kind: 'failed', reason: 'port-not-allowed', message: 'EACCES' };
    this.listening = { host, port: port === 0 ? 50_123 : port };
    return { kind: 'listening', ...this.listening };
  }

  /** A listening engine takes a new address where its settings name another one than before. */
  #configure(settings: EngineSettings): ListenResult | undefined {
    const before = this.settings;
    this.settings = settings;
    if (this.listening === undefined || before === undefined) return undefined;
    if (before.port === settings.port && before.host === settings.host) return undefined;
    const result = this.listening.port === settings.port ? failedByItself : this.#take(settings.host, settings.port);
    if (result.kind === 'failed') this.settings = { ...settings, host: before.host, port: before.port };
    return result;
  }

  #handlers(): Handlers<EngineCalls> {
    const noted = <Argument, Result>(name: string, run: (argument: Argument) => Result) => {
      return (argument: Argument): Result => {
        this.calls.push({ name, argument });
        return run(argument);
      };
    };
    return {
      configure: noted('configure', (settings: EngineSettings) => this.#configure(settings)),
      listen: noted('listen', () => this.#take(this.settings?.host ?? '', this.settings?.port ?? 0)),
      close: noted('close', () => {
        this.listening = undefined;
        return undefined;
      }),
      setCapturing: noted('setCapturing', () => undefined),
      clearFlows: noted('clearFlows', () => undefined),
      flushCache: noted('flushCache', () => 3),
      evictCacheEntry: noted('evictCacheEntry', () => true),
      flushCacheHost: noted('flushCacheHost', () => 2),
      cacheHosts: noted('cacheHosts', () => []),
      expireCacheEntry: noted('expireCacheEntry', () => true),
      pinCacheEntry: noted('pinCacheEntry', () => ({ kind: 'done' as const })),
      revalidateCacheEntry: noted('revalidateCacheEntry', () => ({ kind: 'done' as const })),
      setCacheOrder: noted('setCacheOrder', () => undefined),
      openCacheBody: noted('openCacheBody', () => undefined),
      flowDetail: noted('flowDetail', () => undefined),
      flowsBefore: noted('flowsBefore', () => []),
      flowMessages: noted('flowMessages', () => undefined),
      openBody: noted('openBody', () => undefined),
      readBody: noted('readBody', () => new Uint8Array()),
      closeBody: noted('closeBody', () => undefined),
      acknowledge: (sequence) => {
        this.acknowledged.push(sequence);
        return undefined;
      },
    };
  }
}

/** A real engine that is told the port which it took itself finds it in use. */
const failedByItself: ListenResult = { kind: 'failed', reason: 'port-in-use', message: 'EADDRINUSE' };

export function fakeWorld(): World {
  const world: World = {
    taken: new Set(),
    engines: [],
    stillborn: false,
    launch: () => {
      const engine = new FakeEngine(world, world.engines.length + 1);
      world.engines.push(engine);
      return engine;
    },
  };
  return world;
}

/** Timers that a test lets run out. */
export class FakeTimers {
  #timers: { readonly delay: number; readonly run: () => void }[] = [];

  readonly after = (delay: number, run: () => void) => {
    const timer = { delay, run };
    this.#timers.push(timer);
    return disposable(() => {
      this.#timers = this.#timers.filter((one) => one !== timer);
    });
  };

  get delays(): number[] {
    return this.#timers.map((timer) => timer.delay);
  }

  /** Runs the timers of this delay. */
  runOut(delay: number): void {
    const due = this.#timers.filter((timer) => timer.delay === delay);
    this.#timers = this.#timers.filter((timer) => timer.delay !== delay);
    for (const timer of due) timer.run();
  }
}

/** Lets all messages that are under way in memory arrive. */
export async function settled(): Promise<void> {
  await new Promise((resolve) => {
    setImmediate(resolve);
  });
}
