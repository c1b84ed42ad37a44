// Starts and stops the proxy as a person means it: on which port, after which questions, and what to offer when it fails.
import { isLoopback } from '../../base/loopback.ts';
import type { ListenResult } from '../../contract/engine.ts';
import type { EngineSettings, UserSettings } from '../../contract/settings.ts';
import type { Supervisor } from './supervisor.ts';

/** Which port a window had bound, and for which value of the setting. */
export interface BoundPort {
  readonly setting: number;
  readonly bound: number;
}

/** What survives a reload of the window. */
export interface PortMemory {
  read(): BoundPort | undefined;
  write(bound: BoundPort | undefined): void;
}

type Failure = Extract<ListenResult, { kind: 'failed' }>;

/** What a person is asked and told. Undefined means that they dismissed the question. */
export interface Questions {
  listenFailed(failure: Failure, port: number): Promise<'next-free' | 'choose' | undefined>;
  confirmHost(host: string): Promise<boolean>;
  /** Asks for a port and stores it as the setting. */
  choosePort(current: number): Promise<number | undefined>;
}

interface Surroundings {
  readonly supervisor: Supervisor;
  readonly settings: () => UserSettings;
  /** What the engine runs on, with secrets. */
  readonly resolve: (user: UserSettings) => Promise<EngineSettings>;
  readonly memory: PortMemory;
  readonly questions: Questions;
  readonly reportError: (error: unknown) => void;
}

/** How many ports after the taken one are tried before the system picks one. */
const portsTried = 50;

export class ProxyControl {
  readonly #supervisor: Supervisor;
  readonly #settings: () => UserSettings;
  readonly #resolve: (user: UserSettings) => Promise<EngineSettings>;
  readonly #memory: PortMemory;
  readonly #questions: Questions;
  readonly #reportError: (error: unknown) => void;
  /** One thing after the other: a start never overtakes a stop. */
  #last: Promise<unknown> = Promise.resolve();
  /** The port in use in place of the setting's, while the setting stays `setting`. */
  #bound: BoundPort | undefined;
  #confirmedHost: string | undefined;

  constructor(surroundings: Surroundings) {
    this.#supervisor = surroundings.supervisor;
    this.#settings = surroundings.settings;
    this.#resolve = surroundings.resolve;
    this.#memory = surroundings.memory;
    this.#questions = surroundings.questions;
    this.#reportError = surroundings.reportError;
  }

  /**
   * Starts to listen. An automatic start takes the next free port by itself; one by a person asks. Undefined where the
   * person did not want to listen on that address. Rejects when the engine cannot be started.
   */
  async start(by: 'person' | 'itself'): Promise<ListenResult | undefined> {
    return this.#inTurn(async () => {
      const { listening } = this.#supervisor;
      if (listening !== undefined && this.#supervisor.status.kind === 'up') return { kind: 'listening', ...listening };
      const user = this.#settings();
      if (!(await this.#mayListenOn(user.host))) return undefined;
      let result = await this.#listenOnUsualPort(user);
      if (by === 'itself' && isTaken(result)) result = await this.#listenOnNextFree(user);
      this.#finish(user, result);
      return result;
    });
  }

  /** Stops to listen and forgets the port that was taken instead of the setting's. */
  async stop(): Promise<void> {
    await this.#inTurn(async () => {
      this.#bound = undefined;
      this.#memory.write(undefined);
      await this.#supervisor.close();
    });
  }

  /** Closes every connection and listens again at the same address. Captured flows stay. */
  async restart(): Promise<ListenResult | undefined> {
    await this.#inTurn(async () => this.#supervisor.close());
    return this.start('person');
  }

  /** Hands the present settings to the engine; a changed address rebinds while listening. */
  async applySettings(): Promise<void> {
    await this.#inTurn(async () => {
      const user = this.#settings();
      const listening = this.#supervisor.listening;
      if (listening === undefined) {
        await this.#supervisor.configure(await this.#resolve(user));
        return;
      }
      const host = (await this.#mayListenOn(user.host)) ? user.host : listening.host;
      const port = this.#bound?.setting === user.port ? this.#bound.bound : user.port;
      const result = await this.#supervisor.configure(await this.#resolve({ ...user, host, port }));
      if (result !== undefined) this.#finish(user, result);
    });
  }

  /** Asks for a port; its setting rebinds a running proxy. */
  async choosePort(): Promise<number | undefined> {
    return this.#questions.choosePort(this.#supervisor.listening?.port ?? this.#settings().port);
  }

  async #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const turn = this.#last.then(work);
    this.#last = turn.catch(() => undefined);
    return turn;
  }

  async #mayListenOn(host: string): Promise<boolean> {
    if (isLoopback(host) || host === this.#confirmedHost) return true;
    if (!(await this.#questions.confirmHost(host))) return false;
    this.#confirmedHost = host;
    return true;
  }

  async #listenOn(user: UserSettings, port: number): Promise<ListenResult> {
    const rebound = await this.#supervisor.configure(await this.#resolve({ ...user, port }));
    if (rebound !== undefined) return rebound;
    const { listening, status } = this.#supervisor;
    return listening !== undefined && status.kind === 'up'
      ? { kind: 'listening', ...listening }
      : this.#supervisor.listen();
  }

  /** First the port that this window had before, so that clients which were pointed at it still find it. */
  async #listenOnUsualPort(user: UserSettings): Promise<ListenResult> {
    const before = this.#memory.read();
    if (before !== undefined && before.setting === user.port && before.bound !== user.port) {
      const result = await this.#listenOn(user, before.bound);
      if (result.kind === 'listening') return result;
    }
    return this.#listenOn(user, user.port);
  }

  async #listenOnNextFree(user: UserSettings): Promise<ListenResult> {
    const last = Math.min(user.port + portsTried, 65_535);
    for (let port = user.port + 1; port <= last; port += 1) {
      const result = await this.#listenOn(user, port);
      if (!isTaken(result)) return result;
    }
    return this.#listenOn(user, 0);
  }

  #finish(user: UserSettings, result: ListenResult): void {
    if (result.kind === 'listening') {
      this.#bound = { setting: user.port, bound: result.port };
      this.#memory.write(this.#bound);
      return;
    }
    // The question stands as long as the person likes; nobody waits for the answer.
    this.#offerHelp(result, user.port).catch(this.#reportError);
  }

  /** Says why the proxy does not listen, and does what the person chooses. */
  async #offerHelp(failure: Failure, port: number): Promise<void> {
    const choice = await this.#questions.listenFailed(failure, port);
    if (choice === 'next-free') {
      await this.#inTurn(async () => {
        const user = this.#settings();
        this.#finish(user, await this.#listenOnNextFree(user));
      });
    } else if (choice === 'choose' && (await this.#questions.choosePort(port)) !== undefined) {
      await this.start('person');
    }
  }

  /** After a crash the engine could not listen again where it did. */
  async reportLostPort(failure: Failure, port: number): Promise<void> {
    await this.#offerHelp(failure, port);
  }
}

function isTaken(result: ListenResult): boolean {
  return result.kind === 'failed' && result.reason === 'port-in-use';
}
