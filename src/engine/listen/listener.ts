// One port: accepts clients, keeps track of their connections, and ends them in order.
import { createServer, Socket, type AddressInfo, type Server } from 'node:net';
import type { Duplex } from 'node:stream';
import type { Disposable } from '../../base/disposable.ts';
import type { ListenResult } from '../../contract/engine.ts';
import type { UpstreamIdentity } from '../upstream/identity.ts';
import { ClientConnection, type ClientParts, type ListenedConnection } from './client-connection.ts';
import { Http2ClientConnection } from './http2-connection.ts';
import { leadsTo } from './own-addresses.ts';
import type { ConnectionRole } from './role.ts';

const BACKLOG = 4096;

type Failure = Extract<ListenResult, { kind: 'failed' }>['reason'];

const FAILURES: Readonly<Record<string, Failure>> = {
  EADDRINUSE: 'port-in-use',
  EACCES: 'port-not-allowed',
  EADDRNOTAVAIL: 'address-not-available',
  ENOTFOUND: 'address-not-available',
};

export class Listener implements Disposable {
  readonly #parts: ClientParts;
  readonly #sockets = new Set<Socket>();
  readonly #connections = new Set<ListenedConnection>();
  #server: Server | undefined;
  #role: ConnectionRole = { kind: 'forward' };
  #nextId = 1;
  /** Called when the last client has gone, for who waits for that. */
  #emptied: (() => void) | undefined;

  /** @param parts what connections run on. */
  constructor(parts: Omit<ClientParts, 'becomesHttp2'>) {
    this.#parts = {
      ...parts,
      closed: (connection) => {
        this.#connections.delete(connection);
        parts.closed(connection);
      },
      becomesHttp2: ({ id, socket, role }, first) => this.acceptHttp2({ id, socket }, role, first),
    };
  }

  /** Where it listens, undefined while it does not. */
  get address(): { readonly host: string; readonly port: number } | undefined {
    const address = this.#server?.address() as AddressInfo | null | undefined;
    return address === null || address === undefined ? undefined : { host: address.address, port: address.port };
  }

  /** Clients that are connected now. */
  get size(): number {
    return this.#sockets.size;
  }

  /** Takes an address; port 0 takes a free one. */
  async listen(host: string, port: number, role: ConnectionRole): Promise<ListenResult> {
    const server = createServer({ noDelay: true, allowHalfOpen: true }, (socket) => this.#accept(socket, this.#role));
    const failure = await new Promise<NodeJS.ErrnoException | undefined>((fulfil) => {
      server.once('error', fulfil);
      server.listen({ host, port, backlog: BACKLOG }, () => fulfil(undefined));
    });
    if (failure !== undefined) {
      const reason = FAILURES[failure.code ?? ''] ?? 'other';
      return { kind: 'failed', reason, message: failure.message };
    }
    server.on('error', () => undefined);
    this.#server = server;
    this.#role = role;
    const { address, port: bound } = server.address() as AddressInfo;
    return { kind: 'listening', host: address, port: bound };
  }

  /** Takes another address; where that fails the old one goes on serving. Connections stay as they are. */
  async move(host: string, port: number, role: ConnectionRole): Promise<ListenResult> {
    const before = this.#server;
    const { address, role: oldRole } = { address: this.address, role: this.#role };
    // On the same port the old address would be in the way of the new one.
    const inTheWay = address !== undefined && address.port === port;
    if (inTheWay) before?.close();
    const result = await this.listen(host, port, role);
    if (result.kind === 'listening' && !inTheWay) before?.close();
    if (result.kind === 'failed' && inTheWay) await this.listen(address.host, address.port, oldRole);
    return result;
  }

  /** Whether a connection to this address would reach us. */
  isOwn(address: string, port: number): boolean {
    const own = this.address;
    return own !== undefined && leadsTo({ address: own.host, port: own.port }, address, port);
  }

  /** Makes a connection of a socket that carries plain HTTP inside a tunnel. */
  acceptInside(outer: { readonly id: number; readonly socket: Duplex }, origin: UpstreamIdentity, first: Buffer): void {
    if (!(outer.socket instanceof Socket)) throw new TypeError('HTTP inside a tunnel needs a socket');
    const connection = new ClientConnection(outer.id, outer.socket, { kind: 'inside-tunnel', origin }, this.#parts);
    this.#connections.add(connection);
    connection.feed(first);
    if (this.#connections.has(connection)) outer.socket.resume();
  }

  /** Makes an HTTP/2 connection of a socket that nobody reads; `first` is what was read of it from the preface on. */
  acceptHttp2(outer: { readonly id: number; readonly socket: Socket }, role: ConnectionRole, first: Buffer): void {
    this.#connections.add(new Http2ClientConnection(outer.id, outer.socket, role, this.#parts, first));
  }

  /** Ends the connections that carry no exchange at the moment. */
  closeIdleOnly(): void {
    for (const connection of [...this.#connections]) if (connection.idle) connection.closeAfterExchange();
  }

  /** Ends the connections that carry no exchange; the others end after theirs. */
  closeIdle(): void {
    for (const connection of [...this.#connections]) connection.closeAfterExchange();
  }

  /** Takes no more clients, gives those under way `grace` ms to end, then ends them. */
  async close(grace: number): Promise<void> {
    const server = this.#server;
    this.#server = undefined;
    if (server === undefined) return;
    server.close();
    this.closeIdle();
    // Not the server's own close: connections that came in at an address before count too.
    const closed = new Promise<void>((fulfil) => {
      this.#emptied = fulfil;
    });
    if (this.#sockets.size === 0) return;
    const timer = setTimeout(() => this.#destroyAll(), grace);
    await closed;
    clearTimeout(timer);
  }

  dispose(): void {
    this.#server?.close();
    this.#server = undefined;
    this.#destroyAll();
  }

  #accept(socket: Socket, role: ConnectionRole): void {
    this.#sockets.add(socket);
    socket.once('close', () => {
      this.#sockets.delete(socket);
      if (this.#sockets.size === 0) this.#emptied?.();
    });
    this.#connections.add(new ClientConnection(this.#nextId++, socket, role, this.#parts));
  }

  #destroyAll(): void {
    for (const connection of [...this.#connections]) connection.destroy();
    // Tunnels have their sockets to themselves.
    for (const socket of this.#sockets) socket.destroy();
  }
}
