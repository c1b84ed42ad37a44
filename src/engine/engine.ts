// The composition root of the engine: makes every part, hands each what it needs, and ends them.
import { HttpCache } from '../cache/cache.ts';
import { isDeepStrictEqual } from 'node:util';
import type { Clock } from '../base/clock.ts';
import type { Disposable } from '../base/disposable.ts';
import { Emitter, type Event } from '../base/emitter.ts';
import type { BodyChoice, ListenResult, OpenedBody, RevalidationResult } from '../contract/engine.ts';
import type { ProxyError } from '../contract/errors.ts';
import type { AuthoritySummary, CacheSnapshot, OriginSummary, ProxyState } from '../contract/model.ts';
import type { EngineSettings } from '../contract/settings.ts';
import type { WireError } from '../http/wire-error.ts';
import { BodyReader } from './capture/body-reader.ts';
import { Recorder } from './capture/recorder.ts';
import { Deadlines } from './deadlines.ts';
import { Collapser } from './flow/collapse.ts';
import { runFlow } from './flow/flow.ts';
import type { FlowParts } from './flow/live-flow.ts';
import { runSecure } from './flow/secure-flow.ts';
import { runSocks } from './flow/socks-flow.ts';
import { refusal, respondWhole, toProxyError } from './flow/refusal.ts';
import { Revalidations } from './flow/revalidation.ts';
import { recordUnread } from './flow/unread.ts';
import { Authority } from './intercept/authority.ts';
import { Interception } from './intercept/interception.ts';
import { Admission } from './listen/admission.ts';
import type { RefusedClient } from './listen/client-connection.ts';
import { Listener } from './listen/listener.ts';
import type { Responder } from './listen/responder.ts';
import type { ConnectionRole } from './listen/role.ts';
import { parserLimits } from './parser-limits.ts';
import { authorityDirectory } from './platform/data-directory.ts';
import { createSpillFile } from './platform/temporary.ts';
import { Pool } from './upstream/pool.ts';
import type { OwnAddress } from './upstream/resolve.ts';
import { Routes } from './upstream/routes.ts';
import { UpstreamTrust } from './upstream/trust.ts';
import { WorkerPool } from './workers/pool.ts';

export interface EngineOptions {
  readonly clock: Clock;
  /** Distinguishes the flows of this engine from those of one before it. */
  readonly epoch: string;
  readonly settings: EngineSettings;
  /** The folder of the certificate authority; the user's own one where none is named. */
  readonly caDirectory?: string | undefined;
}

const DRAIN_TIME = 5000;
const SNAPSHOT_ORIGINS = 200;
const SNAPSHOT_ENTRIES = 200;

export class Engine implements Disposable {
  readonly recorder: Recorder;
  /** Bodies of the record, in pieces and decoded. */
  readonly bodies: BodyReader;
  readonly pool: Pool;
  readonly cache: HttpCache;
  readonly authority: Authority;
  readonly #interception: Interception;
  readonly #clock: Clock;
  readonly #epoch: string;
  readonly #deadlines: Deadlines;
  readonly #admission: Admission;
  readonly #listener: Listener;
  readonly #revalidations: Revalidations;
  readonly #workers: WorkerPool;
  readonly #routes: Routes;
  readonly #trust: UpstreamTrust;
  readonly #reports = new Emitter<Error>();
  readonly #tunnels = { open: 0 };
  readonly #collapser = new Collapser();
  #settings: EngineSettings;
  #capturing = true;
  #stopping = false;

