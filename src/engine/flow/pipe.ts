// A client's socket or stream and an upstream's socket joined until both directions have ended: what tunnels and upgraded connections are.
import type { Duplex } from 'node:stream';
import type { ResponseReceiver, UpstreamConnection } from '../upstream/connection.ts';
import { destroySoon } from './byte-end.ts';
import type { PipeObserver } from './pipe-observer.ts';

const nothing = (): void => undefined;

/** A receiver for a connection that carries bytes and no HTTP. */
export function rawReceiver(
  events: Pick<ResponseReceiver, 'bytes' | 'bytesEnd' | 'drained' | 'failed'>,
): ResponseReceiver {
  const none = { interim: nothing, head: nothing, content: nothing, wire: nothing, end: nothing, lenient: nothing };
  return { ...none, pushed: nothing, ...events };
}

/** Joins a client's socket and an upstream connection until both directions have ended. */
export async function pipe(
  client: Duplex,
  connection: UpstreamConnection,
  first: Buffer,
  idle: number,
  observer: PipeObserver,
): Promise<void> {
  const upstream = connection.socket;
  if (client.destroyed || upstream.destroyed) {
    client.destroy();
    connection.close('tunnel-ended');
    return;
  }
  try {
    await new Promise<void>((fulfil, reject) => {
      const receiver = rawReceiver({
        bytes: (chunk) => {
          if (!client.write(chunk)) upstream.pause();
          observer.received(chunk);
        },
        bytesEnd: () => client.end(),
        drained: () => client.resume(),
        failed: reject,
      });
      const forward = (chunk: Buffer): void => {
        connection.touch();
        if (!upstream.write(chunk)) client.pause();
        observer.sent(chunk);
      };
      client.on('data', forward);
      client.on('drain', () => upstream.resume());
      client.on('end', () => upstream.end());
      client.on('error', () => {
        // The client broke off: upstream must not take it for an end.
        connection.reset();
        client.destroy();
      });
      // Both directions may have ended while upstream has not taken the last bytes yet.
      client.once('close', () => (client.readableEnded && client.errored === null ? undefined : fulfil()));
      upstream.once('close', fulfil);
      if (first.length > 0) forward(first);
      connection.becomeRaw(receiver, idle);
      if (client.readableEnded) upstream.end();
      client.resume();
    });
  } finally {
    connection.close('tunnel-ended');
  }
  endInTime(client, idle);
}

/** Ends the client's socket once it has taken its last bytes, or when it takes nothing for too long (ms). */
function endInTime(client: Duplex, limit: number): void {
  if (client.destroyed) return;
  const timer = setTimeout(() => client.destroy(), limit).unref();
  client.once('close', () => clearTimeout(timer));
  destroySoon(client);
}
