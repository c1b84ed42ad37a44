// What a run has found out: plain values, as they go into the JSON file.
import { ratios, spreadOf, type Spread } from './statistics.ts';

/** One window of one contender. */
export interface Sample {
  /** Whole, correct responses a second. */
  readonly requests: number;
  /** Bytes of bodies a second. */
  readonly bytes: number;
  /** Latency in µs. */
  readonly p50: number;
  readonly p99: number;
  /** CPU µs a request of the proxy's whole process tree; where there is no proxy or no /proc, undefined. */
  readonly cpu?: number;
  /** CPU s a second: of the proxy, of the generator, of the origin, and of processes that are not ours. */
  readonly busy?: { readonly proxy: number; readonly load: number; readonly origin: number; readonly others: number };
}

export type Metric = 'requests' | 'bytes' | 'p50' | 'p99' | 'cpu';

export interface ContenderResult {
  readonly name: string;
  readonly title: string;
  /** One for each round; undefined after a failure. */
  readonly samples: (Sample | undefined)[];
  /** Why its figures do not count, where they do not. */
  failure?: string;
  /** Windows that were measured again because other processes took part of the machine. */
  repeats: number;
  /** Windows that stayed disturbed although they were repeated. */
  disturbed: number;
}

export interface CaseResult {
  readonly name: string;
  readonly title: string;
  readonly rate: 'requests' | 'bytes';
  /** Answered from caches. */
  readonly cached: boolean;
  readonly generator: 'wrk' | 'own';
  readonly contenders: ContenderResult[];
  /** Those that were left out, and why. */
  readonly skipped: { readonly name: string; readonly reason: string }[];
}

/** Bytes of memory, of the whole process tree. */
export interface MemoryResult {
  readonly name: string;
  readonly title: string;
  readonly idle?: number;
  /** After `flows` small requests, and how many of them can still be looked at. */
  readonly afterFlows?: number;
  readonly flows?: number;
  readonly kept?: number;
  /** Growth at its highest while one body of `largeBytes` streams, to a reader that is fast and to one that is slow. */
  readonly largeGrowth?: number;
  readonly slowGrowth?: number;
  readonly largeBytes?: number;
  /** With `connections` idle client connections. */
  readonly idleConnections?: number;
  readonly connections?: number;
  readonly failures: readonly string[];
}

export interface Machine {
  readonly cpu: string;
  readonly cores: number;
  readonly memory: number;
  readonly kernel: string;
  readonly node: string;
  readonly pinned: boolean;
}

export interface Results {
  readonly date: string;
  readonly machine: Machine;
  readonly origin: 'nginx' | 'own';
  readonly rounds: number;
  /** Seconds. */
  readonly window: number;
  readonly missing: { readonly name: string; readonly reason: string }[];
  readonly cases: CaseResult[];
  readonly memory: MemoryResult[];
}

function valuesOf(one: ContenderResult, metric: Metric): (number | undefined)[] {
  return one.failure === undefined ? one.samples.map((sample) => sample?.[metric]) : [];
}

/** The values of one metric by round; nothing of a contender that failed or did not take part. */
export function series(
  results: Pick<Results, 'cases'>,
  name: string,
  metric: Metric,
  contender: string,
): (number | undefined)[] {
  const found = results.cases.find((one) => one.name === name)?.contenders.find((one) => one.name === contender);
  return found === undefined ? [] : valuesOf(found, metric);
}

/** A contender's metric as a multiple of another's, from ratios within rounds. */
export function ratioOf(
  results: Pick<Results, 'cases'>,
  name: string,
  metric: Metric,
  [of, to]: readonly [string, string],
): Spread | undefined {
  return spreadOf(ratios(series(results, name, metric, of), series(results, name, metric, to)));
}

/** The spread of a contender's metric. */
export function metricOf(one: ContenderResult, metric: Metric): Spread | undefined {
  return spreadOf(valuesOf(one, metric).filter((value) => value !== undefined && Number.isFinite(value)) as number[]);
}
