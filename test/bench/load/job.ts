// What a load generator is asked to do, and what it says when it has done it.

export interface LoadJob {
  /** Port on 127.0.0.1 that is connected to. */
  readonly port: number;
  /** The request as it goes out, again and again. */
  readonly request: string;
  /** Bytes of every response's body; another number is an error. */
  readonly bodyBytes: number;
  readonly connections: number;
  /** How long it lasts; with `count`, at most. */
  readonly seconds: number;
  /** Ends after that many responses. */
  readonly count?: number;
  /** A new connection for each request. */
  readonly newConnection: boolean;
  /** `host:port` that a tunnel to is asked for first, by CONNECT. */
  readonly tunnelTo?: string;
}

export interface LoadResult {
  /** Whole, correct responses. */
  readonly requests: number;
  /** Bytes of bodies, unfinished ones included. */
  readonly bytes: number;
  readonly seconds: number;
  readonly errors: number;
  readonly firstError?: string;
  /** Latency in µs: the median and the 99th percentile. */
  readonly p50: number;
  readonly p99: number;
}

/** Jobs beside load: connections that were used once and stay open, and a reader that is slower than any sender. */
export type Job =
  | { readonly kind: 'load'; readonly load: LoadJob }
  | { readonly kind: 'hold'; readonly load: LoadJob }
  | { readonly kind: 'read-slowly'; readonly load: LoadJob };

export interface HoldResult {
  readonly held: number;
  /** Those that were closed by the other side meanwhile. */
  readonly lost: number;
}

/** What the generator's process sends to the one that started it. */
export type JobMessage =
  /** It waits for its job. */
  | { readonly kind: 'ready' }
  | { readonly kind: 'result'; readonly result: LoadResult }
  /** The connections stand, or the slow reader has had its time; they are let go when the process is ended. */
  | { readonly kind: 'holding'; readonly result: HoldResult }
  | { readonly kind: 'failed'; readonly message: string };

/** What both generators connect to. */
export const loadHost = '127.0.0.1';

/** The request that a proxy gets for a URL (RFC 9112 §3.2.2), or an origin for its path. */
export function requestFor(url: string, form: 'absolute' | 'origin', close: boolean): string {
  const { host: authority, pathname } = new URL(url);
  const target = form === 'absolute' ? url : pathname;
  const connection = close ? 'Connection: close\r\n' : '';
  return `GET ${target} HTTP/1.1\r\nHost: ${authority}\r\nUser-Agent: bench\r\nAccept: */*\r\n${connection}\r\n`;
}

/** Adds up what several threads did in the same time. Percentiles are weighed by requests. */
export function combine(results: readonly LoadResult[]): LoadResult {
  const total = (of: (one: LoadResult) => number): number => results.reduce((sum, one) => sum + of(one), 0);
  const requests = total((one) => one.requests);
  const weighed = (of: (one: LoadResult) => number): number =>
    requests === 0 ? Number.NaN : total((one) => (one.requests === 0 ? 0 : of(one) * one.requests)) / requests;
  const firstError = results.find((one) => one.firstError !== undefined)?.firstError;
  return {
    requests,
    bytes: total((one) => one.bytes),
    seconds: Math.max(0, ...results.map((one) => one.seconds)),
    errors: total((one) => one.errors),
    ...(firstError === undefined ? {} : { firstError }),
    p50: weighed((one) => one.p50),
    p99: weighed((one) => one.p99),
  };
}
