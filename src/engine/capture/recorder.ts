// Records live flows: every method is a few stores and one copy, so that looking never slows what is looked at.
import { Emitter } from '../../base/emitter.ts';
import type {
  CacheRecord,
  ClientTlsRecord,
  ConnectionRecord,
  Leniency,
  TlsRecord,
  TunnelRecord,
} from '../../contract/decisions.ts';
import type { ErrorCode, ErrorRecord } from '../../contract/errors.ts';
import type { Counters, FlowId, FlowState, FlowSummary } from '../../contract/model.ts';
import type { EngineSettings } from '../../contract/settings.ts';
import type { Fields } from '../../http/fields.ts';
import type { SpillFile } from '../platform/temporary.ts';
import { BodyWriter } from './body-writer.ts';
import { cacheWord, flags, tags, type FlowRecord, type Point, type Side } from './flow-record.ts';
import { MessageRecorder } from './message-recorder.ts';
import { Selection } from '../../rules/selection.ts';
import { FlowStore } from './store.ts';
import { SharedValues } from './shared-values.ts';

const REFUSED_KEPT = 4096;

/** The source of flows that the cache itself causes, to validate in the background. */
export const cacheSource = 'cache';

/** What is known when a flow begins. `startedAt` in ms since 1970, `startedMonotonic` in ms of the monotonic clock. */
export interface FlowStart {
  readonly kind: FlowSummary['kind'];
  readonly method: string;
  /** Absolute; `host:port` for tunnels; empty where the bytes were no request. */
  readonly url: string;
  readonly source: string;
  readonly clientAddress: string;
  readonly clientConnection: number;
  readonly clientExchange: number;
  readonly clientTls?: ClientTlsRecord | undefined;
  /** Undefined where the bytes were no request. */
  readonly protocol?: FlowSummary['protocol'];
  readonly clientStream?: number;
  readonly startedAt: number;
  readonly startedMonotonic: number;
  /** False keeps the flow out of the record, whatever the settings say. */
  readonly recorded?: boolean;
}

type OwnCounters = Pick<
  Counters,
  | 'requests'
  | 'failed'
  | 'refused'
  | 'recorded'
  | 'notRecorded'
  | 'hits'
  | 'validated'
  | 'misses'
  | 'stored'
  | 'tunnels'
>;
type Tally = { -readonly [Name in keyof OwnCounters]: number };

/** What all recordings share. */
interface Shared {
  readonly store: FlowStore;
  readonly tally: Tally;
  readonly epoch: string;
  readonly finished: Emitter<FlowSummary>;
  readonly shared: SharedValues;
  maxBody: number;
}

/** One live flow. After `finish` all methods do nothing; of a flow that is not recorded only the counting remains. */
export class FlowRecording {
  readonly #shared: Shared;
  readonly #startedMonotonic: number;
  /** Whether the cache itself asked: such flows are no misses of a client's. */
  readonly #isBackground: boolean;
  #record: FlowRecord | undefined;
  #requestBody: BodyWriter | undefined;
  #responseBody: BodyWriter | undefined;
  #isTunnel: boolean;
  #decision: CacheRecord | undefined;
  #error: ErrorRecord | undefined;
  #finished = false;

  /** Counts up from 1; 0 for flows that are not recorded. */
  readonly number: number;

  constructor(shared: Shared, record: FlowRecord | undefined, start: FlowStart) {
    this.#shared = shared;
    this.#record = record;
    this.#startedMonotonic = start.startedMonotonic;
    this.#isBackground = start.source === cacheSource;
    this.#isTunnel = start.kind === 'tunnel';
    this.number = record?.number ?? 0;
  }

  get id(): FlowId {
    return `${this.#shared.epoch}.${this.number}`;
  }

  /** False where the flow is only counted. */
  get recorded(): boolean {
    return this.number !== 0;
  }

  /** What was decided and what went wrong so far, whether the flow is recorded or not. */
  get outcome(): { readonly decision?: CacheRecord; readonly error?: ErrorRecord } {
    const decision = this.#decision;
    const error = this.#error;
    return { ...(decision === undefined ? {} : { decision }), ...(error === undefined ? {} : { error }) };
  }

  /** The request's head as on the wire, and the names of the fields that were not forwarded. */
  requestHead(bytes: Buffer, removed: readonly string[]): void {
    const record = this.#live();
    if (record === undefined) return;
    if (removed.length > 0) record.requestRemoved = this.#shared.shared.names(removed);
    this.#keep(record, bytes, bytes.length, tags.requestHead);
  }

  /** Content without framing. The bytes are copied. */
  requestContent(bytes: Buffer): void {
    const record = this.#live();
    if (record === undefined) return;
    record.requestSize += bytes.length;
    if ((record.flags & flags.requestTruncated) !== 0) return;
    this.#requestBody ??= new BodyWriter(this.#shared.store.log, record.number, record.pieces, tags.requestBody);
    this.#content(record, flags.requestTruncated, this.#requestBody, bytes);
  }

