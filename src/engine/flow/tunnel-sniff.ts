// Waits for the first bytes in a tunnel and tells what they are; TLS is read up to the end of its ClientHello.
import type { Socket } from 'node:net';
import { readClientHello, type ClientHello } from '../intercept/client-hello.ts';
import { opensHttp2, sniff } from '../listen/sniff.ts';
import type { UpstreamConnection } from '../upstream/connection.ts';
import { rawReceiver } from './pipe.ts';

/** What the first bytes turned out to be, with all that was read of them. */
export interface Sniffed {
  /** `silent`: the client waits for its server to speak first (SMTP, SSH). */
  readonly inside: 'http/1' | 'http/2' | 'tls' | 'bytes' | 'nothing' | 'silent';
  readonly first: Buffer;
  /** For `tls`. */
  readonly hello?: ClientHello;
}

interface Surroundings {
  /** Where it is dialled already: as soon as it speaks, there is nothing to wait for. */
  readonly upstream?: { readonly connection: UpstreamConnection; readonly idle: number };
  /** ms after which a client that has sent nothing counts as silent, and after which one that has begun must be understood. */
  readonly patience?: { readonly silence: number; readonly rest: number };
}

const nothing = (): void => undefined;

/** Undefined where more bytes are needed to tell. */
function look(first: Buffer): Sniffed | undefined {
  const spoken = sniff(first);
  if (spoken === 'more') return undefined;
  if (spoken === 'http/1' || spoken === 'http/2') return { inside: spoken, first };
  if (spoken !== 'tls') return { inside: 'bytes', first };
  const reading = readClientHello(first);
  if (reading.kind === 'more') return undefined;
  return reading.kind === 'hello' ? { inside: 'tls', first, hello: reading.hello } : { inside: 'bytes', first };
}

/** Leaves the client paused. Rejects where upstream fails meanwhile. */
export async function sniffTunnel(client: Socket, early: Buffer, surroundings: Surroundings): Promise<Sniffed> {
  const { upstream, patience } = surroundings;
  let first = early;
  let stop = nothing;
  try {
    return await new Promise<Sniffed>((fulfil, reject) => {
      const settle = (sniffed: Sniffed): void => {
        client.pause();
        fulfil(sniffed);
      };
      const judge = (): void => {
        const sniffed = first.length === 0 ? undefined : look(first);
        if (sniffed !== undefined) settle(sniffed);
      };
      const data = (chunk: Buffer): void => {
        first = first.length === 0 ? chunk : Buffer.concat([first, chunk]);
        judge();
      };
      const end = (): void => settle({ inside: first.length === 0 ? 'nothing' : 'bytes', first });
      const late = (): void => {
        if (patience === undefined || first.length === 0) settle({ inside: 'silent', first });
        else if (waited) settle({ inside: 'bytes', first });
        else timer = setTimeout(late, patience.rest);
        waited = true;
      };
      let waited = false;
      let timer = patience === undefined ? undefined : setTimeout(late, patience.silence);
      client.on('data', data).on('end', end).on('close', end).on('error', end);
      stop = () => {
        clearTimeout(timer);
        client.off('data', data).off('end', end).off('close', end).off('error', end);
      };
      if (upstream !== undefined) {
        const { socket } = upstream.connection;
        const spoke = (chunk: Buffer): void => {
          socket.pause();
          socket.unshift(chunk);
          // A server of HTTP/2 does so too, and its client is still to be heard.
          if (!opensHttp2(chunk)) settle({ inside: 'bytes', first });
        };
        const receiver = rawReceiver({ bytes: spoke, bytesEnd: end, drained: nothing, failed: reject });
        upstream.connection.becomeRaw(receiver, upstream.idle);
      }
      client.resume();
      judge();
      if (client.readableEnded) end();
    });
  } finally {
    stop();
  }
}
