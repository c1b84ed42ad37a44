// The load of one thread: opens the connections of a job, lets them work for a while, and adds up.
import { quantile } from '../statistics.ts';
import { LoadClient, newTallies, type Tallies } from './client.ts';
import type { LoadJob, LoadResult } from './job.ts';

/** Resolves when the time is over or the count is reached. */
export async function runLoad(job: LoadJob): Promise<LoadResult> {
  const tallies = newTallies();
  const { promise: counted, resolve: done } = Promise.withResolvers<void>();
  const count = job.count ?? Number.POSITIVE_INFINITY;
  let begun = Math.min(job.connections, count);
  const onResponse = (client: LoadClient): void => {
    if (tallies.requests + tallies.errors >= count) done();
    if (begun >= count) return;
    begun += 1;
    client.next();
  };
  const clients = Array.from({ length: begun }, () => new LoadClient(job, tallies, onResponse));
  const started = performance.now();
  for (const client of clients) client.open();
  const timer = setTimeout(done, job.seconds * 1000);
  await counted;
  clearTimeout(timer);
  const seconds = (performance.now() - started) / 1000;
  for (const client of clients) client.stop();
  return resultOf(tallies, seconds);
}

/** What the tallies of `seconds` come to. */
function resultOf(tallies: Tallies, seconds: number): LoadResult {
  const { requests, bytes, errors, firstError } = tallies;
  const sorted = tallies.latencies.subarray(0, tallies.latencyCount).sort();
  return {
    requests,
    bytes,
    seconds,
    errors,
    ...(firstError === undefined ? {} : { firstError }),
    p50: quantile(sorted, 0.5) * 1000,
    p99: quantile(sorted, 0.99) * 1000,
  };
}
