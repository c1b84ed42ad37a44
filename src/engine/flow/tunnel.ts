// CONNECT, SOCKS and upgrades: two sockets joined as a pipe, or HTTP inside a tunnel handed back to the ordinary loop.
import { Socket } from 'node:net';
import type { ClientTlsRecord, TunnelRecord } from '../../contract/decisions.ts';
import { ProxyError } from '../../contract/errors.ts';
import { Fields } from '../../http/fields.ts';
import type { ResponseHead } from '../../http/head.ts';
import { OFFERED_PROTOCOLS, speaksOurs } from '../intercept/interception.ts';
import { terminate } from '../intercept/terminate.ts';
import type { Answer } from '../upstream/answer.ts';
import { UpstreamConnection } from '../upstream/connection.ts';
import type { UpstreamIdentity } from '../upstream/identity.ts';
import type { Lease } from '../upstream/pool.ts';
import { resetAndDestroy } from './byte-end.ts';
import { OWN_NAME, tunnelDestination } from './destination.ts';
import type { LiveFlow } from './live-flow.ts';
import { pipe } from './pipe.ts';
import type { PipeObserver } from './pipe-observer.ts';
import { sniffTunnel, type Sniffed } from './tunnel-sniff.ts';
import { observeUpgrade } from './websocket.ts';

// How long a client that will be intercepted may wait for its server to speak first, before that is let speak; in ms.
const PATIENCE = 500;

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

const ESTABLISHED = Buffer.from('HTTP/1.1 200 Connection Established\r\n\r\n', 'latin1');

/** Runs a CONNECT (RFC 9110 §9.3.6). */
export async function runConnect(flow: LiveFlow): Promise<void> {
  const { exchange } = flow;
  const identity = tunnelDestination(exchange.head, exchange.connection.role);
  flow.recordRequest([]);
  await runTunnel(flow, identity, ESTABLISHED);
}

/** CONNECT on a stream of HTTP/2 (RFC 9113 §8.5): its DATA frames are the tunnel, and what is inside is not looked at. */
async function runStreamTunnel(flow: LiveFlow, identity: UpstreamIdentity): Promise<void> {
  const { exchange, record, settings } = flow;
  if (identity.host === OWN_NAME) {
    throw new ProxyError('bad-target', { rule: 'a tunnel to the proxy itself on a stream of HTTP/2' });
  }
  record.tunnel({ decision: { kind: 'tunnel', reason: 'stream' } });
  const connection = rawConnection(await dial(flow, identity));
  const head: ResponseHead = { status: 200, reason: '', minor: 1, fields: Fields.none };
  exchange.responder.begin(head, { kind: 'chunked' });
  exchange.responder.flush();
  record.responseHead(Buffer.from('HTTP/2 200\r\n:status: 200\r\n\r\n', 'latin1'), 200, undefined, []);
  record.state('streaming');
  const rest = exchange.connection.detach();
  const { socket } = exchange.connection;
  await withTunnelSlot(flow, () => pipe(socket, connection, rest, settings.timeouts.idle, recordPipe(flow)));
}

/**
 * Runs a tunnel. Where it will be opened to see what is inside, it is granted at once; else upstream is dialled before, so
 * that a failure can still be answered in words.
 * @param granted tells the client that its tunnel is open.
 */
export async function runTunnel(flow: LiveFlow, identity: UpstreamIdentity, granted: Buffer): Promise<void> {
  const { exchange, parts, settings, record } = flow;
  if (parts.tunnels.open >= settings.maxTunnels) {
    throw new ProxyError('too-many-tunnels', { tunnels: parts.tunnels.open });
  }
  const { socket, remoteAddress } = exchange.connection;
  if (!(socket instanceof Socket)) {
    await runStreamTunnel(flow, identity);
    return;
  }
  const { host, port } = identity;
  const own = host === OWN_NAME;
  const decision = own
    ? ({ kind: 'intercept', reason: 'own' } as const)
    : parts.interception.decide({ host, port, client: remoteAddress });
  record.tunnel({ decision });
  const lease = decision.kind === 'intercept' ? undefined : await dial(flow, identity);
  const early = exchange.connection.detach();
  // Whoever has the socket at the moment hears of its close.
  socket.on('error', () => socket.destroy());
  socket.write(granted);
  // What SOCKS says is no head.
  if (granted === ESTABLISHED) record.responseHead(granted, 200, undefined, []);
  record.state('streaming');
  const tunnel: Tunnel = { flow, socket, identity, own, decision };
  await withTunnelSlot(flow, async () => {
    if (lease !== undefined) await passThrough(tunnel, lease, early);
    else await openUp(tunnel, early);
  });
}

interface Tunnel {
  readonly flow: LiveFlow;
  readonly socket: Socket;
  readonly identity: UpstreamIdentity;
  /** It leads to the proxy itself. */
  readonly own: boolean;
  readonly decision: TunnelRecord['decision'];
}

async function dial(flow: LiveFlow, identity: UpstreamIdentity): Promise<Lease> {
  const { pool, routes } = flow.parts;
  const lease = await pool.lease(routes.identityFor(identity, 'tunnel'), flow.exchange.cancellation, 'tunnel');
  flow.leased(lease, false);
  return lease;
}

/** A lease for a tunnel is never one of HTTP/2. */
function rawConnection({ connection }: Lease): UpstreamConnection {
  if (connection instanceof UpstreamConnection) return connection;
  throw new ProxyError('internal', { message: 'a tunnel on HTTP/2' });
}

