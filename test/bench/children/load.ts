// The load generator as a process of its own: takes one job from the process that started it, and says what came of it.
import { once } from 'node:events';
import path from 'node:path';
import { Worker } from 'node:worker_threads';
import { LoadClient, newTallies } from '../load/client.ts';
import { combine, type HoldResult, type Job, type JobMessage, type LoadJob, type LoadResult } from '../load/job.ts';

function send(message: JobMessage): void {
  process.send?.(message);
}

/** A thread that waits for its job. */
async function startThread(): Promise<Worker> {
  const worker = new Worker(path.join(__dirname, 'load-thread.ts'));
  await once(worker, 'message');
  return worker;
}

async function inThread(worker: Worker, load: LoadJob): Promise<LoadResult> {
  const answer = once(worker, 'message');
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- between threads there are no origins
  worker.postMessage(load);
  const [result] = (await answer) as [LoadResult];
  return result;
}

/** Shares the connections, and the count where there is one, among threads. */
async function load(job: LoadJob, threads: readonly Worker[]): Promise<LoadResult> {
  const used = Math.max(1, Math.min(threads.length, job.connections));
  const share = (all: number, index: number): number => Math.floor((all + used - 1 - index) / used);
  const parts = threads.slice(0, used).map((thread, index) => ({
    thread,
    ...job,
    connections: share(job.connections, index),
    ...(job.count === undefined ? {} : { count: share(job.count, index) }),
  }));
  return combine(await Promise.all(parts.map(async ({ thread, ...part }) => await inThread(thread, part))));
}

/** As many connections as are asked for, each used for one request; opened in small groups, as people do. */
async function hold(job: LoadJob): Promise<HoldResult> {
  const group = 100;
  const tallies = newTallies();
  for (let begun = 0; begun < job.connections; begun += group) {
    const size = Math.min(group, job.connections - begun);
    await new Promise<void>((resolve) => {
      let left = size;
      const answered = (): void => {
        left -= 1;
        if (left === 0) resolve();
      };
      for (let index = 0; index < size; index += 1) new LoadClient(job, tallies, answered).open();
    });
  }
  return { held: tallies.requests, lost: tallies.errors };
}

/** Reads for a moment every tenth of a second, for as long as the job says. */
async function readSlowly(job: LoadJob): Promise<HoldResult> {
  const tallies = newTallies();
  const client = new LoadClient(job, tallies, () => undefined);
  client.open();
  const ends = performance.now() + job.seconds * 1000;
  while (performance.now() < ends) {
    await new Promise((resolve) => setTimeout(resolve, 2));
    client.pause();
    await new Promise((resolve) => setTimeout(resolve, 100));
    client.resume();
  }
  client.pause();
  return { held: tallies.bytes > 0 ? 1 : 0, lost: tallies.errors };
}

async function run(job: Job, threads: readonly Worker[]): Promise<void> {
  switch (job.kind) {
    case 'load':
      send({ kind: 'result', result: await load(job.load, threads) });
      break;
    case 'hold':
      send({ kind: 'holding', result: await hold(job.load) });
      break;
    case 'read-slowly':
      send({ kind: 'holding', result: await readSlowly(job.load) });
      break;
  }
}

/** Everything stands before the first job comes: what is measured then is load alone. */
async function prepare(): Promise<void> {
  const count = Number(process.argv[2] ?? '0');
  const threads = await Promise.all(Array.from({ length: count }, startThread));
  process.once('message', (job: Job) => {
    run(job, threads).catch((error: unknown) => send({ kind: 'failed', message: String(error) }));
  });
  send({ kind: 'ready' });
}

process.once('disconnect', () => process.exit());
void prepare();
