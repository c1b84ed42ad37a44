// An HTTP(S) proxy and a SOCKS5 server to stand between Wirelens and its upstream: small, real sockets, told what they did.
import { createServer as createHttpServer, request, type IncomingMessage, type ServerResponse } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import type { Certificate } from './certificates.ts';

/** Names that only the proxy can resolve, to ports of this machine. */
type Names = Readonly<Record<string, number>>;

export interface UpstreamProxyOptions {
  readonly names?: Names;
  /** As `user:password`. */
  readonly credentials?: string;
  /** Makes the HTTP proxy an HTTPS one. */
  readonly certificate?: Certificate;
  /** Answers every CONNECT with this status line instead of opening a tunnel. */
  readonly refuses?: string;
}

abstract class Middle {
  readonly #sockets = new Set<Socket>();
  /** What it was asked for, in order. */
  readonly asked: string[] = [];
  port = 0;
  protected abstract readonly server: Server;

  protected async listen(): Promise<void> {
    this.server.on('connection', (socket: Socket) => this.track(socket));
    await new Promise<void>((fulfil) => this.server.listen(0, '127.0.0.1', fulfil));
    this.port = (this.server.address() as AddressInfo).port;
  }

  protected track(socket: Socket): void {
    this.#sockets.add(socket);
    socket.once('close', () => this.#sockets.delete(socket));
    socket.on('error', () => socket.destroy());
  }

  protected join(client: Socket, port: number, ready: (upstream: Socket) => void): void {
    const upstream = connect({ port, host: '127.0.0.1', allowHalfOpen: true });
    this.track(upstream);
    upstream.once('connect', () => {
      ready(upstream);
      upstream.pipe(client).pipe(upstream);
    });
    upstream.once('close', () => client.destroySoon());
    client.once('close', () => upstream.destroy());
  }

  async close(): Promise<void> {
    const closed = new Promise<void>((fulfil) => this.server.close(() => fulfil()));
    for (const socket of this.#sockets) socket.destroy();
    await closed;
  }
}

function portOf(names: Names, host: string, port: string): number {
  return names[host] ?? Number(port);
}

export class HttpUpstreamProxy extends Middle {
  protected readonly server;
  readonly #options: UpstreamProxyOptions;

  private constructor(options: UpstreamProxyOptions) {
    super();
    this.#options = options;
    const forward = (incoming: IncomingMessage, outgoing: ServerResponse): void => this.#forward(incoming, outgoing);
    this.server =
      options.certificate === undefined ? createHttpServer(forward) : createHttpsServer(options.certificate, forward);
    this.server.on('connect', (incoming: IncomingMessage, client: Socket, first: Buffer) => {
      this.#connect(incoming, client, first);
    });
  }

  static async start(options: UpstreamProxyOptions = {}): Promise<HttpUpstreamProxy> {
    const proxy = new HttpUpstreamProxy(options);
    await proxy.listen();
    return proxy;
  }

  get url(): string {
    const { certificate } = this.#options;
    return certificate === undefined ? `http://127.0.0.1:${this.port}` : `https://localhost:${this.port}`;
  }

  #knows(incoming: IncomingMessage): boolean {
    const { credentials } = this.#options;
    if (credentials === undefined) return true;
    return incoming.headers['proxy-authorization'] === `Basic ${Buffer.from(credentials).toString('base64')}`;
  }

  #forward(incoming: IncomingMessage, outgoing: ServerResponse): void {
    this.asked.push(`${incoming.method} ${incoming.url}`);
    if (!this.#knows(incoming)) {
      outgoing.writeHead(407, { 'Proxy-Authenticate': 'Basic realm="test"' }).end();
      return;
    }
    const url = new URL(incoming.url ?? '');
    const { 'proxy-authorization': _own, ...headers } = incoming.headers;
    const port = portOf(this.#options.names ?? {}, url.hostname, url.port);
    const upstream = request({
      host: '127.0.0.1',
      port,
      path: url.pathname,
      method: incoming.method,
      headers,
      agent: false,
    });
    upstream.once('response', (answer) => {
      const { connection: _hop, ...fields } = answer.headers;
      outgoing.writeHead(answer.statusCode ?? 500, fields);
      answer.pipe(outgoing);
    });
    upstream.once('error', () => outgoing.writeHead(502).end());
    incoming.pipe(upstream);
  }

  #connect(incoming: IncomingMessage, client: Socket, first: Buffer): void {
    this.asked.push(`CONNECT ${incoming.url}`);
    this.track(client);
    const { names = {}, refuses } = this.#options;
    if (!this.#knows(incoming)) {
      client.end('HTTP/1.1 407 Proxy Authentication Required\r\nProxy-Authenticate: Basic realm="test"\r\n\r\n');
      return;
    }
    if (refuses !== undefined) {
      client.end(`HTTP/1.1 ${refuses}\r\nContent-Length: 4\r\n\r\nno!\n`);
      return;
    }
    const [, host = '', port = ''] = /^\[?([^\]]*?)\]?:(\d+)$/.exec(incoming.url ?? '') ?? [];
    this.join(client, portOf(names, host, port), (upstream) => {
      client.write('HTTP/1.1 200 Connection established\r\nVia: test\r\n\r\n');
      if (first.length > 0) upstream.write(first);
    });
  }
}

