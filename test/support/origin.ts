// Servers to stand behind the proxy: raw ones that a test speaks for word by word, and node:http ones.
import {
  createServer as createHttpServer,
  type IncomingMessage,
  type RequestListener,
  type Server as HttpServer,
} from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { createServer as createTlsServer, type TlsOptions } from 'node:tls';
import type { Certificate } from './certificates.ts';
import { Conversation } from './conversation.ts';

export interface OriginOptions {
  readonly host?: string;
  readonly port?: number;
  /** Makes it a TLS server. */
  readonly certificate?: Certificate & TlsOptions;
}

async function listen(server: Server | HttpServer, options: OriginOptions): Promise<number> {
  await new Promise<void>((fulfil, reject) => {
    server.once('error', reject);
    server.listen(options.port ?? 0, options.host ?? '127.0.0.1', fulfil);
  });
  return (server.address() as AddressInfo).port;
}

/** What all origins share: an address, their sockets, and an end. */
abstract class Origin {
  readonly #sockets = new Set<Socket>();
  readonly #scheme: string;
  port = 0;
  /** Connections that were accepted so far. */
  accepted = 0;
  /** As it stands in URLs and Host. */
  host: string;
  protected abstract readonly server: Server | HttpServer;

  constructor(options: OriginOptions) {
    this.#scheme = options.certificate === undefined ? 'http' : 'https';
    const host = options.host ?? '127.0.0.1';
    this.host = host.includes(':') ? `[${host}]` : host;
  }

  get authority(): string {
    return `${this.host}:${this.port}`;
  }

  /** Connections that are open now. */
  get open(): number {
    return this.#sockets.size;
  }

  url(path = '/'): string {
    return `${this.#scheme}://${this.authority}${path}`;
  }

  /** Takes no more connections and breaks those that are open. */
  async close(): Promise<void> {
    const closed = new Promise<void>((fulfil) => this.server.close(() => fulfil()));
    for (const socket of this.#sockets) socket.destroy();
    await closed;
  }

  protected track(socket: Socket): void {
    this.accepted += 1;
    this.#sockets.add(socket);
    socket.once('close', () => this.#sockets.delete(socket));
    socket.on('error', () => undefined);
  }
}

/** A server whose every byte the test says; `accept` yields its connections in order. */
export class ScriptedOrigin extends Origin {
  protected readonly server: Server;
  readonly #waiting: Conversation[] = [];
  #taker: ((conversation: Conversation) => void) | undefined;

  private constructor(options: OriginOptions) {
    super(options);
    const talk = (socket: Socket): void => this.#talk(new Conversation(socket));
    if (options.certificate === undefined) {
      this.server = createServer({ allowHalfOpen: true, noDelay: true }, (socket) => {
        this.track(socket);
        talk(socket);
      });
    } else {
      this.server = createTlsServer({ ...options.certificate, allowHalfOpen: true }, talk);
      this.server.on('connection', (socket: Socket) => this.track(socket));
      this.server.on('tlsClientError', () => undefined);
    }
  }

  static async start(options: OriginOptions = {}): Promise<ScriptedOrigin> {
    const origin = new ScriptedOrigin(options);
    origin.port = await listen(origin.server, options);
    return origin;
  }

  /** The next connection. */
  async accept(): Promise<Conversation> {
    const waiting = this.#waiting.shift();
    if (waiting !== undefined) return waiting;
    return await new Promise((fulfil) => (this.#taker = fulfil));
  }

  #talk(conversation: Conversation): void {
    const taker = this.#taker;
    this.#taker = undefined;
    if (taker === undefined) this.#waiting.push(conversation);
    else taker(conversation);
  }
}

/** A node:http or node:https server. */
export class HttpOrigin extends Origin {
  protected readonly server: HttpServer;
  /** Request lines in the order of arrival, as `GET /path`. */
  readonly requests: string[] = [];

  private constructor(options: OriginOptions, handler: RequestListener) {
    super(options);
    const listener: RequestListener = (request, response) => {
      this.requests.push(`${request.method} ${request.url}`);
      handler(request, response);
    };
    this.server =
      options.certificate === undefined
        ? createHttpServer(listener)
        : createHttpsServer({ ...options.certificate }, listener);
    this.server.on('connection', (socket: Socket) => this.track(socket));
    this.server.on('tlsClientError', () => undefined);
  }

  /** Takes requests to upgrade; without it they are ordinary ones. */
  onUpgrade(listener: (request: IncomingMessage, socket: Duplex, head: Buffer) => void): void {
    this.server.on('upgrade', listener);
  }

  static async start(handler: RequestListener, options: OriginOptions = {}): Promise<HttpOrigin> {
    const origin = new HttpOrigin(options, handler);
    origin.port = await listen(origin.server, options);
    return origin;
  }
}
