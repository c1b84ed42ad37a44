// The contract between the extension and the engine: the calls that steer it and the events that it announces.
import type { MessageChoice, MessageWindow } from './messages.ts';
import type { CacheRecord } from './decisions.ts';
import type { ErrorRecord } from './errors.ts';
import type {
  CacheHost,
  CacheOrder,
  CacheSnapshot,
  FlowDetail,
  FlowId,
  FlowSummary,
  OriginSummary,
  ProxyState,
} from './model.ts';
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

/** The outcome of pinning. */
export type PinResult =
  | { readonly kind: 'done' }
  /** There is no such entry. */
  | { readonly kind: 'gone' }
  /** More than half of the cache would be pinned: `needed` of at most `limit` bytes. */
  | { readonly kind: 'refused'; readonly needed: number; readonly limit: number };

/** The outcome of asking upstream about a stored response. */
export type RevalidationResult =
  | { readonly kind: 'gone' }
  /** The proxy does not listen, and so sends nothing either. */
  | { readonly kind: 'stopped' }
  | {
      readonly kind: 'done';
      /** The flow that shows it; undefined where nothing is recorded now. */
      readonly flow?: FlowId;
      readonly decision?: CacheRecord;
      readonly error?: ErrorRecord;
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
  /** Drops what is stored of a host, named as in `CacheHost`; the number of entries. */
  flushCacheHost: { argument: string; result: number };
  /** The hosts of which something is stored, those with the most entries first; at most 1,000. */
  cacheHosts: { argument: undefined; result: readonly CacheHost[] };
  /** Makes the next request for an entry ask upstream; whether there was such an entry. */
  expireCacheEntry: { argument: string; result: boolean };
  pinCacheEntry: { argument: { readonly id: string; readonly pinned: boolean }; result: PinResult };
  /** Asks upstream now whether an entry is still the same; resolves when the answer is there to its end. */
  revalidateCacheEntry: { argument: string; result: RevalidationResult };
  /** What the entries of the snapshots are sorted by from now on; `recent` in a new engine. */
  setCacheOrder: { argument: CacheOrder; result: undefined };
  /** Opens the content of an entry for `readBody`; undefined where it is gone. */
  openCacheBody: {
    argument: { readonly id: string; readonly form: BodyChoice['form'] };
    result: OpenedBody | undefined;
  };
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
