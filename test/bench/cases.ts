// The work that is measured, as a table: what is asked for, how, and who takes part.

export interface Case {
  readonly name: string;
  readonly title: string;
  /** Name of the origin's file. */
  readonly file: '1k' | '1m' | '100m';
  readonly connections: number;
  readonly contenders: readonly string[];
  /** Answered from caches: the origin must hear of it no more than a few times. */
  readonly cached?: boolean;
  /** A new client connection for each request. */
  readonly newConnection?: boolean;
  /** Through a CONNECT tunnel. */
  readonly tunnel?: boolean;
  /** An `https://` target in the request line. */
  readonly secureUpstream?: boolean;
  /** Added round trip time to the origin, in ms. */
  readonly latency?: number;
  /** Load from the benchmark's own generator, although wrk could do it. */
  readonly ownLoad?: boolean;
  /** What the table shows first: requests or bytes a second. */
  readonly rate: 'requests' | 'bytes';
  /** Who takes part in the short form that runs with the tests; without it the case is left out there. */
  readonly smoke?: readonly string[];
}

const ours = ['wirelens', 'wirelens-off'];
const floor = ['direct', 'relay'];
const fast = ['squid', 'trafficserver', 'nginx', 'haproxy'];
const debuggers = ['tinyproxy', 'mitmdump', 'mockttp', 'http-mitm-proxy', 'anyproxy', 'whistle'];
const pooling = ['wirelens', 'wirelens-unpooled'];

export const cases: readonly Case[] = [
  {
    name: 'uncached-32',
    title: 'Uncached, 1 KiB, 32 connections',
    file: '1k',
    connections: 32,
    contenders: [...ours, 'wirelens-stalled', 'wirelens-cli', ...floor, ...fast, ...debuggers],
    rate: 'requests',
    smoke: ['wirelens', 'wirelens-stalled', 'wirelens-cli', 'direct', 'relay'],
  },
  {
    name: 'uncached-1',
    title: 'Uncached, 1 KiB, 1 connection',
    file: '1k',
    connections: 1,
    contenders: ['wirelens', ...floor, ...fast, ...debuggers],
    rate: 'requests',
  },
  {
    name: 'uncached-128',
    title: 'Uncached, 1 KiB, 128 connections',
    file: '1k',
    connections: 128,
    contenders: [...ours, ...floor, ...fast],
    rate: 'requests',
  },
  {
    name: 'hits-32',
    title: 'Cache hits, 1 KiB, 32 connections',
    file: '1k',
    connections: 32,
    contenders: ['wirelens', ...floor, 'squid', 'trafficserver', 'nginx'],
    cached: true,
    rate: 'requests',
    smoke: ['wirelens', 'relay'],
  },
  {
    name: 'hits-1',
    title: 'Cache hits, 1 KiB, 1 connection',
    file: '1k',
    connections: 1,
    contenders: ['wirelens', 'direct', 'squid', 'trafficserver', 'nginx'],
    cached: true,
    rate: 'requests',
  },
  {
    name: 'hits-128',
    title: 'Cache hits, 1 KiB, 128 connections',
    file: '1k',
    connections: 128,
    contenders: ['wirelens', 'direct', 'squid', 'trafficserver', 'nginx'],
    cached: true,
    rate: 'requests',
  },
  {
    name: 'hits-1m',
    title: 'Cache hits, 1 MiB, 8 connections',
    file: '1m',
    connections: 8,
    contenders: ['wirelens', 'direct', 'squid', 'trafficserver', 'nginx'],
    cached: true,
    rate: 'bytes',
  },
  {
    name: 'stream-100m',
    title: 'Streamed, 100 MiB, 1 connection',
    file: '100m',
    connections: 1,
    contenders: [...ours, ...floor, ...fast],
    rate: 'bytes',
    smoke: ['wirelens', 'direct'],
  },
  {
    name: 'new-connection',
    title: 'A new client connection for each request, 1 KiB, 16 at once',
    file: '1k',
    connections: 16,
    contenders: [...ours, ...floor, ...fast],
    newConnection: true,
    rate: 'requests',
  },
  {
    name: 'connect-new',
    title: 'A CONNECT tunnel for each request, 1 KiB, 16 at once',
    file: '1k',
    connections: 16,
    contenders: [...ours, 'squid', 'trafficserver', 'tinyproxy', 'mitmdump'],
    tunnel: true,
    newConnection: true,
    rate: 'requests',
    smoke: ['wirelens'],
  },
  {
    name: 'connect-32',
    title: 'Requests in CONNECT tunnels that stay open, 1 KiB, 32 tunnels',
    file: '1k',
    connections: 32,
    contenders: [...ours, 'squid', 'trafficserver', 'tinyproxy', 'mitmdump'],
    tunnel: true,
    rate: 'requests',
  },
  ...poolingCases(),
];

/** Upstream connections pooled and new each time, for one client and many, plain and by TLS, near and far. */
function poolingCases(): Case[] {
  return [false, true].flatMap((secure) =>
    [0, 20].flatMap((latency) =>
      [1, 16].map((connections) => ({
        name: `pool-${secure ? 'tls' : 'plain'}-${latency}ms-${connections}`,
        title: `Upstream ${secure ? 'TLS 1.3' : 'plain'}, ${latency === 0 ? 'loopback' : `${latency} ms away`}, 1 KiB, ${
          connections === 1 ? '1 connection' : `${connections} connections`
        }`,
        file: '1k' as const,
        connections,
        contenders: pooling,
        secureUpstream: secure,
        latency,
        rate: 'requests' as const,
        ...(secure && latency > 0 && connections === 16 ? { smoke: pooling } : {}),
      })),
    ),
  );
}
