// Tests the tables that a run ends in.
import assert from 'node:assert/strict';
import { caseTable, figure, markdown, memoryTable, table, targetTable } from '../../../bench/report/markdown.ts';
import { caseResult, contender, results } from '../support/results.ts';

const mebibyte = 1024 * 1024;
const busy = { proxy: 0.98, load: 0.4, origin: 0.3, others: 0 };

describe('the tables of the benchmark', () => {
  it('write figures with the digits that count', () => {
    assert.deepEqual([12_345.6, 123.4, 12.34, 1.234, 0].map(figure), ['12,346', '123', '12.3', '1.23', '0.00']);
    assert.deepEqual([undefined, Number.NaN, Number.POSITIVE_INFINITY].map(figure), ['–', '–', '–']);
  });

  it('are Markdown, whatever is in a cell', () => {
    assert.equal(table(['a', 'b'], [['x|y', '1']]), '| a | b |\n| --- | ---: |\n| x\\|y | 1 |');
  });

  it('show rate, CPU and ratio of each contender', () => {
    const text = caseTable(
      caseResult('uncached-32', [
        contender('wirelens', [
          { requests: 2000, cpu: 50, busy },
          { requests: 4000, cpu: 60, busy },
        ]),
        contender('squid', [
          { requests: 1000, cpu: 200, busy },
          { requests: 1000, cpu: 200, busy },
        ]),
        contender('direct', [{ requests: 6000 }, { requests: 6000 }]),
      ]),
    );
    assert.match(text, /\| wirelens \| 3,000 \(2,000–4,000\) \| 1 \| 55\.0 \| 1 \| 0\.10 \| 98 % \/ 40 % \/ 30 % \|/);
    assert.match(text, /\| squid \| 1,000 \| 3\.00× \(2\.00–4\.00\) \| 200 \| 0\.28× \(0\.25–0\.30\) \|/);
  });

  it('prove that the generator was not the limit', () => {
    const all = [contender('direct', [{ requests: 6000 }]), contender('relay', [{ requests: 4000, busy }])];
    const beside =
      'Beside the fastest proxy (relay, itself 98 % busy) the generator used 40 % of a CPU and the origin 30 %';
    assert.ok(
      caseTable(caseResult('uncached-32', all)).includes(
        `${beside}; without a proxy the same load reaches 1.50× its rate.`,
      ),
    );
    assert.ok(caseTable(caseResult('hits-32', all, { cached: true })).includes(`${beside}.`));
  });

  it('name what failed, what was left out, and what was disturbed', () => {
    const squid = { ...contender('squid', [{}], 'a wrong body'), repeats: 2, disturbed: 1 };
    const text = caseTable(caseResult('hits-32', [squid], { skipped: [{ name: 'nginx', reason: 'not installed' }] }));
    assert.match(text, /\| squid \| failed: a wrong body \| – \|/);
    assert.match(text, /Left out: nginx \(not installed\)\./);
    assert.match(text, /2 windows were repeated because other processes took CPU; 1 stayed disturbed\./);
  });

  it('show streams in MiB a second', () => {
    const one = contender('wirelens', [{ bytes: 500 * mebibyte }]);
    assert.match(caseTable(caseResult('stream', [one], { rate: 'bytes' })), /\| wirelens \| 500 \|/);
  });

  it('show memory in MiB, and what is not known as a dash', () => {
    const one = {
      name: 'wirelens',
      title: 'ours',
      idle: 50 * mebibyte,
      flows: 100_000,
      failures: ['a slow reader: no'],
    };
    const text = memoryTable([one]);
    assert.match(text, /after 100,000 small requests/);
    assert.match(text, /\| ours \| 50\.0 \| – \| – \| – \| – \|/);
    assert.match(text, /Failed: wirelens: a slow reader: no\./);
  });

  it('say by how much a target is missed', () => {
    const all = [contender('wirelens', [{ requests: 1500 }]), contender('squid', [{ requests: 1000 }])];
    const text = targetTable(results({ cases: [caseResult('uncached-32', all)] }));
    assert.match(text, /\| requests\/s uncached against squid \| ≥ 2× \| ≥ 4× \| 1\.50× \| missed by 25 % \|/);
    assert.match(text, /\| intercepted handshakes against mockttp \| ≥ 2\.5× \| ≥ 3\.75× \| – \| not measured \|/);
  });

  it('open with the machine and how it was measured', () => {
    const text = markdown(results({ missing: [{ name: 'whistle', reason: 'not installed' }] }));
    assert.match(text, /^Measured on 2026-11-22: 2 × Some CPU, 8\.00 GiB, Linux 6, Node 24\.0\.0\./);
    assert.match(text, /Medians of 5 alternating rounds of 2 s/);
    assert.match(text, /Not here: whistle: not installed\./);
  });
});
