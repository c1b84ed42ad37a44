// HTTP/2 in tests: servers and clients of node:http2, and one exchange of theirs as a value.
import {
  connect,
  createSecureServer,
  createServer,
  type ClientHttp2Session,
  type Http2SecureServer,
  type Http2Server,
  type OutgoingHttpHeaders,
  type ServerHttp2Session,
  type ServerHttp2Stream,
  type Settings,
} from 'node:http2';
import type { AddressInfo, Socket } from 'node:net';
import type { Certificate } from './certificates.ts';
import type { Stage } from './stage.ts';

/** A request as a server of HTTP/2 got it: names and values in turns. */
export type StreamHandler = (stream: ServerHttp2Stream, list: readonly string[], flags: number) => void;

export interface Http2OriginOptions {
  /** Makes it a TLS server. */
  readonly certificate?: Certificate;
  readonly settings?: Settings;
}

/** A server of HTTP/2 that gives every stream to `handler`. */
export class Http2Origin {
  readonly sessions: ServerHttp2Session[] = [];
  readonly #server: Http2Server | Http2SecureServer;
  readonly #sockets = new Set<Socket>();
  readonly #scheme: string;
  readonly host: string;

  constructor(handler: StreamHandler, options: Http2OriginOptions = {}) {
    const { certificate, settings = {} } = options;
    this.#scheme = certificate === undefined ? 'http' : 'https';
    this.host = certificate === undefined ? '127.0.0.1' : 'localhost';
    this.#server =
      certificate === undefined ? createServer({ settings }) : createSecureServer({ ...certificate, settings });
    this.#server.on('connection', (socket: Socket) => {
      this.#sockets.add(socket);
      socket.on('error', () => undefined);
      socket.once('close', () => this.#sockets.delete(socket));
    });
    this.#server.on('session', (session: ServerHttp2Session) => {
      this.sessions.push(session);
      session.on('error', () => undefined);
    });
    this.#server.on('sessionError', () => undefined);
    this.#server.on('stream', (stream: ServerHttp2Stream, _headers: unknown, flags: number, list: unknown) => {
      stream.on('error', () => undefined);
      handler(stream, list as readonly string[], flags);
    });
  }

  static async start(stage: Stage, handler: StreamHandler, options?: Http2OriginOptions): Promise<Http2Origin> {
    const origin = new Http2Origin(handler, options);
    await new Promise<void>((fulfil) => origin.#server.listen(0, '127.0.0.1', fulfil));
    stage.closing(async () => await origin.close());
    return origin;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  get authority(): string {
    return `${this.host}:${this.port}`;
  }

  url(path = ''): string {
    return `${this.#scheme}://${this.authority}${path}`;
  }

  async close(): Promise<void> {
    const closed = new Promise<void>((fulfil) => this.#server.close(() => fulfil()));
    for (const session of this.sessions) session.destroy();
    for (const socket of this.#sockets) socket.destroy();
    await closed;
  }
}

/** A client's HTTP/2 connection to this port, without TLS. */
export function http2Client(stage: Stage, port: number): ClientHttp2Session {
  const session = connect(`http://127.0.0.1:${port}`);
  session.on('error', () => undefined);
  stage.closing(async () => {
    if (session.destroyed) return;
    const closed = new Promise<void>((fulfil) => session.once('close', fulfil));
    session.destroy();
    await closed;
  });
  return session;
}

/** What a stream gave. */
export interface Http2Answer {
  readonly status: number;
  /** Names and values in turns. */
  readonly list: readonly string[];
  readonly interim: readonly number[];
  readonly body: string;
  readonly trailers: readonly string[];
  /** 0 where the stream ended well. */
  readonly reset: number;
  field(name: string): string | undefined;
}

export interface Http2Ask {
  readonly body?: string | Buffer;
  readonly trailers?: OutgoingHttpHeaders;
}

/** One exchange to its end. */
export async function ask(
  session: ClientHttp2Session,
  headers: OutgoingHttpHeaders,
  given: Http2Ask = {},
): Promise<Http2Answer> {
  const { body, trailers } = given;
  const stream = session.request(headers, {
    endStream: body === undefined && trailers === undefined,
    waitForTrailers: trailers !== undefined,
  });
  if (trailers !== undefined) stream.on('wantTrailers', () => stream.sendTrailers(trailers));
  let list: readonly string[] = [];
  let status = 0;
  let last: readonly string[] = [];
  const interim: number[] = [];
  const pieces: Buffer[] = [];
  stream.on('response', (received, _flags, raw?: unknown) => {
    status = received[':status'] ?? 0;
    list = raw as readonly string[];
  });
  stream.on('headers', (received) => void interim.push(received[':status'] ?? 0));
  stream.on('trailers', (_received, _flags, raw?: unknown) => (last = raw as readonly string[]));
  stream.on('data', (chunk: Buffer) => void pieces.push(chunk));
  stream.on('error', () => undefined);
  if (body !== undefined || trailers !== undefined) stream.end(body);
  await new Promise<void>((fulfil) => stream.once('close', fulfil));
  const field = (name: string): string | undefined => {
    const index = list.indexOf(name);
    return index < 0 ? undefined : list[index + 1];
  };
  const text = Buffer.concat(pieces).toString('latin1');
  return { status, list, interim, body: text, trailers: last, reset: stream.rstCode, field };
}
