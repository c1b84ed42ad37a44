// TLS to a port of ours: a secure proxy, or a reverse port with TLS; what is inside goes to the ordinary loop.
import type { Socket } from 'node:net';
import { ProxyError } from '../../contract/errors.ts';
import { OFFERED_PROTOCOLS, PROXY_PROTOCOLS } from '../intercept/interception.ts';
import { terminate } from '../intercept/terminate.ts';
import type { ClientSide } from '../listen/exchange.ts';
import type { FlowParts } from './live-flow.ts';
import { toProxyError } from './refusal.ts';
import { sniffTunnel } from './tunnel-sniff.ts';
import { recordUnread } from './unread.ts';

/** What of a client's connection is left when its socket was taken from it. */
export type AcceptedClient = Pick<ClientSide, 'id' | 'role' | 'source' | 'remoteAddress'> & { readonly socket: Socket };

/** Serves a client whose first bytes were TLS; never rejects. The socket is paused. */
export async function runSecure(client: AcceptedClient, first: Buffer, parts: FlowParts): Promise<void> {
  const { socket } = client;
  socket.on('error', () => socket.destroy());
  try {
    await secure(client, first, parts);
  } catch (thrown) {
    socket.destroy();
    const error = toProxyError(thrown);
    if (error.code === 'internal') parts.report(error);
    recordUnread(client, error, parts);
  }
}

async function secure(client: AcceptedClient, first: Buffer, parts: FlowParts): Promise<void> {
  const { socket, role } = client;
  const { timeouts } = parts.settings();
  const {
    inside,
    hello,
    first: all,
  } = await sniffTunnel(socket, first, {
    patience: { silence: timeouts.request, rest: timeouts.request },
  });
  if (inside !== 'tls' || hello === undefined) throw new ProxyError('client-tls', { cause: 'no whole ClientHello' });
  // Whoever came without a name used the address.
  const host = hello.serverName ?? (socket.localAddress ?? '127.0.0.1').replace(/^::ffff:(?=\d+\.)/, '');
  const ended = await terminate(socket, all, {
    context: parts.authority.contextFor(host),
    hello,
    protocols: role.kind === 'forward' ? PROXY_PROTOCOLS : OFFERED_PROTOCOLS,
    clock: parts.clock,
    timeouts,
  });
  switch (ended.kind) {
    case 'secured':
      parts.acceptInside(client, { socket: ended.socket, first: ended.first, role, tls: ended.tls });
      return;
    case 'rejected':
      throw new ProxyError('certificate-rejected', { host, cause: ended.cause });
    case 'failed':
      throw new ProxyError('client-tls', { cause: ended.cause });
    case 'unused':
      return;
  }
}