function recordInside({ flow, decision }: Tunnel, { inside, hello }: Sniffed): void {
  if (inside === 'nothing' || inside === 'silent') return;
  flow.record.tunnel({ decision, inside, ...hello });
}

type Opening = Sniffed & { readonly hello: NonNullable<Sniffed['hello']> };

/** Whether it is TLS that we can end. */
function opens(sniffed: Sniffed): sniffed is Opening {
  return sniffed.inside === 'tls' && sniffed.hello !== undefined && speaksOurs(sniffed.hello.protocols);
}

/** Upstream is dialled. Plain HTTP goes to the ordinary loop, the connection of HTTP/1 to the pool; all else is a pipe. */
async function passThrough(tunnel: Tunnel, lease: Lease, early: Buffer): Promise<void> {
  const { flow, socket, identity } = tunnel;
  const connection = rawConnection(lease);
  const idle = flow.settings.timeouts.idle;
  const sniffed = await sniffTunnel(socket, early, { upstream: { connection, idle } });
  recordInside(tunnel, sniffed);
  if (sniffed.inside === 'http/1') {
    connection.becomePooled();
    handOver(tunnel, { socket, first: sniffed.first, origin: identity });
  } else if (sniffed.inside === 'http/2') {
    // HTTP/2 is to be spoken with upstream too, on a connection that begins with its preface.
    connection.close('tunnel-ended');
    handOver(tunnel, { socket, first: sniffed.first, origin: identity });
  } else if (sniffed.inside === 'nothing') {
    connection.close('tunnel-ended');
    socket.destroySoon();
  } else if (tunnel.decision.kind === 'intercept' && opens(sniffed)) {
    // It was only slow to begin, and upstream did not speak first: what was decided holds.
    connection.close('tunnel-ended');
    await interceptTls(tunnel, sniffed.first, sniffed.hello);
  } else {
    await pipe(socket, connection, sniffed.first, idle, recordPipe(flow));
  }
}

/** Nobody is dialled yet: what is inside decides whether anybody is. */
async function openUp(tunnel: Tunnel, early: Buffer): Promise<void> {
  const { flow, socket, identity, own } = tunnel;
  const { deadlines, clock } = flow.parts;
  const { request, clientIdle } = flow.settings.timeouts;
  // Our own name has no upstream that could speak first: there an idle client is only idle.
  const patience = own ? undefined : { silence: PATIENCE, rest: request };
  const watched = { deadline: clock.monotonic() + clientIdle, expire: () => socket.destroy() };
  deadlines.watch(watched);
  const sniffed = await sniffTunnel(socket, early, patience === undefined ? {} : { patience }).finally(() => {
    deadlines.unwatch(watched);
  });
  recordInside(tunnel, sniffed);
  const { inside, first } = sniffed;
  if (inside === 'nothing') {
    socket.destroySoon();
  } else if (opens(sniffed)) {
    await interceptTls(tunnel, first, sniffed.hello);
  } else if (inside === 'http/1' || inside === 'http/2' || own) {
    // At our own name nothing but HTTP can be meant.
    handOver(tunnel, { socket, first, origin: identity });
  } else {
    await giveUp(tunnel, sniffed);
  }
}

/** It cannot be opened after all, so it becomes an ordinary tunnel. */
async function giveUp(tunnel: Tunnel, sniffed: Sniffed): Promise<void> {
  const { flow, identity } = tunnel;
  const decision: TunnelRecord['decision'] =
    sniffed.inside === 'tls' ? { kind: 'tunnel', reason: 'protocol' } : tunnel.decision;
  recordInside({ ...tunnel, decision }, sniffed);
  const lease = await dial(flow, identity);
  await passThrough({ ...tunnel, decision }, lease, sniffed.first);
}

/** The client's TLS ends with us; what is inside goes to the ordinary loop, and upstream gets a TLS of its own. */
async function interceptTls(tunnel: Tunnel, first: Buffer, hello: NonNullable<Sniffed['hello']>): Promise<void> {
  const { flow, socket, identity } = tunnel;
  const { authority, interception, clock } = flow.parts;
  const host = hello.serverName ?? identity.host;
  const ended = await terminate(socket, first, {
    context: authority.contextFor(host),
    hello,
    protocols: OFFERED_PROTOCOLS,
    clock,
    timeouts: flow.settings.timeouts,
  });
  switch (ended.kind) {
    case 'secured': {
      const { port } = identity;
      // A client that connects to an address asks for its name only here.
      const origin: UpstreamIdentity = {
        scheme: 'https',
        host,
        port,
        ...(host === identity.host ? {} : { address: identity.host }),
      };
      handOver(tunnel, { socket: ended.socket, first: ended.first, origin, tls: ended.tls });
      return;
    }
    case 'rejected':
      interception.rejected({
        host: identity.host,
        port: identity.port,
        client: flow.exchange.connection.remoteAddress,
      });
      throw new ProxyError('certificate-rejected', { host, cause: ended.cause });
    case 'failed':
      throw new ProxyError('client-tls', { cause: ended.cause });
    case 'unused':
      return;
  }
}

interface Inside {
  readonly socket: Socket;
  readonly first: Buffer;
  readonly origin: UpstreamIdentity;
  readonly tls?: ClientTlsRecord;
}

function handOver({ flow }: Tunnel, { socket, first, origin, tls }: Inside): void {
  const { connection } = flow.exchange;
  flow.parts.acceptInside(connection, { socket, first, role: { kind: 'inside-tunnel', origin }, tls });
}
