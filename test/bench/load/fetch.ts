// Fetches one body and hashes it: the proof that what was measured was also right.
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { loadHost } from './job.ts';
import { ResponseReader } from './response-reader.ts';

interface Question {
  readonly port: number;
  readonly request: string;
  readonly tunnelTo?: string;
  /** Only hashed, not kept, where it is large. */
  readonly keep?: boolean;
}

export interface Fetched {
  readonly status: number;
  readonly bytes: number;
  /** SHA-256, hexadecimal. */
  readonly hash: string;
  /** Empty where it was not kept. */
  readonly body: Buffer;
}

/** ms after which a proxy that says nothing counts as broken. */
const patience = 60_000;

async function openTunnel(socket: Socket, tunnelTo: string): Promise<void> {
  socket.write(`CONNECT ${tunnelTo} HTTP/1.1\r\nHost: ${tunnelTo}\r\n\r\n`);
  const [answer] = (await once(socket, 'data')) as [Buffer];
  if (!/^HTTP\/1\.[01] 200/.test(answer.toString('latin1'))) {
    throw new Error(`CONNECT was answered with ${answer.toString('latin1').slice(0, 60)}`);
  }
}

/** Rejects when the connection fails, ends early, or says nothing for a minute. */
export async function fetchOnce({ port, request, tunnelTo, keep = true }: Question): Promise<Fetched> {
  const socket = connect({ port, host: loadHost, noDelay: true });
  socket.setTimeout(patience, () => socket.destroy(new Error('it said nothing for a minute')));
  const hash = createHash('sha256');
  const kept: Buffer[] = [];
  let bytes = 0;
  try {
    await once(socket, 'connect');
    if (tunnelTo !== undefined) await openTunnel(socket, tunnelTo);
    const status = await new Promise<number>((resolve, reject) => {
      const reader = new ResponseReader({
        body: (piece) => {
          bytes += piece.length;
          hash.update(piece);
          if (keep) kept.push(Buffer.from(piece));
        },
        end: resolve,
      });
      socket.on('error', reject);
      socket.on('data', (piece: Buffer) => {
        try {
          reader.push(piece);
        } catch (error) {
          reject(error instanceof Error ? error : new Error(String(error)));
        }
      });
      socket.on('end', () => {
        reader.close();
        reject(new Error('the connection ended too early'));
      });
      socket.write(request);
    });
    return { status, bytes, hash: hash.digest('hex'), body: Buffer.concat(kept) };
  } finally {
    socket.destroy();
  }
}
