// The contract between the extension and the engine: the calls that steer it and the events that it announces.
import type { CacheSnapshot, FlowDetail, FlowId, FlowSummary, OriginSummary, ProxyState } from './model.ts';
import type { MessageChoice, MessageWindow } from './messages.ts';
import type { EngineSettings } from './settings.ts';

/**
 * Which body of a flow, and in which form. `decoded` undoes Content-Encoding; `pretty` also formats JSON. With `message` it
 * is the payload of that message, and `side` says nothing.
 */
export interface BodyChoice {
  readonly id: FlowId;
  readonly side: 'request' | 'response';
  readonly message?: number;
  readonly form: 'wire' | 'decoded' | 'pretty';
}

/** A body opened for reading in pieces. */
export interface OpenedBody {
  readonly handle: number;
  /** Bytes to be read. */
  readonly size: number;
  /** What is wrong with it, in words: truncated, dropped, not decodable; undefined where nothing is. */
  readonly note?: string;
}

/** The outcome of taking an address. */
export type ListenResult =
  | { readonly kind: 'listening'; readonly host: string; readonly port: number }
  | {
      readonly kind: 'failed';
      readonly reason: 'port-in-use' | 'port-not-allowed' | 'address-not-available' | 'other';
      readonly message: string;
    };

/** Calls: name → argument and result. Handlers are a mapped type over this, so that a missing one does not compile. */
export interface EngineCalls {
  /** Takes over a full set of settings; a changed address rebinds while listening. */
  configure: { argument: EngineSettings; result: ListenResult | undefined };
  /** Starts to listen as configured. */
  listen: { argument: undefined; result: ListenResult };
  /** Stops listening; open exchanges get 5 s to end. Flows stay readable. */
  close: { argument: undefined; result: undefined };
  setCapturing: { argument: boolean; result: undefined };
  clearFlows: { argument: undefined; result: undefined };
  /** Number of entries that were dropped. */
  flushCache: { argument: undefined; result: number };
  /** Whether there was such an entry. */
  evictCacheEntry: { argument: string; result: boolean };
  /** Undefined where the flow has left the store. */
  flowDetail: { argument: FlowId; result: FlowDetail | undefined };
  /** At most `count` summaries (up to 1,000) that came before the flow `before`, newest first. */
  flowsBefore: { argument: { readonly before?: FlowId; readonly count: number }; result: readonly FlowSummary[] };
  /** Undefined where the flow has left the store. */
  flowMessages: { argument: MessageChoice; result: MessageWindow | undefined };
  openBody: { argument: BodyChoice; result: OpenedBody | undefined };
  /** At most 256 KiB a piece. An empty piece is the end. */
  readBody: { argument: { readonly handle: number; readonly offset: number }; result: Uint8Array };
  closeBody: { argument: number; result: undefined };
  /** Confirms an `update`; the next one is sent only then. */
  acknowledge: { argument: number; result: undefined };
}

/** What changed since the last update: complete values, never deltas of one. */
export interface Update {
  /** For `acknowledge`. */
  readonly sequence: number;
  readonly state: ProxyState;
  /** Flows that are new or changed, oldest first; at most 1,000, the newest ones where there were more. */
  readonly flows: readonly FlowSummary[];
  /** Flows numbered below this are no longer in the store. */
  readonly oldestFlow: number;
  /** Present when they changed. At most 200 origins. */
  readonly origins?: readonly OriginSummary[];
  readonly cache?: CacheSnapshot;
}

export interface EngineEvents {
  /** The engine runs; it waits for `configure`. */
  ready: { readonly pid: number; readonly epoch: string };
  update: Update;
  log: { readonly level: 'debug' | 'info' | 'warn' | 'error'; readonly message: string };
}
