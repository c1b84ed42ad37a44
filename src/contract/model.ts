// The values that views show: flows, connections, cache entries and the state of the proxy, plain and complete.
import type {
  CacheRecord,
  ClientTlsRecord,
  CloseReason,
  ConnectionRecord,
  EntryStanding,
  Leniency,
  TlsRecord,
  TunnelRecord,
} from './decisions.ts';
import type { ErrorRecord } from './errors.ts';
import type { CacheMode } from './settings.ts';

/** Identity of a flow: the engine's epoch and a number that counts up from 1, as `epoch.number`. */
export type FlowId = string;

/** The life of a flow. `done` and `failed` are final. */
export type FlowState = 'queued' | 'waiting' | 'streaming' | 'done' | 'failed';

/** What a client speaks, as it stands in its request line, and in HTTP/2 in none. */
type ClientProtocol = 'HTTP/1.0' | 'HTTP/1.1' | 'HTTP/2';

/** One word for the answer's origin, for rows. */
export type CacheWord = 'hit' | 'stale' | 'validated' | 'miss' | 'none';

/** All that a row shows. */
export interface FlowSummary {
  readonly id: FlowId;
  /** Counts up from 1 within an engine. */
  readonly number: number;
  readonly kind: 'exchange' | 'tunnel' | 'upgrade';
  readonly state: FlowState;
  /** ms since 1970. */
  readonly startedAt: number;
  readonly method: string;
  /** Absolute; for tunnels `host:port`. For refused bytes that were no request: empty. */
  readonly url: string;
  readonly status?: number;
  /** ms from the first byte of the request to the last of the response, once final. */
  readonly duration?: number;
  /** Body bytes as on the wire, without chunk framing. */
  readonly requestBytes: number;
  readonly responseBytes: number;
  /** The response's Content-Type, as sent. */
  readonly mediaType?: string;
  readonly cache: CacheWord;
  readonly error?: ErrorRecord;
  /** Where the client was started from; the main port is `main`. */
  readonly source: string;
  /** What the client speaks; undefined where its bytes were no request. */
  readonly protocol?: ClientProtocol;
  /** Messages so far, of a WebSocket or a streamed body; undefined for flows that have none. */
  readonly messages?: number;
  /** Set where upstream's certificate is wrong and was accepted (`https.allowInvalidCertificates`). */
  readonly unverified?: true;
}

/** A message body in the record. Sizes in bytes. */
export interface BodyRecord {
  /** Content bytes that crossed the wire. */
  readonly size: number;
  /** Content bytes in the record; less than `size` where it was truncated or dropped. */
  readonly kept: number;
  readonly state: 'complete' | 'partial' | 'truncated' | 'dropped';
}

/** One message of a flow, as on the wire. */
export interface MessageRecord {
  /** Request line or status line, without CRLF. */
  readonly startLine: string;
  /** Field lines in order, names and values as received. */
  readonly fields: readonly (readonly [name: string, value: string])[];
  readonly trailers: readonly (readonly [name: string, value: string])[];
  readonly body: BodyRecord;
}

/** Durations in ms, each undefined where it did not happen. */
export interface Timing {
  readonly queued?: number;
  /** Waiting for a pooled connection. */
  readonly waited?: number;
  readonly dns?: number;
  readonly connect?: number;
  readonly tls?: number;
  /** From the connection to the last byte of the request. */
  readonly sent?: number;
  /** From then to the first byte of the response. */
  readonly firstByte?: number;
  /** From then to its last byte. */
  readonly download?: number;
  readonly total?: number;
}

/** All of a flow but its bodies. */
export interface FlowDetail extends FlowSummary {
  readonly clientAddress: string;
  /** 0 where the proxy asked by itself, to revalidate a cache entry. */
  readonly clientConnection: number;
  /** The how manieth exchange on the client's connection, from 1. */
  readonly clientExchange: number;
  /** TLS between the client and us, where there is any. */
  readonly clientTls?: ClientTlsRecord;
  /** For tunnels. */
  readonly tunnel?: TunnelRecord;
  /** Number of the stream on the client's connection, for HTTP/2. */
  readonly clientStream?: number;
  readonly request?: MessageRecord;
  /** Heads of upstream that came before the answer: interim (1xx) ones, and what the cache answered in place of. */
  readonly interim: readonly { readonly startLine: string; readonly fields: MessageRecord['fields'] }[];
  readonly response?: MessageRecord;
  readonly timing: Timing;
  readonly connection?: ConnectionRecord;
  /** TLS with an upstream whose certificate was refused, so that there is no connection to tell of. */
  readonly refusedTls?: TlsRecord;
  readonly decision?: CacheRecord;
  readonly leniencies: readonly Leniency[];
  /** Names of hop-by-hop fields that were not forwarded. */
  readonly removed: { readonly request: readonly string[]; readonly response: readonly string[] };
  /** The bytes of a refused request, as text with escapes, at most 4 KiB. */
  readonly refusedBytes?: string;
}

