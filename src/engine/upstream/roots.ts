// The certificates of the authorities that this machine trusts: Node's own, and the system's, read by a thread of its own.
import * as tls from 'node:tls';
import { Worker } from 'node:worker_threads';

// The thread needs no file of the bundle. The default list is not asked for there: a process may have set its own.
const SYSTEM = `require('node:worker_threads').parentPort.postMessage(require('node:tls').getCACertificates('system'));`;

let reading: Promise<readonly string[]> | undefined;

async function readSystemRoots(): Promise<readonly string[]> {
  return await new Promise<readonly string[]>((fulfil) => {
    const worker = new Worker(SYSTEM, { eval: true });
    let roots: readonly string[] = [];
    worker.once('message', (found: readonly string[]) => (roots = found));
    // A store that cannot be read adds nothing: what it would have vouched for is refused, and shown.
    worker.once('error', () => fulfil([]));
    worker.once('exit', () => fulfil(roots));
  });
}

/** In PEM, each once. Where this Node cannot tell (before 22.15), those that it was built with. */
export async function knownRoots(): Promise<readonly string[]> {
  if (typeof tls.getCACertificates !== 'function') return tls.rootCertificates;
  // Some hundred certificates, which take 30 ms and more: too long for the thread that carries the traffic.
  reading ??= readSystemRoots();
  const system = await reading;
  return [...new Set([...tls.getCACertificates('default'), ...system])];
}
