// Tests what the short form takes for sane.
import assert from 'node:assert/strict';
import { checkResults } from '../../bench/smoke.ts';
import type { Results } from '../../bench/results.ts';
import { caseResult, contender, results } from './support/results.ts';

function problems(run: Results, cpuKnown = true): string[] {
  return checkResults(run, cpuKnown).flatMap(({ title, problem }) => (problem === undefined ? [] : [title]));
}

function run(...contenders: Parameters<typeof caseResult>[1]): Results {
  return results({ cases: [caseResult('uncached-32', contenders)] });
}

describe('the short form of the benchmark', () => {
  it('passes figures that are figures', () => {
    const all = run(contender('wirelens', [{ cpu: 50 }]), contender('relay', [{ cpu: 40 }]), contender('direct', [{}]));
    assert.deepEqual(problems(all), []);
  });

  it('fails what was wrong, however fast', () => {
    assert.deepEqual(problems(run(contender('wirelens', [{ cpu: 1 }], 'a wrong body'))), [
      'uncached-32, wirelens: right',
    ]);
  });

  it('fails a rate of nothing and missing CPU', () => {
    const found = problems(run(contender('wirelens', [{ requests: 0 }])));
    assert.deepEqual(found, [
      'uncached-32, wirelens: requests/s',
      'uncached-32, wirelens: ratio',
      'uncached-32, wirelens: CPU',
    ]);
  });

  it('asks for no CPU where it cannot be known', () => {
    assert.deepEqual(problems(run(contender('wirelens', [{}])), false), []);
  });

  it('fails memory that could not be measured', () => {
    const memory = [{ name: 'wirelens', title: 'ours', failures: ['only 3 flows were kept'] }];
    assert.deepEqual(problems(results({ memory }), false), ['memory, wirelens: right']);
  });
});
