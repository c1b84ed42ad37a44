// Tests how a run is held against the targets.
import assert from 'node:assert/strict';
import { judge, targets, type Verdict } from '../../bench/targets.ts';
import type { Results } from '../../bench/results.ts';
import { caseResult, contender, results } from './support/results.ts';

const mebibyte = 1024 * 1024;

function verdict(title: string, run: Results): Verdict {
  const target = targets.find((one) => one.title === title);
  assert.ok(target, `no target ${title}`);
  return judge(target, run);
}

function uncached(own: number, squid: number, failure?: string): Results {
  const all = [contender('wirelens', [{ requests: own }], failure), contender('squid', [{ requests: squid }])];
  return results({ cases: [caseResult('uncached-32', all)] });
}

describe('the targets', () => {
  const rate = 'requests/s uncached against squid';

  it('are met by aim, by must, or missed by a share of must', () => {
    assert.equal(verdict(rate, uncached(4000, 1000)).met, 'aim');
    assert.equal(verdict(rate, uncached(2000, 1000)).met, 'must');
    const missed = verdict(rate, uncached(1500, 1000));
    assert.equal(missed.met, 'missed');
    assert.equal(missed.missedBy, 0.25);
  });

  it('are not measured without the case, the peer, or a right answer', () => {
    assert.equal(verdict(rate, results({})).met, 'not measured');
    assert.equal(verdict('… against mockttp', uncached(1, 1)).met, 'not measured');
    assert.equal(verdict(rate, uncached(4000, 1000, 'a wrong body')).met, 'not measured');
  });

  it('take lower CPU for better', () => {
    const run = (cpu: number): Results =>
      results({
        cases: [caseResult('uncached-32', [contender('wirelens', [{ cpu }]), contender('relay', [{ cpu: 40 }])])],
      });
    const title = 'CPU a request against the Node TCP relay';
    assert.equal(verdict(title, run(50)).met, 'aim');
    assert.equal(verdict(title, run(70)).met, 'must');
    assert.equal(verdict(title, run(80)).met, 'missed');
  });

  it('take ratios within rounds, not of medians', () => {
    const own = contender('wirelens', [{ requests: 100 }, { requests: 3000 }, { requests: 900 }]);
    const squid = contender('squid', [{ requests: 50 }, { requests: 1000 }, { requests: 450 }]);
    const run = results({ cases: [caseResult('uncached-32', [own, squid])] });
    assert.deepEqual(verdict(rate, run).measured, { median: 2, least: 2, most: 3 });
  });

  it('compare what is added to the latency of no proxy', () => {
    const p50 = (name: string, value: number) => contender(name, [{ p50: value }]);
    const all = [p50('wirelens', 150), p50('squid', 200), p50('direct', 100)];
    const found = verdict(
      'added p50 at one connection against squid’s',
      results({ cases: [caseResult('uncached-1', all)] }),
    );
    assert.equal(found.measured?.median, 0.5);
    assert.equal(found.met, 'aim');
  });

  it('say by how many per cent capture makes a request dearer', () => {
    const all = [contender('wirelens', [{ cpu: 60 }]), contender('wirelens-off', [{ cpu: 50 }])];
    const found = verdict(
      'CPU that capture adds to small requests',
      results({ cases: [caseResult('uncached-32', all)] }),
    );
    assert.equal(Math.round(found.measured?.median ?? 0), 20);
    assert.equal(found.met, 'must');
  });

  it('read memory in MiB', () => {
    const memory = [{ name: 'wirelens', title: 'ours', afterFlows: 200 * mebibyte, failures: [] }];
    const found = verdict('memory after 100,000 small flows, all kept', results({ memory }));
    assert.equal(found.measured?.median, 200);
    assert.equal(found.met, 'must');
  });
});