  constructor(options: EngineOptions) {
    const { clock, epoch, settings } = options;
    this.#clock = clock;
    this.#epoch = epoch;
    this.#settings = settings;
    this.#deadlines = new Deadlines(clock);
    this.authority = new Authority(options.caDirectory ?? authorityDirectory(), clock);
    this.#interception = new Interception(settings.https, {
      authority: this.authority,
      clock,
      report: (error) => this.#reports.fire(error),
    });
    this.#admission = new Admission(settings);
    this.cache = new HttpCache(settings.cache);
    this.recorder = new Recorder(settings.capture, epoch, createSpillFile());
    this.#workers = new WorkerPool(settings);
    this.bodies = new BodyReader(this.recorder.store, this.#workers);
    const isOwn: OwnAddress = (address, port) => this.#listener.isOwn(address, port);
    this.#routes = new Routes(settings.upstream, isOwn);
    this.#trust = new UpstreamTrust(settings.upstream);
    this.pool = new Pool({
      clock,
      trust: this.#trust,
      deadlines: this.#deadlines,
      isOwn,
      settings: () => this.#settings,
    });
    const flowParts = this.#flowParts();
    this.#listener = this.#makeListener(flowParts);
    this.#revalidations = new Revalidations(flowParts);
  }

  /** A defect of our own, for the log. */
  get onReport(): Event<Error> {
    return this.#reports.event;
  }

  /** Takes over a full set of settings at once. A changed address is bound anew while listening. */
  async configure(settings: EngineSettings): Promise<ListenResult | undefined> {
    const before = this.#settings;
    this.#settings = settings;
    this.#admission.configure(settings);
    this.cache.configure(settings.cache);
    this.recorder.configure(settings.capture);
    this.#workers.configure(settings);
    this.#interception.configure(settings.https);
    if (!isDeepStrictEqual(before.upstream, settings.upstream)) {
      this.#routes.configure(settings.upstream);
      this.#trust.configure(settings.upstream);
      this.pool.renew();
    }
    this.pool.adapt();
    if (before.keepAlive && !settings.keepAlive) {
      this.pool.closeAllIdle('keep-alive-off');
      this.#listener.closeIdleOnly();
    }
    const moved = before.host !== settings.host || before.port !== settings.port || before.reverse !== settings.reverse;
    if (!moved || this.#listener.address === undefined) return undefined;
    return await this.#rebind(before);
  }

  /** Starts to listen as configured. */
  async listen(): Promise<ListenResult> {
    const { host, port } = this.#settings;
    this.#stopping = false;
    return await this.#listener.listen(host, port, this.#role());
  }

  /** Stops listening; what is under way gets 5 s to end. What was captured stays readable. */
  async close(): Promise<void> {
    this.#stopping = true;
    await this.#listener.close(DRAIN_TIME);
    this.#revalidations.dispose();
    this.pool.closeAllIdle('stopped');
    // Whoever starts it again may have changed the files of certificates.
    this.#trust.configure(this.#settings.upstream);
  }

  /** Whether new flows are recorded. */
  setCapturing(on: boolean): void {
    this.#capturing = on;
    this.recorder.setCapturing(on);
  }

  /** Gives the certificate out: from now on the main port counts as wired. */
  exportAuthority(): AuthoritySummary {
    this.#interception.forgetRejections();
    return this.authority.markExported();
  }

  /** Puts a new authority in the place of the old one, which is of no use from now on. */
  resetAuthority(): AuthoritySummary {
    this.#interception.forgetRejections();
    return this.authority.reset();
  }

  state(): ProxyState {
    const { store } = this.recorder;
    const { evicted, expired, bytesSaved, timeSaved } = this.cache.counters;
    const { collapsed } = this.#collapser;
    const address = this.#listener.address;
    return {
      epoch: this.#epoch,
      pid: process.pid,
      ...(address === undefined || this.#stopping ? {} : { listening: address }),
      keepAlive: this.#settings.keepAlive,
      cacheMode: this.#settings.cache.mode,
      capturing: this.#capturing,
      inFlight: this.#admission.inFlight,
      queued: this.#admission.queued,
      clientConnections: this.#listener.size,
      flows: store.size,
      captureMemory: { used: store.memoryUsed, limit: this.#settings.capture.memory },
      captureDisk: { used: store.diskUsed, limit: this.#settings.capture.disk },
      truncating: store.truncating,
      counters: { ...this.recorder.counters, evicted, expired, bytesSaved, timeSaved, collapsed },
    };
  }

  origins(): readonly OriginSummary[] {
    return this.pool.snapshot(SNAPSHOT_ORIGINS);
  }

  cacheSnapshot(): CacheSnapshot {
    return this.cache.snapshot(SNAPSHOT_ENTRIES, this.#clock.wall());
  }

  /** Asks upstream now whether a stored response is still the same. */
  async revalidate(id: string): Promise<RevalidationResult> {
    const entry = this.cache.care.peek(id);
    if (entry === undefined) return { kind: 'gone' };
    if (this.#stopping || this.#listener.address === undefined) return { kind: 'stopped' };
    return await this.#revalidations.revalidate(entry);
  }

  /** Opens the content of a stored response for reading; undefined where it is gone. */
  async openCacheBody(id: string, form: BodyChoice['form']): Promise<OpenedBody | undefined> {
    const entry = this.cache.care.peek(id);
    if (entry === undefined) return undefined;
    const contentEncoding = entry.fields.combined('content-encoding');
    return await this.bodies.openContent(entry.body, form, {
      contentEncoding,
      mediaType: entry.fields.get('content-type'),
    });
  }

  dispose(): void {
    this.#stopping = true;
    this.#listener.dispose();
    this.#revalidations.dispose();
    this.pool.dispose();
    this.bodies.dispose();
    // The threads end while we go on; a thread that fails then has nobody left to tell.
    void this.#workers.dispose().catch(() => undefined);
    this.recorder.dispose();
    this.#deadlines.dispose();
    this.#reports.dispose();
  }

  #role(): ConnectionRole {
    const { reverse } = this.#settings;
    if (reverse === undefined) return { kind: 'forward' };
    const url = new URL(reverse);
    const scheme = url.protocol === 'https:' ? 'https' : 'http';
    const port = url.port === '' ? (scheme === 'https' ? 443 : 80) : Number(url.port);
    return { kind: 'reverse', origin: { scheme, host: url.hostname.replace(/^\[|\]$/g, ''), port } };
  }

  async #rebind(before: EngineSettings): Promise<ListenResult> {
    const { host, port } = this.#settings;
    const result = await this.#listener.move(host, port, this.#role());
    // What could not be bound is not kept: the old address still serves.
    if (result.kind === 'failed') this.#settings = { ...this.#settings, host: before.host, port: before.port };
    return result;
  }

  #flowParts(): FlowParts {
    return {
      clock: this.#clock,
      admission: this.#admission,
      cache: this.cache,
      pool: this.pool,
      deadlines: this.#deadlines,
      routes: this.#routes,
      recorder: this.recorder,
      tunnels: this.#tunnels,
      background: { running: 0 },
      collapser: this.#collapser,
      settings: () => this.#settings,
      authority: this.authority,
      interception: this.#interception,
      acceptInside: (outer, inside) => this.#listener.acceptInside(outer, inside),
      report: (error) => this.#reports.fire(error),
    };
  }

  #makeListener(flowParts: FlowParts): Listener {
    return new Listener({
      clock: this.#clock,
      deadlines: this.#deadlines,
      source: 'main',
      limits: () => parserLimits(this.#settings),
      timeouts: () => this.#settings.timeouts,
      keepAlive: () => this.#settings.keepAlive && !this.#stopping,
      serve: (exchange) => runFlow(exchange, flowParts),
      closed: (connection) => {
        if (connection.boundOrigins.size > 0) this.pool.closeBoundTo(connection.id);
      },
      divert: (connection, opening, first) => {
        void (opening === 'tls' ? runSecure : runSocks)(connection, first, flowParts);
      },
      refuse: (client, error, bytes, responder) => this.#refuse(client, error, bytes, responder),
    });
  }

  /** Bytes that are no request: still a flow, so that they are seen. */
  #refuse(client: RefusedClient, thrown: WireError | ProxyError, bytes: Buffer, responder: Responder): void {
    const error = toProxyError(thrown);
    recordUnread(client, error, { clock: this.#clock, recorder: this.recorder }, bytes);
    respondWhole(responder, refusal(error, undefined, this.#clock.wall()), false);
  }
}
