// Tests the requests that the generator sends, and how it adds up threads.
import assert from 'node:assert/strict';
import { combine, requestFor, type LoadResult } from '../../../bench/load/job.ts';

function result(part: Partial<LoadResult>): LoadResult {
  return { requests: 0, bytes: 0, seconds: 1, errors: 0, p50: Number.NaN, p99: Number.NaN, ...part };
}

describe('a load job', () => {
  it('asks a proxy with the whole URL and an origin with the path', () => {
    const url = 'http://127.0.0.1:81/1k';
    assert.match(
      requestFor(url, 'absolute', false),
      /^GET http:\/\/127\.0\.0\.1:81\/1k HTTP\/1\.1\r\nHost: 127\.0\.0\.1:81\r\n/,
    );
    assert.match(requestFor(url, 'origin', true), /^GET \/1k HTTP\/1\.1\r\n[^]*\r\nConnection: close\r\n\r\n$/);
  });

  it('adds up threads and weighs their latencies by requests', () => {
    const all = combine([
      result({ requests: 30, bytes: 300, seconds: 2, p50: 10, p99: 20 }),
      result({ requests: 10, bytes: 100, seconds: 3, errors: 2, firstError: 'reset', p50: 50, p99: 60 }),
      result({}),
    ]);
    assert.deepEqual(all, { requests: 40, bytes: 400, seconds: 3, errors: 2, firstError: 'reset', p50: 20, p99: 30 });
  });
});
