// Load from wrk, which costs less than any generator in Node: its script, and what it prints at the end.
import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { start } from '../system/child.ts';
import { loadHost, type LoadResult } from './job.ts';

export interface WrkJob {
  readonly port: number;
  /** Sent in absolute form (RFC 9112 §3.2.2), whatever it is sent to. */
  readonly url: string;
  readonly bodyBytes: number;
  readonly connections: number;
  /** Whole seconds: wrk knows no others. */
  readonly seconds: number;
  readonly newConnection: boolean;
}

export function hasWrk(): boolean {
  return spawnSync('wrk', ['-v'], { stdio: 'ignore' }).error === undefined;
}

/** Without a `request` function of its own wrk makes the request once and sends these bytes each time. */
export function wrkScript(url: string, close: boolean): string {
  return `wrk.path = "${url}"
wrk.headers["Host"] = "${new URL(url).host}"
wrk.headers["User-Agent"] = "bench"
wrk.headers["Accept"] = "*/*"
${close ? 'wrk.headers["Connection"] = "close"' : ''}
done = function(summary, latency, requests)
  local errors = summary.errors
  io.write(string.format("result %d %d %d %d %d %d %d %d %d\\n", summary.requests, summary.bytes, summary.duration,
    errors.connect, errors.read, errors.write, errors.status, latency:percentile(50), latency:percentile(99)))
end
`;
}

/** Reads what the script prints. Bytes are those of bodies: wrk counts heads too, so they follow from the requests. */
export function parseWrk(output: string, bodyBytes: number): LoadResult | undefined {
  const numbers = /^result (\d+(?: \d+){8})$/m.exec(output)?.[1]?.split(' ').map(Number);
  if (numbers === undefined) return undefined;
  const at = (index: number): number => numbers[index] ?? 0;
  const requests = at(0);
  const failures = numbers.slice(3, 7);
  const errors = failures.reduce((sum, count) => sum + count, 0);
  const firstError = wrongness(requests * bodyBytes, at(1), failures);
  return {
    requests,
    bytes: requests * bodyBytes,
    seconds: at(2) / 1e6,
    errors: firstError === undefined ? 0 : Math.max(1, errors),
    ...(firstError === undefined ? {} : { firstError }),
    p50: at(7),
    p99: at(8),
  };
}

function wrongness(least: number, bytes: number, failures: readonly number[]): string | undefined {
  const [connect, read, write, status] = failures;
  if (failures.some((count) => count > 0)) {
    return `wrk: ${connect} connect, ${read} read, ${write} write, ${status} status`;
  }
  return bytes < least ? `${bytes} bytes are too few for the responses` : undefined;
}

/** Rejects where wrk fails. `folder` takes the script. */
export async function runWrk(job: WrkJob, folder: string, cpu: number | undefined): Promise<LoadResult> {
  const script = path.join(folder, `wrk-${job.port}.lua`);
  writeFileSync(script, wrkScript(job.url, job.newConnection));
  const options = ['-t', '1', '-c', String(job.connections), '-d', `${Math.ceil(job.seconds)}s`];
  const url = `http://${loadHost}:${job.port}/`;
  const child = await start('wrk', [...options, '--timeout', '30s', '--latency', '-s', script, url], { cpu });
  await new Promise((resolve) => child.process.once('close', resolve));
  const result = parseWrk(child.output, job.bodyBytes);
  if (result === undefined) throw new Error(`wrk said nothing: ${child.output}`);
  return result;
}
