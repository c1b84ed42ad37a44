// Keeps one engine alive: starts it, tells it the settings, starts it again after a crash, ends it.
import type { Disposable } from '../../base/disposable.ts';
import { Emitter } from '../../base/emitter.ts';
import type { EngineCalls, EngineEvents, ListenResult, Update } from '../../contract/engine.ts';
import type { CacheOrder } from '../../contract/model.ts';
import { ClosedError, connectClient, type Client } from '../../contract/rpc.ts';
import type { EngineSettings } from '../../contract/settings.ts';
import type { EngineProcess, Exit } from './process.ts';

/** Runs a function later; disposing calls it off. Delays in ms. */
export type After = (delay: number, run: () => void) => Disposable;

export type EngineStatus =
  | { readonly kind: 'down' }
  | { readonly kind: 'starting' }
  | { readonly kind: 'up'; readonly pid: number; readonly epoch: string }
  /** It crashed, and is started again after `delay` ms. */
  | { readonly kind: 'waiting'; readonly delay: number }
  /** It crashed too often in a row; only a new start by the user tries again. */
  | { readonly kind: 'given-up' };

/** A crash and what was done about it. */
export interface Crash {
  readonly exit: Exit;
  readonly outcome: 'restarted' | 'given-up';
  /** What came of listening again, where the engine was listening. */
  readonly listening?: ListenResult;
}

type EngineClient = Client<EngineCalls, EngineEvents>;

interface Address {
  readonly host: string;
  readonly port: number;
}

interface Running {
  readonly engine: EngineProcess;
  readonly client: EngineClient;
  /** Resolves when the engine said `ready`. */
  readonly ready: Promise<void>;
}

/** ms before the first restart; doubled with each further crash. */
const firstDelay = 250;
const longestDelay = 10_000;
/** Crashes in a row after which we give up. */
const mostCrashes = 6;
/** ms that an engine must have lived for its crash to count as the first. */
const stableAfter = 60_000;
/** ms that an engine gets to end by itself. */
const endLimit = 2000;

interface Surroundings {
  readonly launch: () => EngineProcess;
  readonly after: After;
}

export class Supervisor {
  readonly #launch: () => EngineProcess;
  readonly #after: After;
  readonly #statusChanged = new Emitter<EngineStatus>();
  readonly #updated = new Emitter<Update>();
  readonly #logged = new Emitter<EngineEvents['log']>();
  readonly #crashed = new Emitter<Crash>();
  #status: EngineStatus = { kind: 'down' };
  #running: Running | undefined;
  #settings: EngineSettings | undefined;
  /** The settings as the running engine has them. */
  #told: EngineSettings | undefined;
  #listening: Address | undefined;
  #capturing = true;
  #cacheOrder: CacheOrder = 'recent';
  #crashesInARow = 0;
  #stable: Disposable | undefined;
  #restart: Disposable | undefined;
  #ended = false;

  /** The status, or where it listens, has changed. */
  readonly onDidChangeStatus = this.#statusChanged.event;
  readonly onUpdate = this.#updated.event;
  readonly onLog = this.#logged.event;
  readonly onCrash = this.#crashed.event;

  constructor(surroundings: Surroundings) {
    this.#launch = surroundings.launch;
    this.#after = surroundings.after;
  }

  get status(): EngineStatus {
    return this.#status;
  }

  /** Where the engine listens, as far as it said. */
  get listening(): Address | undefined {
    return this.#listening;
  }

