// CONNECT and upgrades: two sockets joined as a pipe, or plain HTTP inside a tunnel handed back to the ordinary loop.
import { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { ProxyError } from '../../contract/errors.ts';
import { Fields } from '../../http/fields.ts';
import type { ResponseHead } from '../../http/head.ts';
import { opensHttp2, sniff } from '../listen/sniff.ts';
import type { Answer } from '../upstream/answer.ts';
import { UpstreamConnection, type ResponseReceiver } from '../upstream/connection.ts';
import type { UpstreamIdentity } from '../upstream/identity.ts';
import { destroySoon, resetAndDestroy } from './byte-end.ts';
import type { Lease } from '../upstream/pool.ts';
import { OWN_NAME, tunnelDestination } from './destination.ts';
import type { LiveFlow } from './live-flow.ts';
import type { PipeObserver } from './pipe-observer.ts';
import { observeUpgrade } from './websocket.ts';

const nothing = (): void => undefined;

/** A receiver for a connection that carries bytes and no HTTP. */
function rawReceiver(events: Pick<ResponseReceiver, 'bytes' | 'bytesEnd' | 'drained' | 'failed'>): ResponseReceiver {
  const none = { interim: nothing, head: nothing, content: nothing, wire: nothing, end: nothing, lenient: nothing };
  return { ...none, pushed: nothing, ...events };
}

/** Joins a client's socket and an upstream connection until both directions have ended. */
async function pipe(
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

function recordPipe(flow: LiveFlow): PipeObserver {
  return {
    sent: ({ length }) => flow.record.tunnelBytes('request', length),
    received: ({ length }) => flow.record.tunnelBytes('response', length),
  };
}

async function withTunnelSlot(flow: LiveFlow, work: () => Promise<void>): Promise<void> {
  const { tunnels } = flow.parts;
  flow.leave();
  tunnels.open++;
  try {
    await work();
  } catch (error) {
    // What broke must not look to the client as if it had ended, and an answer in words would be taken for its bytes.
    resetAndDestroy(flow.exchange.connection.socket);
    throw error;
  } finally {
    tunnels.open--;
  }
}

/** Passes a 101 on and joins the two sides (RFC 9110 §7.8). */
export async function runUpgrade(flow: LiveFlow, answer: Answer): Promise<void> {
  const { exchange, record, settings } = flow;
  const { connection } = answer;
  if (!(connection instanceof UpstreamConnection))
    throw new ProxyError('internal', { message: 'an upgrade of HTTP/2' });
  record.kind('upgrade');
  record.responseHead(answer.bytes, 101, answer.head.fields.get('content-type'), []);
  exchange.responder.begin(answer.head, { kind: 'none' }, answer.bytes);
  exchange.responder.end(Fields.none);
  record.state('streaming');
  const rest = exchange.connection.detach();
  const { socket } = exchange.connection;
  const { fields } = answer.head;
  const observer = observeUpgrade(flow, { protocol: fields.get('upgrade'), fields }, recordPipe(flow));
  try {
    await withTunnelSlot(flow, () => pipe(socket, connection, rest, settings.timeouts.idle, observer));
  } finally {
    await observer.finish();
  }
}

/** What the first bytes in a tunnel turned out to be, with all that was read of them. */
interface Sniffed {
  readonly inside: 'http/1' | 'http/2' | 'bytes' | 'nothing';
  readonly first: Buffer;
}

/** Waits for the client's first bytes; upstream speaking first (SMTP, SSH) means plain bytes. */
async function sniffTunnel(
  client: Socket,
  connection: UpstreamConnection,
  early: Buffer,
  idle: number,
): Promise<Sniffed> {
  let first = early;
  let listening: (() => void) | undefined;
  try {
    return await new Promise<Sniffed>((fulfil, reject) => {
      const settle = (inside: Sniffed['inside']): void => {
        client.pause();
        fulfil({ inside, first });
      };
      const look = (): void => {
        const verdict = first.length === 0 ? 'more' : sniff(first);
        if (verdict !== 'more') settle(verdict === 'tls' ? 'bytes' : verdict);
      };
      const data = (chunk: Buffer): void => {
        first = Buffer.concat([first, chunk]);
        look();
      };
      const end = (): void => settle(first.length === 0 ? 'nothing' : 'bytes');
      client.on('data', data).on('end', end).on('close', end).on('error', end);
      listening = () => client.off('data', data).off('end', end).off('close', end).off('error', end);
      const spoke = (chunk: Buffer): void => {
        connection.socket.pause();
        connection.socket.unshift(chunk);
        // A server of HTTP/2 does so too, and its client is still to be heard.
        if (!opensHttp2(chunk)) settle('bytes');
      };
      connection.becomeRaw(rawReceiver({ bytes: spoke, bytesEnd: end, drained: nothing, failed: reject }), idle);
      client.resume();
      look();
      if (client.readableEnded) end();
    });
  } finally {
    listening?.();
  }
}

/** A lease for a tunnel is never one of HTTP/2. */
function rawConnection(lease: Lease): UpstreamConnection {
  const { connection } = lease;
  if (connection instanceof UpstreamConnection) return connection;
  throw new ProxyError('internal', { message: 'a tunnel on HTTP/2' });
}

/** CONNECT on a stream of HTTP/2 (RFC 9113 §8.5): its DATA frames are the tunnel, and what is inside is not looked at. */
async function runStreamTunnel(flow: LiveFlow, connection: Lease['connection'] | undefined): Promise<void> {
  const { exchange, record, settings } = flow;
  if (!(connection instanceof UpstreamConnection)) {
    throw new ProxyError('bad-target', { rule: 'a tunnel to the proxy itself on a stream of HTTP/2' });
  }
  const head: ResponseHead = { status: 200, reason: '', minor: 1, fields: Fields.none };
  exchange.responder.begin(head, { kind: 'chunked' });
  exchange.responder.flush();
  record.responseHead(Buffer.from('HTTP/2 200\r\n:status: 200\r\n\r\n', 'latin1'), 200, undefined, []);
  record.state('streaming');
  const rest = exchange.connection.detach();
  const { socket } = exchange.connection;
  await withTunnelSlot(flow, () => pipe(socket, connection, rest, settings.timeouts.idle, recordPipe(flow)));
}

async function openTunnel({ parts, exchange }: LiveFlow, identity: UpstreamIdentity): Promise<Lease> {
  return await parts.pool.lease(parts.routes.identityFor(identity, 'tunnel'), exchange.cancellation, 'tunnel');
}

/** Runs a CONNECT: dials upstream before it says 200, then finds out what is inside. */
export async function runTunnel(flow: LiveFlow): Promise<void> {
  const { exchange, parts, settings, record } = flow;
  const identity = tunnelDestination(exchange.head, exchange.connection.role);
  flow.recordRequest([]);
  if (parts.tunnels.open >= settings.maxTunnels) {
    throw new ProxyError('too-many-tunnels', { tunnels: parts.tunnels.open });
  }
  const own = identity.host === OWN_NAME;
  const lease = own ? undefined : await openTunnel(flow, identity);
  if (lease !== undefined) flow.leased(lease, false);
  if (!(exchange.connection.socket instanceof Socket)) {
    await runStreamTunnel(flow, lease?.connection);
    return;
  }
  const established = Buffer.from('HTTP/1.1 200 Connection Established\r\n\r\n', 'latin1');
  const { socket } = exchange.connection;
  const early = exchange.connection.detach();
  // Whoever has the socket at the moment hears of its close.
  socket.on('error', () => socket.destroy());
  socket.write(established);
  record.responseHead(established, 200, undefined, []);
  record.state('streaming');
  if (lease === undefined) {
    // At our own name nothing but HTTP can be meant.
    parts.acceptInside(exchange, identity, early);
    return;
  }
  const connection = rawConnection(lease);
  const idle = settings.timeouts.idle;
  await withTunnelSlot(flow, async () => {
    const { inside, first } = await sniffTunnel(socket, connection, early, idle);
    if (inside === 'http/1') {
      connection.becomePooled();
      parts.acceptInside(exchange, identity, first);
    } else if (inside === 'http/2') {
      // HTTP/2 is to be spoken with upstream too, on a connection that begins with its preface.
      connection.close('tunnel-ended');
      parts.acceptInside(exchange, identity, first);
    } else if (inside === 'nothing') {
      connection.close('tunnel-ended');
      socket.destroySoon();
    } else {
      await pipe(socket, connection, first, idle, recordPipe(flow));
    }
  });
}
