// Tests that a fast wrong proxy fails: both ends of a window must have counted the same.
import assert from 'node:assert/strict';
import { cases, type Case } from '../../bench/cases.ts';
import type { LoadResult } from '../../bench/load/job.ts';
import { findFault, generatorOf, loadJob } from '../../bench/window.ts';

function caseOf(name: string): Case {
  const found = cases.find((one) => one.name === name);
  assert.ok(found, `no case ${name}`);
  return found;
}

function load(requests: number, part: Partial<LoadResult> = {}): LoadResult {
  return { requests, bytes: requests * 1024, seconds: 2, errors: 0, p50: 1, p99: 2, ...part };
}

describe('a window of the benchmark', () => {
  const uncached = caseOf('uncached-32');

  it('is right where origin and flows count what the client got', () => {
    assert.equal(findFault(uncached, { load: load(1000), origin: 1000, recorded: 1000 }), undefined);
    assert.equal(findFault(uncached, { load: load(1000), origin: 1032, recorded: 1032 }), undefined);
    assert.equal(findFault(uncached, { load: load(1000), origin: 1010 }), undefined);
  });

  it('is wrong where answers do not come from the origin', () => {
    assert.match(findFault(uncached, { load: load(1000), origin: 999 }) ?? '', /asked 999 times/);
  });

  it('is wrong where the origin is asked more than once for one', () => {
    assert.match(findFault(uncached, { load: load(1000), origin: 1065 }) ?? '', /asked 1065 times/);
  });

  it('is wrong where flows are lost or invented', () => {
    assert.match(findFault(uncached, { load: load(1000), origin: 1000, recorded: 999 }) ?? '', /999 flows/);
    assert.match(findFault(uncached, { load: load(1000), origin: 1000, recorded: 1065 }) ?? '', /1065 flows/);
  });

  it('is wrong where hits reach the origin', () => {
    const hits = caseOf('hits-32');
    assert.equal(findFault(hits, { load: load(1000), origin: 1, recorded: 1000 }), undefined);
    assert.match(findFault(hits, { load: load(1000), origin: 9 }) ?? '', /asked 9 times/);
  });

  it('is wrong with any error and without any response', () => {
    assert.match(
      findFault(uncached, { load: load(1000, { errors: 1, firstError: 'reset' }), origin: 1000 }) ?? '',
      /reset/,
    );
    assert.match(findFault(uncached, { load: load(0), origin: 0 }) ?? '', /not one response/);
  });

  it('counts tunnels as flows where each request has one', () => {
    assert.match(findFault(caseOf('connect-new'), { load: load(100), origin: 100, recorded: 99 }) ?? '', /99 flows/);
    assert.equal(findFault(caseOf('connect-32'), { load: load(100), origin: 100, recorded: 32 }), undefined);
  });

  it('takes wrk for plain small requests only', () => {
    assert.equal(generatorOf(uncached, true), 'wrk');
    assert.equal(generatorOf(uncached, false), 'own');
    assert.equal(generatorOf(caseOf('connect-32'), true), 'own');
    assert.equal(generatorOf(caseOf('stream-100m'), true), 'own');
  });

  it('asks for a tunnel to the origin, and inside it for the path', () => {
    const job = loadJob({ what: caseOf('connect-new'), url: 'http://127.0.0.1:81/1k' }, 1024, 80, 2);
    assert.equal(job.tunnelTo, '127.0.0.1:81');
    assert.match(job.request, /^GET \/1k /);
  });

  it('has names for cases that are all different', () => {
    const names = cases.map(({ name }) => name);
    assert.equal(new Set(names).size, names.length);
  });
});
