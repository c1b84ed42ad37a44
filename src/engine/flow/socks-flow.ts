// A SOCKS client: its greeting is answered, then its request goes the way of a CONNECT and is a flow like one.
import type { Socket } from 'node:net';
import { ProxyError } from '../../contract/errors.ts';
import { Fields } from '../../http/fields.ts';
import { formatAuthority } from '../../http/target.ts';
import { Exchange, type ClientSide } from '../listen/exchange.ts';
import { Http1Responder } from '../listen/http1-responder.ts';
import { socksFailed, socksGranted, SocksParser, type SocksFailure, type SocksRequest } from '../listen/socks.ts';
import { Outlet } from '../outlet.ts';
import { LiveFlow, type FlowParts } from './live-flow.ts';
import { toProxyError } from './refusal.ts';
import type { AcceptedClient } from './secure-flow.ts';
import { runTunnel } from './tunnel.ts';
import { recordUnread } from './unread.ts';

type Greeting =
  | { readonly kind: 'request'; readonly request: SocksRequest; readonly bytes: Buffer }
  | { readonly kind: 'refused'; readonly rule: string; readonly bytes: Buffer }
  | { readonly kind: 'left' };

/** Reads until the request is whole, answering what has to be answered; leaves the socket paused. */
async function greet(socket: Socket, first: Buffer, limit: number): Promise<Greeting> {
  const parser = new SocksParser();
  const pieces: Buffer[] = [];
  return await new Promise<Greeting>((fulfil) => {
    const timer = setTimeout(() => socket.destroy(), limit);
    const settle = (greeting: Greeting): void => {
      clearTimeout(timer);
      socket.pause();
      socket.off('data', data).off('end', left).off('close', left);
      fulfil(greeting);
    };
    const left = (): void => settle({ kind: 'left' });
    const data = (chunk: Buffer): void => {
      pieces.push(chunk);
      let step = parser.push(chunk);
      while (step.kind === 'reply') {
        socket.write(step.reply);
        step = parser.push(Buffer.alloc(0));
      }
      if (step.kind === 'more') return;
      const bytes = Buffer.concat(pieces);
      if (step.kind === 'request') {
        const { request } = step;
        settle({ kind: 'request', request, bytes: bytes.subarray(0, bytes.length - request.rest.length) });
      } else {
        socket.end(step.reply);
        settle({ kind: 'refused', rule: step.rule, bytes });
      }
    };
    socket.on('data', data).on('end', left).on('close', left);
    data(first);
    socket.resume();
  });
}

const FAILURES: Readonly<Partial<Record<ProxyError['code'], SocksFailure>>> = {
  'connection-refused': 'refused',
  'connection-failed': 'unreachable',
  'connect-timeout': 'unreachable',
  'name-not-found': 'name',
  'name-lookup-failed': 'name',
  'own-address': 'not-allowed',
};

/** An exchange that looks like the CONNECT which it stands for. Its responder is never used: SOCKS has replies of its own. */
function exchangeOf(
  client: AcceptedClient,
  target: string,
  bytes: Buffer,
  rest: Buffer,
  { clock }: FlowParts,
): Exchange {
  const { socket } = client;
  const side: ClientSide = {
    id: client.id,
    protocol: 'http/1',
    socket,
    role: client.role,
    source: client.source,
    remoteAddress: client.remoteAddress,
    halfClosed: socket.readableEnded,
    boundOrigins: new Set(),
    tls: undefined,
    get gone() {
      return socket.destroyed;
    },
    abandon: () => socket.destroy(),
    detach: () => rest,
  };
  const responder = new Http1Responder({
    outlet: new Outlet(socket),
    minor: 1,
    head: false,
    persistent: () => false,
    stalled: () => undefined,
    reset: () => socket.destroy(),
  });
  const request = {
    head: { method: 'CONNECT', target, minor: 1 as const, fields: Fields.none },
    framing: { kind: 'none' as const },
    bytes,
    number: 1,
  };
  const started = { wall: clock.wall(), monotonic: clock.monotonic() };
  return new Exchange(side, request, started, responder, { pause: () => undefined, resume: () => undefined });
}

/** Serves a client that spoke SOCKS first, to its end; never rejects. The socket is paused. */
export async function runSocks(client: AcceptedClient, first: Buffer, parts: FlowParts): Promise<void> {
  const { socket } = client;
  socket.on('error', () => socket.destroy());
  const greeting = await greet(socket, first, parts.settings().timeouts.request);
  switch (greeting.kind) {
    case 'request':
      if (client.role.kind === 'forward') await runRequest(client, greeting, parts);
      else refuse(client, 'SOCKS is for proxy ports, and this is none', greeting.bytes, parts);
      return;
    case 'refused':
      refuse(client, greeting.rule, greeting.bytes, parts);
      return;
    case 'left':
      socket.destroy();
  }
}

function refuse(client: AcceptedClient, rule: string, bytes: Buffer, parts: FlowParts): void {
  recordUnread(client, new ProxyError('bad-socks', { rule }), parts, bytes);
  client.socket.destroySoon();
}

async function runRequest(
  client: AcceptedClient,
  { request, bytes }: Extract<Greeting, { kind: 'request' }>,
  parts: FlowParts,
): Promise<void> {
  const { socket } = client;
  const { version, host, port, rest } = request;
  const target = formatAuthority(host, port, undefined);
  const exchange = exchangeOf(client, target, bytes, rest, parts);
  const flow = new LiveFlow(exchange, target, 'tunnel', parts);
  const left = (): void => exchange.cancellation.cancel(new ProxyError('client-left', { seconds: 0 }));
  socket.once('close', left);
  try {
    await flow.enter();
    await runTunnel(flow, { scheme: 'http', host, port }, socksGranted(version));
  } catch (thrown) {
    const error = toProxyError(thrown);
    if (error.code === 'internal') parts.report(error);
    flow.record.fail(error.toRecord());
    // After the tunnel was granted the socket is broken off already, and this goes nowhere.
    socket.write(socksFailed(version, FAILURES[error.code] ?? 'other'));
    socket.destroySoon();
  } finally {
    socket.off('close', left);
    flow.finish();
  }
}
