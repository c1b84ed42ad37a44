// What the store keeps of a flow beside its bytes: few fields and shared strings, since there may be 200,000 of them.
import type {
  CacheRecord,
  ClientTlsRecord,
  ConnectionRecord,
  Leniency,
  TlsRecord,
  TunnelRecord,
} from '../../contract/decisions.ts';
import type { ErrorRecord } from '../../contract/errors.ts';
import type { CacheWord, FlowState, FlowSummary } from '../../contract/model.ts';
import type { MessageLog } from './message-log.ts';
import type { Pieces } from './slabs.ts';
import { detached } from './text.ts';

/** Which bytes of a flow a piece holds. */
export const tags = {
  requestHead: 0,
  responseHead: 1,
  interim: 2,
  requestBody: 3,
  responseBody: 4,
  requestTrailers: 5,
  responseTrailers: 6,
  refused: 7,
} as const;

/** The moments of a flow that are noted, in their usual order. */
export const points = ['admitted', 'leased', 'resolved', 'connected', 'secured', 'sent', 'firstByte', 'done'] as const;
export type Point = (typeof points)[number];

export type Side = 'request' | 'response';

const nothing: readonly string[] = [];

/** What is true of a flow, as bits of one number. */
export const flags = {
  /** It is on the list of changes that nobody has taken yet. */
  dirty: 1,
  /** It has left the store; nothing may be added. */
  gone: 2,
  /** The message has come to its end. */
  requestEnded: 4,
  responseEnded: 8,
  /** Less of the body was kept than came. */
  requestTruncated: 16,
  responseTruncated: 32,
} as const;

/** A flow as it is kept. `pieces` says where its bytes lie. */
export class FlowRecord {
  readonly number: number;
  kind: FlowSummary['kind'];
  readonly method: string;
  readonly url: string;
  readonly source: string;
  readonly clientAddress: string;
  readonly clientConnection: number;
  readonly clientExchange: number;
  readonly clientTls: ClientTlsRecord | undefined;
  tunnel: TunnelRecord | undefined;
  readonly protocol: FlowSummary['protocol'];
  /** 0 where there is none. */
  readonly clientStream: number;
  state: FlowState = 'queued';
  status = 0;
  mediaType: string | undefined;
  /** Content bytes that crossed the wire. */
  requestSize = 0;
  responseSize = 0;
  flags = 0;
  /** Names of fields that were not forwarded. */
  requestRemoved = nothing;
  responseRemoved = nothing;
  error: ErrorRecord | undefined;
  connection: ConnectionRecord | undefined;
  refusedTls: TlsRecord | undefined;
  decision: CacheRecord | undefined;
  leniencies: Leniency[] | undefined;
  pieces: Pieces = [];
  /** Set once the flow turns out to carry messages. */
  messages: MessageLog | undefined;

  constructor(
    number: number,
    start: {
      readonly kind: FlowSummary['kind'];
      readonly method: string;
      readonly url: string;
      readonly source: string;
      readonly clientAddress: string;
      readonly clientConnection: number;
      readonly clientExchange: number;
      readonly clientTls?: ClientTlsRecord | undefined;
      readonly protocol?: FlowSummary['protocol'];
      readonly clientStream?: number;
    },
  ) {
    this.number = number;
    this.kind = start.kind;
    this.method = start.method;
    this.url = detached(start.url);
    this.source = start.source;
    this.clientAddress = start.clientAddress;
    this.clientConnection = start.clientConnection;
    this.clientExchange = start.clientExchange;
    this.clientTls = start.clientTls;
    this.protocol = start.protocol;
    this.clientStream = start.clientStream ?? 0;
  }

  get gone(): boolean {
    return (this.flags & flags.gone) !== 0;
  }

  get dirty(): boolean {
    return (this.flags & flags.dirty) !== 0;
  }

  get final(): boolean {
    return this.state === 'done' || this.state === 'failed';
  }

  /** Gives the list of pieces exactly the room that it needs, once nothing more is added. */
  settle(): void {
    this.pieces = this.pieces.slice();
  }
}

/** One word for where the answer came from. */
export function cacheWord(decision: CacheRecord | undefined): CacheWord {
  if (decision === undefined) return 'none';
  switch (decision.find.kind) {
    case 'hit':
      return 'hit';
    case 'stale':
      return 'stale';
    case 'miss':
      return decision.validated === true ? 'validated' : 'miss';
    case 'unsatisfiable':
      return 'miss';
    case 'not-asked':
      return 'none';
  }
}

type Writable<T> = { -readonly [Key in keyof T]: T[Key] };

/** The row of a flow. `startedAt` in ms since 1970; `duration` in ms, undefined where it was not noted. */
export function summaryOf(
  record: FlowRecord,
  epoch: string,
  startedAt: number,
  duration: number | undefined,
): FlowSummary {
  const summary: Writable<FlowSummary> = {
    id: `${epoch}.${record.number}`,
    number: record.number,
    kind: record.kind,
    state: record.state,
    startedAt,
    method: record.method,
    url: record.url,
    requestBytes: record.requestSize,
    responseBytes: record.responseSize,
    cache: cacheWord(record.decision),
    source: record.source,
  };
  if (record.protocol !== undefined) summary.protocol = record.protocol;
  if (record.status !== 0) summary.status = record.status;
  if (record.final && duration !== undefined) summary.duration = duration;
  if (record.mediaType !== undefined) summary.mediaType = record.mediaType;
  if (record.connection?.tls?.problem !== undefined) summary.unverified = true;
  if (record.error !== undefined) summary.error = record.error;
  if (record.messages !== undefined) summary.messages = record.messages.total;
  return summary;
}
