// The targets of the project's performance, and what a run says about each.
import { ratioOf, series, type MemoryResult, type Results } from './results.ts';
import { spreadOf, type Spread } from './statistics.ts';

type Measured = Pick<Results, 'cases' | 'memory'>;

interface Target {
  readonly title: string;
  readonly must: number;
  readonly aim?: number;
  readonly better: 'higher' | 'lower';
  readonly unit: '×' | 'MiB' | '%';
  /** Undefined where the run has not measured it. */
  readonly measure: (results: Measured) => Spread | undefined;
}

export interface Verdict {
  readonly title: string;
  readonly must: number;
  readonly aim?: number;
  readonly unit: Target['unit'];
  readonly better: Target['better'];
  readonly measured?: Spread;
  readonly met: 'aim' | 'must' | 'missed' | 'not measured';
  /** How far from `must`, as a share of it, where it is missed. */
  readonly missedBy?: number;
}

const ours = 'wirelens';
const mebibyte = 1024 * 1024;

function times(name: string, metric: 'requests' | 'bytes' | 'cpu', to: string, of = ours): Target['measure'] {
  return (results) => ratioOf(results, name, metric, [of, to]);
}

function memory(field: 'largeGrowth' | 'slowGrowth' | 'afterFlows' | 'idleConnections'): Target['measure'] {
  return (results) => {
    const bytes = results.memory.find((one: MemoryResult) => one.name === ours)?.[field];
    return bytes === undefined ? undefined : spreadOf([bytes / mebibyte]);
  };
}

/** What ours adds to the median latency of no proxy, as a multiple of what squid adds, within each round. */
function addedLatency(results: Measured): Spread | undefined {
  const [own, squid, none] = [ours, 'squid', 'direct'].map((name) => series(results, 'uncached-1', 'p50', name));
  const quotients = (own ?? []).flatMap((value, round) => {
    const base = none?.[round];
    const other = squid?.[round];
    if (value === undefined || base === undefined || other === undefined || other <= base) return [];
    return [(value - base) / (other - base)];
  });
  return spreadOf(quotients);
}

function addedByCapture(results: Measured): Spread | undefined {
  const spread = ratioOf(results, 'uncached-32', 'cpu', [ours, 'wirelens-off']);
  if (spread === undefined) return undefined;
  const percent = (ratio: number): number => (ratio - 1) * 100;
  return { median: percent(spread.median), least: percent(spread.least), most: percent(spread.most) };
}

const notYet = (): undefined => undefined;

const higher = { better: 'higher', unit: '×' } as const;
const lower = { better: 'lower', unit: '×' } as const;

export const targets: readonly Target[] = [
  {
    title: 'requests/s uncached against squid',
    must: 2,
    aim: 4,
    ...higher,
    measure: times('uncached-32', 'requests', 'squid'),
  },
  { title: '… against mockttp', must: 8, aim: 16, ...higher, measure: times('uncached-32', 'requests', 'mockttp') },
  { title: '… against mitmdump', must: 20, aim: 43, ...higher, measure: times('uncached-32', 'requests', 'mitmdump') },
  {
    title: 'CPU a request against the Node TCP relay',
    must: 1.8,
    aim: 1.3,
    ...lower,
    measure: times('uncached-32', 'cpu', 'relay'),
  },
  { title: 'cache hits/s against squid', must: 2, aim: 3.5, ...higher, measure: times('hits-32', 'requests', 'squid') },
  {
    title: '… against nginx `proxy_cache`',
    must: 1,
    aim: 1.35,
    ...higher,
    measure: times('hits-32', 'requests', 'nginx'),
  },
  {
    title: 'CPU of a cache hit against a request through the relay',
    must: 0.5,
    ...lower,
    measure: times('hits-32', 'cpu', 'relay'),
  },
  { title: 'intercepted keep-alive against mockttp', must: 5, aim: 8, ...higher, measure: notYet },
  { title: '… against mitmdump', must: 12, aim: 24, ...higher, measure: notYet },
  { title: 'intercepted handshakes against mockttp', must: 2.5, aim: 3.75, ...higher, measure: notYet },
  { title: '… against mitmdump', must: 5, aim: 8, ...higher, measure: notYet },
  {
    title: '100 MiB streamed against no proxy',
    must: 0.45,
    aim: 0.6,
    ...higher,
    measure: times('stream-100m', 'bytes', 'direct'),
  },
  { title: '… against squid', must: 2.5, aim: 3.3, ...higher, measure: times('stream-100m', 'bytes', 'squid') },
  { title: 'added p50 at one connection against squid’s', must: 1, aim: 0.75, ...lower, measure: addedLatency },
  {
    title: 'memory growth, 1 GiB body',
    must: 100,
    aim: 64,
    better: 'lower',
    unit: 'MiB',
    measure: memory('largeGrowth'),
  },
  {
    title: 'memory growth, slow reader',
    must: 100,
    aim: 64,
    better: 'lower',
    unit: 'MiB',
    measure: memory('slowGrowth'),
  },
  {
    title: 'memory after 100,000 small flows, all kept',
    must: 250,
    aim: 150,
    better: 'lower',
    unit: 'MiB',
    measure: memory('afterFlows'),
  },
  {
    title: 'memory with 10,000 idle client connections',
    must: 300,
    better: 'lower',
    unit: 'MiB',
    measure: memory('idleConnections'),
  },
  {
    title: 'CPU that capture adds to small requests',
    must: 30,
    aim: 10,
    better: 'lower',
    unit: '%',
    measure: addedByCapture,
  },
  {
    title: 'pooled against new upstream at 20 ms: HTTP',
    must: 1.8,
    aim: 1.95,
    ...higher,
    measure: times('pool-plain-20ms-1', 'requests', 'wirelens-unpooled'),
  },
  {
    title: 'pooled against new upstream at 20 ms: HTTPS',
    must: 2.7,
    aim: 3,
    ...higher,
    measure: times('pool-tls-20ms-1', 'requests', 'wirelens-unpooled'),
  },
];

function reaches(value: number, mark: number, better: Target['better']): boolean {
  return better === 'higher' ? value >= mark : value <= mark;
}

export function judge(target: Target, results: Measured): Verdict {
  const { title, must, aim, unit, better, measure } = target;
  const fixed = { title, must, unit, better, ...(aim === undefined ? {} : { aim }) };
  const measured = measure(results);
  if (measured === undefined) return { ...fixed, met: 'not measured' };
  const { median } = measured;
  if (aim !== undefined && reaches(median, aim, better)) return { ...fixed, measured, met: 'aim' };
  if (reaches(median, must, better)) return { ...fixed, measured, met: 'must' };
  return { ...fixed, measured, met: 'missed', missedBy: Math.abs(median - must) / must };
}
