// Makes results as a run would give them, for the tests of what is read from results.
import type { CaseResult, ContenderResult, Results, Sample } from '../../../bench/results.ts';

function sample(part: Partial<Sample>): Sample {
  return { requests: 1000, bytes: 1_024_000, p50: 100, p99: 200, ...part };
}

export function contender(name: string, samples: readonly Partial<Sample>[], failure?: string): ContenderResult {
  return {
    name,
    title: name,
    samples: samples.map(sample),
    repeats: 0,
    disturbed: 0,
    ...(failure === undefined ? {} : { failure }),
  };
}

export function caseResult(name: string, contenders: ContenderResult[], part: Partial<CaseResult> = {}): CaseResult {
  return { name, title: name, rate: 'requests', cached: false, generator: 'wrk', skipped: [], contenders, ...part };
}

export function results(part: Partial<Results>): Results {
  return {
    date: '2026-11-22T10:00:00.000Z',
    machine: { cpu: 'Some CPU', cores: 2, memory: 2 ** 33, kernel: 'Linux 6', node: '24.0.0', pinned: true },
    origin: 'nginx',
    rounds: 5,
    window: 2,
    missing: [],
    cases: [],
    memory: [],
    ...part,
  };
}