  /**
   * Takes over a full set of settings, at once where an engine runs and otherwise when one is started. Gives what came
   * of rebinding, where that was needed.
   */
  async configure(settings: EngineSettings): Promise<ListenResult | undefined> {
    this.#settings = settings;
    if (this.#status.kind !== 'up' || this.#running === undefined) return undefined;
    const sent = this.#withAddressAsTold(settings);
    const result = await this.#running.client.call('configure', sent);
    // An address that could not be taken changes nothing: the one before still serves.
    if (result?.kind === 'failed') return result;
    this.#told = sent;
    if (result !== undefined) this.#setListening(result);
    return result;
  }

  /** Listens as configured, with a new engine where none runs. Rejects when the engine cannot be started. */
  async listen(): Promise<ListenResult> {
    const client = await this.#ensureRunning();
    const result = await client.call('listen', undefined);
    this.#setListening(result.kind === 'listening' ? result : undefined);
    return result;
  }

  /** Stops listening. The engine stays, so that what it captured can be read. */
  async close(): Promise<void> {
    this.#setListening(undefined);
    if (this.#status.kind === 'up') await this.call('close', undefined);
    else if (this.#status.kind === 'waiting') this.#giveUpRestart();
  }

  async setCapturing(capturing: boolean): Promise<void> {
    this.#capturing = capturing;
    if (this.#status.kind === 'up') await this.call('setCapturing', capturing);
  }

  /** What the cache entries of the updates are sorted by, in this engine and in those after it. */
  async setCacheOrder(order: CacheOrder): Promise<void> {
    this.#cacheOrder = order;
    if (this.#status.kind === 'up') await this.call('setCacheOrder', order);
  }

  /** Calls the engine that runs; rejects with `ClosedError` where none does. */
  async call<Name extends keyof EngineCalls>(
    name: Name,
    argument: EngineCalls[Name]['argument'],
  ): Promise<EngineCalls[Name]['result']> {
    const running = this.#running;
    if (running === undefined) throw new ClosedError();
    // The compiler does not see that a call's argument and result are those that belong to its name.
    const client = running.client as { call(name: Name, argument: unknown): Promise<unknown> };
    return (await client.call(name, argument)) as EngineCalls[Name]['result'];
  }

  /** Ends the engine: asks, waits a moment, and then does not ask. Resolves when its process is gone. */
  async end(): Promise<void> {
    this.#ended = true;
    this.#restart?.dispose();
    this.#stable?.dispose();
    const running = this.#running;
    this.#running = undefined;
    this.#listening = undefined;
    this.#setStatus({ kind: 'down' });
    if (running === undefined) return;
    running.client.dispose();
    await new Promise<void>((resolve) => {
      const impatience = this.#after(endLimit, () => running.engine.kill());
      running.engine.onExit(() => {
        impatience.dispose();
        resolve();
      });
      running.engine.disconnect();
    });
  }

  async #ensureRunning(): Promise<EngineClient> {
    if (this.#ended) throw new ClosedError();
    if (this.#running === undefined) {
      // A start by the user is not held up by the back-off.
      this.#restart?.dispose();
      this.#crashesInARow = 0;
      this.#running = this.#start();
    }
    const running = this.#running;
    await running.ready;
    return running.client;
  }

  #start(): Running {
    this.#setStatus({ kind: 'starting' });
    const engine = this.#launch();
    const client = connectClient<EngineCalls, EngineEvents>(engine.port);
    const ready = new Promise<void>((resolve, reject) => {
      client.on('ready', ({ pid, epoch }) => {
        this.#greet(client, pid, epoch).then(resolve, reject);
      });
      engine.onExit(() => reject(new ClosedError()));
    });
    // An engine that does not take its settings is of no use; its exit sets off the next attempt.
    ready.catch(() => engine.kill());
    const running: Running = { engine, client, ready };
    client.on('update', (update) => {
      this.#takeUpdate(client, update);
    });
    client.on('log', (line) => this.#logged.fire(line));
    engine.onExit((exit) => this.#exited(running, exit));
    return running;
  }

  async #greet(client: EngineClient, pid: number, epoch: string): Promise<void> {
    if (this.#settings !== undefined) {
      const settings = this.#addressAsBound(this.#settings);
      await client.call('configure', settings);
      this.#told = settings;
    }
    if (!this.#capturing) await client.call('setCapturing', false);
    if (this.#cacheOrder !== 'recent') await client.call('setCacheOrder', this.#cacheOrder);
    this.#setStatus({ kind: 'up', pid, epoch });
    this.#stable = this.#after(stableAfter, () => {
      this.#crashesInARow = 0;
    });
  }

  /** A new engine gets the address that was bound, because the one asked for may have been port 0. */
  #addressAsBound(settings: EngineSettings): EngineSettings {
    if (this.#listening === undefined) return settings;
    return { ...settings, host: this.#told?.host ?? settings.host, port: this.#listening.port };
  }

  /** An engine that was told port 0 must not be told the one it took: it would try to take it once more. */
  #withAddressAsTold(settings: EngineSettings): EngineSettings {
    const told = this.#told;
    const same = told !== undefined && told.host === settings.host && this.#listening?.port === settings.port;
    return same ? { ...settings, port: told.port } : settings;
  }

  #takeUpdate(client: EngineClient, update: Update): void {
    if (this.#running?.client !== client) return;
    this.#updated.fire(update);
    client.call('acknowledge', update.sequence).catch(() => undefined);
  }

  #setListening(address: Address | undefined): void {
    this.#listening = address === undefined ? undefined : { host: address.host, port: address.port };
    this.#statusChanged.fire(this.#status);
  }

  #exited(running: Running, exit: Exit): void {
    running.client.dispose();
    if (this.#running !== running) return;
    this.#running = undefined;
    this.#stable?.dispose();
    this.#crashesInARow += 1;
    if (this.#crashesInARow >= mostCrashes || exit.failure !== undefined) {
      this.#giveUp(exit);
      return;
    }
    const delay = Math.min(firstDelay * 2 ** (this.#crashesInARow - 1), longestDelay);
    this.#setStatus({ kind: 'waiting', delay });
    this.#restart = this.#after(delay, () => {
      void this.#startAgain(exit);
    });
  }

  #giveUp(exit: Exit): void {
    this.#listening = undefined;
    this.#setStatus({ kind: 'given-up' });
    this.#crashed.fire({ exit, outcome: 'given-up' });
  }

  #giveUpRestart(): void {
    this.#restart?.dispose();
    this.#setStatus({ kind: 'down' });
  }

  async #startAgain(exit: Exit): Promise<void> {
    const wasListening = this.#listening;
    const running = (this.#running = this.#start());
    try {
      await running.ready;
      if (wasListening === undefined) {
        this.#crashed.fire({ exit, outcome: 'restarted' });
        return;
      }
      const listening = await running.client.call('listen', undefined);
      this.#setListening(listening.kind === 'listening' ? listening : undefined);
      this.#crashed.fire({ exit, outcome: 'restarted', listening });
    } catch {
      // It ended again; that end has set off the next attempt.
    }
  }

  #setStatus(status: EngineStatus): void {
    this.#status = status;
    this.#statusChanged.fire(status);
  }
}