/** One connection to upstream. Times in ms since 1970, sizes in bytes. */
export interface ConnectionSummary {
  readonly id: number;
  readonly state: 'connecting' | 'busy' | 'idle' | 'tunnel';
  readonly remote: string;
  readonly openedAt: number;
  readonly idleSince?: number;
  readonly exchanges: number;
  readonly bytesSent: number;
  readonly bytesReceived: number;
  /** Exchanges under way on it, for HTTP/2. */
  readonly streams?: number;
}

/** Upstream connections of one pool identity. */
export interface OriginSummary {
  /** Readable identity, such as `https://api.test:8443`; unique. */
  readonly key: string;
  readonly connections: readonly ConnectionSummary[];
  readonly opened: number;
  readonly reused: number;
  readonly waiting: number;
  readonly lastClose?: CloseReason;
}

/** One stored response. Times in seconds, sizes in bytes. */
export interface CacheEntrySummary {
  /** Identity of the entry for the calls that concern one. */
  readonly id: string;
  readonly method: string;
  readonly url: string;
  readonly status: number;
  readonly mediaType?: string;
  readonly contentEncoding?: string;
  readonly size: number;
  /** ms since 1970, when it was stored or last validated. */
  readonly storedAt: number;
  /** ms since 1970, until when it is served without asking upstream; in the past when it is stale. */
  readonly freshUntil: number;
  /** How old it was already at `storedAt` (RFC 9111 §4.2.3). */
  readonly ageAtStoring: number;
  readonly lifetime: number;
  readonly hits: number;
  /** Never evicted to make room. */
  readonly pinned: boolean;
  readonly standing: EntryStanding;
  /** The request fields that this variant is for, as `Name: value`. */
  readonly variant: readonly string[];
  /** How many variants of its URL are stored, this one included. */
  readonly variants: number;
}

/** What the entries of a snapshot are sorted by: the most recently used, the largest, the oldest or the most useful first. */
export type CacheOrder = (typeof cacheOrders)[number];

export const cacheOrders = ['recent', 'size', 'age', 'hits'] as const;

/** The cache as a whole; `entries` holds the first in its order, at most 200. */
export interface CacheSnapshot {
  readonly entries: readonly CacheEntrySummary[];
  readonly order: CacheOrder;
  readonly total: number;
  readonly bytes: number;
  readonly maxBytes: number;
}

/** What is stored of one host. */
export interface CacheHost {
  /** As it stands in Host: `api.test:8080`. */
  readonly host: string;
  readonly entries: number;
  readonly bytes: number;
}

/** Counters since the engine started. */
export interface Counters {
  readonly requests: number;
  readonly failed: number;
  readonly refused: number;
  readonly recorded: number;
  readonly notRecorded: number;
  readonly hits: number;
  readonly validated: number;
  readonly misses: number;
  readonly stored: number;
  readonly evicted: number;
  readonly expired: number;
  /** Requests that were answered with what another one was getting. */
  readonly collapsed: number;
  /** Content that upstream need not send, because the cache had it; bytes. */
  readonly bytesSaved: number;
  /** What upstream had taken to begin those answers that the cache gave by itself; ms. */
  readonly timeSaved: number;
  readonly tunnels: number;
}

/** The certificate authority of this machine. Times in ms since 1970. */
export interface AuthoritySummary {
  readonly name: string;
  /** SHA-256, as `AB:CD:…`. */
  readonly fingerprint: string;
  readonly validFrom: number;
  readonly validTo: number;
  /** The file that holds the certificate. */
  readonly path: string;
  /** The certificate itself. */
  readonly pem: string;
  /** Whether it was exported since it was made: from then on the main port counts as wired. */
  readonly exported: boolean;
}

/** The proxy as a whole. Sizes in bytes. */
export interface ProxyState {
  readonly epoch: string;
  readonly pid: number;
  /** Where it listens, undefined while it is stopped. */
  readonly listening?: { readonly host: string; readonly port: number };
  readonly keepAlive: boolean;
  readonly cacheMode: CacheMode;
  readonly capturing: boolean;
  /** Exchanges holding a slot, and waiting for one. */
  readonly inFlight: number;
  readonly queued: number;
  readonly clientConnections: number;
  readonly flows: number;
  readonly captureMemory: { readonly used: number; readonly limit: number };
  readonly captureDisk: { readonly used: number; readonly limit: number };
  /** True while capture had to truncate or drop bodies of flows that are still kept. */
  readonly truncating: boolean;
  readonly counters: Counters;
}
