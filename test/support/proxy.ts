// The real engine on a free port of this machine, with a clock that tests set forward, and its record at hand.
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { rmSync, writeFileSync, mkdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { FlowDetail, FlowSummary } from '../../src/contract/model.ts';
import {
  defaultSettings,
  resolveSettings,
  type EngineSettings,
  type UserSettings,
} from '../../src/contract/settings.ts';
import { readStored } from '../../src/engine/capture/stored-bytes.ts';
import { Engine } from '../../src/engine/engine.ts';
import { TestClock } from './test-clock.ts';
import { until } from './until.ts';

export interface ProxyOptions extends Partial<UserSettings> {
  /** Stands as a reverse proxy in front of this origin. */
  readonly reverse?: string;
  /** Changes that the settings of people are too coarse for. */
  readonly finer?: (settings: EngineSettings) => EngineSettings;
}

function settingsOf(options: ProxyOptions): EngineSettings {
  const { reverse, finer, ...given } = options;
  const settings = resolveSettings({ ...defaultSettings, port: 0, ...given }, reverse);
  return finer === undefined ? settings : finer(settings);
}

export class Proxy {
  readonly clock = new TestClock();
  readonly engine: Engine;
  readonly reports: Error[] = [];
  /** Its own folder for the authority, made when it is needed. */
  readonly caDirectory = path.join(tmpdir(), `wirelens-test-ca-${randomUUID()}`);
  settings: EngineSettings;

  private constructor(options: ProxyOptions) {
    this.settings = settingsOf(options);
    this.engine = new Engine({
      clock: this.clock,
      epoch: 'test',
      settings: this.settings,
      caDirectory: this.caDirectory,
    });
    this.engine.onReport((error) => this.reports.push(error));
  }

  static async start(options: ProxyOptions = {}): Promise<Proxy> {
    const proxy = new Proxy(options);
    const result = await proxy.engine.listen();
    assert.equal(result.kind, 'listening', JSON.stringify(result));
    return proxy;
  }

  get port(): number {
    return this.engine.state().listening?.port ?? 0;
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  /** Applies settings like `start`; what is not given is the default again, but for the address. */
  async configure(options: ProxyOptions): Promise<ReturnType<Engine['configure']>> {
    this.settings = settingsOf(options);
    return await this.engine.configure(this.settings);
  }

  /** A file with the authority's certificate, for clients. */
  caFile(): string {
    const file = path.join(this.caDirectory, `for-clients-${randomUUID()}.pem`);
    const { certificate } = this.engine.authority;
    mkdirSync(this.caDirectory, { recursive: true });
    writeFileSync(file, certificate);
    return file;
  }

  /** All flows, oldest first. */
  flows(): FlowSummary[] {
    return this.engine.recorder.store.before(undefined, 1000).reverse();
  }

  /** The flow of that number (from 1), once it has ended. */
  async flow(number = 1): Promise<FlowSummary> {
    const find = (): FlowSummary | undefined => this.engine.recorder.store.summary(number);
    const final = (): boolean => find()?.state === 'done' || find()?.state === 'failed';
    await until(final, `flow ${number} ends`, () => this.flows());
    return find()!;
  }

  /** All of the flow of that number, once it has ended. */
  async detail(number = 1): Promise<FlowDetail> {
    await this.flow(number);
    const detail = await this.engine.recorder.store.detail(number);
    assert.ok(detail);
    return detail;
  }

  /** A recorded body. */
  async body(number: number, side: 'request' | 'response'): Promise<Buffer> {
    const lease = this.engine.recorder.store.body(number, side);
    assert.ok(lease);
    try {
      return await readStored(lease.pieces, 0, lease.size);
    } finally {
      lease.release();
    }
  }

  /** The upstream connections of all origins by what they are doing. */
  upstream(): Record<'busy' | 'idle' | 'tunnel' | 'connecting', number> {
    const counts = { busy: 0, idle: 0, tunnel: 0, connecting: 0 };
    for (const origin of this.engine.origins()) for (const { state } of origin.connections) counts[state] += 1;
    return counts;
  }

  /** So many upstream connections are idle and none is busy. */
  async parked(count: number): Promise<void> {
    const rests = (): boolean => this.upstream().idle === count && this.upstream().busy === 0;
    await until(rests, `${count} idle upstream connections`, () => this.upstream());
  }

  /** Ends the engine, and fails where it still holds something although all its clients are gone. */
  async end(): Promise<void> {
    const { engine } = this;
    const load = (): unknown[] => {
      const { inFlight, queued, clientConnections } = engine.state();
      return [inFlight, queued, clientConnections];
    };
    const released = until(() => load().every((count) => count === 0), 'the engine lets go of all exchanges', load);
    try {
      await released;
      await engine.close();
    } finally {
      engine.dispose();
      rmSync(this.caDirectory, { recursive: true, force: true });
      await until(
        () => engine.pool.size === 0,
        'the pool is empty',
        () => engine.origins(),
      );
    }
    assert.deepEqual(this.reports, [], 'the engine reported a defect of its own');
  }
}