  /** Bytes through a tunnel, which are counted and not kept. */
  tunnelBytes(side: Side, bytes: number): void {
    const record = this.#live();
    if (record === undefined) return;
    if (side === 'request') record.requestSize += bytes;
    else record.responseSize += bytes;
    record.flags |= side === 'request' ? flags.requestTruncated : flags.responseTruncated;
    if (!record.dirty) this.#shared.store.touch(record);
  }

  /** Records what the bytes of this flow say as messages; undefined where the flow is only counted. */
  messages(): MessageRecorder | undefined {
    if (this.#live() === undefined) return undefined;
    const { store } = this.#shared;
    return new MessageRecorder(
      store,
      () => this.#live(),
      () => this.#shared.maxBody,
    );
  }

  requestEnd(trailers: Fields): void {
    const record = this.#live();
    if (record === undefined) return;
    record.flags |= flags.requestEnded;
    this.#requestBody?.end();
    if (trailers.count > 0) this.#keepText(record, trailers.text, tags.requestTrailers);
  }

  /** A 1xx head as on the wire. */
  interim(bytes: Buffer): void {
    const record = this.#live();
    if (record !== undefined) this.#keep(record, bytes, bytes.length, tags.interim);
  }

  /** The final response's head as on the wire; `mediaType` is its Content-Type. */
  responseHead(bytes: Buffer, status: number, mediaType: string | undefined, removed: readonly string[]): void {
    const record = this.#live();
    if (record === undefined) return;
    record.status = status;
    if (mediaType !== undefined) record.mediaType = this.#shared.shared.text(mediaType);
    if (removed.length > 0) record.responseRemoved = this.#shared.shared.names(removed);
    this.#keep(record, bytes, bytes.length, tags.responseHead);
    this.#shared.store.touch(record);
  }

  /** Content without framing. The bytes are copied. */
  responseContent(bytes: Buffer): void {
    const record = this.#live();
    if (record === undefined) return;
    record.responseSize += bytes.length;
    if (!record.dirty) this.#shared.store.touch(record);
    if ((record.flags & flags.responseTruncated) !== 0) return;
    this.#responseBody ??= new BodyWriter(this.#shared.store.log, record.number, record.pieces, tags.responseBody);
    this.#content(record, flags.responseTruncated, this.#responseBody, bytes);
  }

  responseEnd(trailers: Fields): void {
    const record = this.#live();
    if (record === undefined) return;
    record.flags |= flags.responseEnded;
    this.#responseBody?.end();
    if (trailers.count > 0) this.#keepText(record, trailers.text, tags.responseTrailers);
  }

  /**
   * Notes when something was reached, in ms of the monotonic clock: `admitted` a slot was given; `leased` the pool gave a
   * connection, or leave to open one; `resolved`, `connected`, `secured` the steps of a new one; `sent` the request's last
   * byte; `firstByte` and `done` the response's first and last.
   */
  mark(point: Point, at: number): void {
    const record = this.#live();
    if (record !== undefined) this.#shared.store.mark(record, point, at - this.#startedMonotonic);
  }

  state(state: FlowState): void {
    const record = this.#live();
    if (record === undefined || record.state === state) return;
    record.state = state;
    this.#shared.store.touch(record);
  }

  kind(kind: FlowSummary['kind']): void {
    this.#isTunnel = kind === 'tunnel';
    const record = this.#live();
    if (record === undefined || record.kind === kind) return;
    record.kind = kind;
    this.#shared.store.touch(record);
  }

  connection(connection: ConnectionRecord): void {
    const record = this.#live();
    if (record !== undefined) record.connection = connection;
  }

  /** What is known of a tunnel; the last one counts. */
  tunnel(tunnel: TunnelRecord): void {
    const record = this.#live();
    if (record !== undefined) record.tunnel = tunnel;
  }

  /** TLS with an upstream whose certificate was refused. */
  refusedTls(tls: TlsRecord): void {
    const record = this.#live();
    if (record !== undefined) record.refusedTls = tls;
  }

  /** The cache's decision; the last one counts. */
  decision(decision: CacheRecord): void {
    if (this.#finished) return;
    this.#decision = decision;
    const record = this.#live();
    if (record !== undefined) record.decision = decision;
  }

  leniency(what: Leniency): void {
    const record = this.#live();
    if (record === undefined || record.leniencies?.includes(what) === true) return;
    record.leniencies ??= [];
    record.leniencies.push(what);
  }

  /** The bytes of a request that could not be parsed; the first 4 KiB are kept. */
  refused(bytes: Buffer): void {
    const record = this.#live();
    if (record !== undefined) this.#keep(record, bytes, Math.min(bytes.length, REFUSED_KEPT), tags.refused);
  }

  /** What went wrong; the flow ends as failed. The first error wins. */
  fail(error: ErrorRecord): void {
    if (this.#finished) return;
    this.#error ??= error;
    const record = this.#live();
    if (record === undefined) return;
    record.error ??= error;
    this.#shared.store.touch(record);
  }

  /** Ends the flow, at `at` ms of the monotonic clock. */
  finish(at: number): void {
    if (this.#finished) return;
    this.#finished = true;
    this.#count();
    const record = this.#record;
    if (record === undefined || record.gone) return;
    const { store, finished } = this.#shared;
    this.#requestBody?.end();
    this.#responseBody?.end();
    if (!store.hasMark(record, 'done')) store.mark(record, 'done', at - this.#startedMonotonic);
    record.state = record.error === undefined ? 'done' : 'failed';
    if (record.decision !== undefined) record.decision = this.#shared.shared.decision(record.decision);
    record.settle();
    store.touch(record);
    this.#record = undefined;
    if (!finished.hasListeners) return;
    const summary = store.summary(record.number);
    if (summary !== undefined) finished.fire(summary);
  }

  #live(): FlowRecord | undefined {
    const record = this.#record;
    return record === undefined || record.gone || this.#finished ? undefined : record;
  }

  #content(record: FlowRecord, truncated: number, writer: BodyWriter, bytes: Buffer): void {
    const room = this.#shared.maxBody - writer.kept;
    const length = bytes.length > room ? Math.max(0, room) : bytes.length;
    const kept = writer.write(bytes, length);
    if (kept < bytes.length) {
      record.flags |= truncated;
      if (kept < length) this.#shared.store.loses(record);
    }
    if (record.gone) this.#shared.store.releasePieces(record);
  }

  #keep(record: FlowRecord, bytes: Buffer, length: number, tag: number): void {
    const { store } = this.#shared;
    const kept = store.log.append('head', record.number, bytes, 0, length, record.pieces, tag);
    if (kept < length) store.loses(record);
    // Making room may have pushed this very flow out.
    if (record.gone) store.releasePieces(record);
  }

  #keepText(record: FlowRecord, latin1: string, tag: number): void {
    const bytes = Buffer.from(latin1, 'latin1');
    this.#keep(record, bytes, bytes.length, tag);
  }

  #count(): void {
    const { tally } = this.#shared;
    if (this.#isTunnel) tally.tunnels += 1;
    if (this.#error !== undefined) {
      if (isRefusal(this.#error)) tally.refused += 1;
      else tally.failed += 1;
    }
    const decision = this.#decision;
    if (decision === undefined) return;
    const word = cacheWord(decision);
    if (word === 'hit' || word === 'stale') tally.hits += 1;
    else if (word === 'validated') tally.validated += 1;
    else if (word === 'miss' && !this.#isBackground) tally.misses += 1;
    if (decision.store?.kind === 'stored') tally.stored += 1;
  }
}

/** What the client did, and not we to it. */
const CLIENTS_OWN: ReadonlySet<ErrorCode> = new Set([
  'client-left',
  'client-reset',
  'certificate-rejected',
  'client-tls',
]);

/** Whether the proxy itself turned the request away. */
function isRefusal(error: ErrorRecord): boolean {
  if (error.source === 'client') return !CLIENTS_OWN.has(error.code);
  return error.code === 'too-busy' || error.code === 'too-many-tunnels' || error.code === 'stopping';
}

export class Recorder {
  readonly store: FlowStore;
  readonly #shared: Shared;
  #selection: Selection;
  #capturing = true;

  /** A recorded flow has ended. Summaries are made only while somebody listens. */
  readonly onFinished;

  constructor(settings: EngineSettings['capture'], epoch: string, file: SpillFile) {
    this.store = new FlowStore(settings, epoch, file);
    this.#selection = new Selection(settings.include, settings.exclude);
    this.#shared = {
      store: this.store,
      tally: {
        requests: 0,
        failed: 0,
        refused: 0,
        recorded: 0,
        notRecorded: 0,
        hits: 0,
        validated: 0,
        misses: 0,
        stored: 0,
        tunnels: 0,
      },
      epoch,
      finished: new Emitter<FlowSummary>(),
      shared: new SharedValues(),
      maxBody: settings.maxBody,
    };
    this.onFinished = this.#shared.finished.event;
  }

  /** What happened since the start; flows that are not recorded are counted too. */
  get counters(): OwnCounters {
    return this.#shared.tally;
  }

  get capturing(): boolean {
    return this.#capturing;
  }

  /** Takes new settings; flows that are kept stay as far as they have room. */
  configure(settings: EngineSettings['capture']): void {
    this.#selection = new Selection(settings.include, settings.exclude);
    this.#shared.maxBody = settings.maxBody;
    this.store.configure(settings);
  }

  /** Pauses or goes on; live flows are not touched. */
  setCapturing(on: boolean): void {
    this.#capturing = on;
  }

  begin(start: FlowStart): FlowRecording {
    const { tally } = this.#shared;
    tally.requests += 1;
    if (!this.#capturing || start.recorded === false || !this.#selection.has(start.url)) {
      tally.notRecorded += 1;
      return new FlowRecording(this.#shared, undefined, start);
    }
    tally.recorded += 1;
    return new FlowRecording(this.#shared, this.store.add(start), start);
  }

  dispose(): void {
    this.#shared.finished.dispose();
    this.store.dispose();
  }
}
