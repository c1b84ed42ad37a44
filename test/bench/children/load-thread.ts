// A worker thread of the load generator: says when it is there, takes one job, and answers with what it did.
import { parentPort } from 'node:worker_threads';
import type { LoadJob, LoadResult } from '../load/job.ts';
import { runLoad } from '../load/thread.ts';

function say(value: 'ready' | LoadResult): void {
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- between threads there are no origins
  parentPort?.postMessage(value);
}

parentPort?.once('message', (job: LoadJob) => {
  void runLoad(job).then(say);
});
say('ready');