interface Piece {
  readonly bytes: Buffer;
}

/** Reads so many bytes of a paused socket. */
async function take(socket: Socket, count: number): Promise<Buffer> {
  for (;;) {
    const bytes = socket.read(count) as Piece['bytes'] | null;
    if (bytes !== null) return bytes;
    await new Promise<void>((fulfil, reject) => {
      socket.once('readable', fulfil);
      socket.once('close', () => reject(new Error('closed')));
    });
  }
}

const ADDRESS_LENGTH: Readonly<Record<number, number>> = { 1: 4, 4: 16 };

export class SocksUpstreamProxy extends Middle {
  protected readonly server: Server;
  readonly #options: UpstreamProxyOptions;

  private constructor(options: UpstreamProxyOptions) {
    super();
    this.#options = options;
    this.server = createServer({ allowHalfOpen: true }, (socket) => {
      this.#serve(socket).catch(() => socket.destroy());
    });
  }

  static async start(options: UpstreamProxyOptions = {}): Promise<SocksUpstreamProxy> {
    const proxy = new SocksUpstreamProxy(options);
    await proxy.listen();
    return proxy;
  }

  get url(): string {
    return `socks5://127.0.0.1:${this.port}`;
  }

  /** RFC 1929. */
  async #authenticate(socket: Socket, credentials: string): Promise<boolean> {
    socket.write(Buffer.from([5, 2]));
    const [, nameLength = 0] = await take(socket, 2);
    const name = (await take(socket, nameLength)).toString();
    const [secretLength = 0] = await take(socket, 1);
    const known = `${name}:${(await take(socket, secretLength)).toString()}` === credentials;
    socket.write(Buffer.from([1, known ? 0 : 1]));
    return known;
  }

  /** RFC 1928 §3. */
  async #admit(socket: Socket): Promise<boolean> {
    const { credentials } = this.#options;
    const [, count = 0] = await take(socket, 2);
    const methods = await take(socket, count);
    if (credentials === undefined) return socket.write(Buffer.from([5, 0]));
    if (methods.includes(2)) return await this.#authenticate(socket, credentials);
    socket.write(Buffer.from([5, 0xff]));
    return false;
  }

  async #serve(socket: Socket): Promise<void> {
    const { names = {}, refuses } = this.#options;
    if (!(await this.#admit(socket))) return void socket.end();
    const [, , , type = 0] = await take(socket, 4);
    const length = type === 3 ? ((await take(socket, 1))[0] ?? 0) : (ADDRESS_LENGTH[type] ?? 0);
    const address = await take(socket, length);
    const host = type === 3 ? address.toString() : [...address].join('.');
    const port = (await take(socket, 2)).readUInt16BE();
    this.asked.push(`${type === 3 ? 'name' : 'address'} ${host}:${port}`);
    if (refuses !== undefined) return void socket.end(Buffer.from([5, Number(refuses), 0, 1, 0, 0, 0, 0, 0, 0]));
    this.join(socket, portOf(names, host, String(port)), () =>
      socket.write(Buffer.from([5, 0, 0, 1, 127, 0, 0, 1, 0, 80])),
    );
  }
}
