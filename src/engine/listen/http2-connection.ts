// One HTTP/2 connection of a client (RFC 9113): its streams become exchanges, its excesses are bounded, its end is announced.
import { constants, performServerHandshake, type ServerHttp2Session, type ServerHttp2Stream } from 'node:http2';
import type { Socket } from 'node:net';
import { ProxyError } from '../../contract/errors.ts';
import { http2RequestText, readHttp2Request, type HeaderList } from '../../http/http2-head.ts';
import { WireError } from '../../http/wire-error.ts';
import type { Watched } from '../deadlines.ts';
import { http2ErrorName } from '../http2-stream.ts';
import type { ClientParts, ListenedConnection } from './client-connection.ts';
import { Http2ExchangeSide, webSocketKey, type Http2Owner } from './http2-exchange.ts';
import { Http2Responder } from './http2-responder.ts';
import { ResetBudget } from './reset-budget.ts';
import type { ConnectionRole } from './role.ts';

/** Streams at a time. */
const MAX_STREAMS = 128;
/** What a stream may send ahead of us, in bytes; it waits in memory while upstream does not read. */
const STREAM_WINDOW = 128 * 1024;
/** The same for all streams of a connection together; each stream's own window holds it back. */
const CONNECTION_WINDOW = 1024 * 1024;
/** For all that a connection keeps, in MB, as node:http2 counts. */
const SESSION_MEMORY = 16;
const END_STREAM = 0x1;

export class Http2ClientConnection implements Http2Owner, ListenedConnection, Watched {
  readonly id: number;
  readonly role: ConnectionRole;
  readonly source: string;
  readonly remoteAddress: string;
  readonly boundOrigins = new Set<string>();
  deadline: number;
  readonly #socket: Socket;
  readonly #session: ServerHttp2Session;
  readonly #parts: ClientParts;
  readonly #sides = new Set<Http2ExchangeSide>();
  readonly #resets: ResetBudget;
  #streams = 0;
  #exchanges = 0;
  #closing = false;

  /** @param first what was read of the socket already, from the preface on. */
  constructor(id: number, socket: Socket, role: ConnectionRole, parts: ClientParts, first: Buffer) {
    this.id = id;
    this.role = role;
    this.source = parts.source;
    const { remoteAddress = '', remotePort = 0 } = socket;
    this.remoteAddress = remoteAddress.includes(':')
      ? `[${remoteAddress}]:${remotePort}`
      : `${remoteAddress}:${remotePort}`;
    this.#socket = socket;
    this.#parts = parts;
    this.#resets = new ResetBudget(parts.clock.monotonic());
    this.deadline = parts.clock.monotonic() + parts.timeouts().clientIdle;
    // There is no half of an HTTP/2 connection that would be of use.
    socket.allowHalfOpen = false;
    if (first.length > 0) socket.unshift(first);
    this.#session = this.#makeSession();
    parts.deadlines.watch(this);
  }

  get idle(): boolean {
    return this.#streams === 0;
  }

  closeAfterExchange(): void {
    if (this.#closing) return;
    this.#closing = true;
    // RFC 9113 §6.8: says GOAWAY, and lets the streams under way end.
    if (!this.#session.closed) this.#session.close();
  }

  destroy(): void {
    for (const side of [...this.#sides]) side.cancel(new ProxyError('stopping'));
    this.#session.destroy();
    this.#socket.destroy();
  }

  expire(): void {
    this.deadline = Infinity;
    if (this.#streams === 0) this.closeAfterExchange();
  }

  #makeSession(): ServerHttp2Session {
    const limits = this.#parts.limits();
    const options = {
      maxHeaderListPairs: limits.fieldCount + 4,
      maxOutstandingPings: 10,
      maxOutstandingSettings: 10,
      maxSessionInvalidFrames: 100,
      maxSessionRejectedStreams: 100,
      maxSessionMemory: SESSION_MEMORY,
      maxSettings: 32,
      settings: {
        enableConnectProtocol: true,
        initialWindowSize: STREAM_WINDOW,
        maxConcurrentStreams: MAX_STREAMS,
        maxHeaderListSize: limits.startLine + limits.header,
      },
    };
    const session = performServerHandshake(this.#socket, options);
    session.on('connect', () => session.setLocalWindowSize(CONNECTION_WINDOW));
    session.on('stream', (stream, _headers, flags, list: unknown) => this.#onStream(stream, flags, list as HeaderList));
    // What breaks the session ends it; its streams hear of it.
    session.on('error', () => this.#socket.destroy());
    session.on('close', () => this.#onClose());
    return session;
  }

  #onStream(stream: ServerHttp2Stream, flags: number, list: HeaderList): void {
    this.#streams++;
    this.#exchanges++;
    this.deadline = Infinity;
    // Its close tells all that an error would.
    stream.on('error', () => undefined);
    stream.on('close', () => this.#onStreamClose(stream));
    const ended = (flags & END_STREAM) !== 0;
    const bytes = Buffer.from(http2RequestText(list), 'latin1');
    try {
      const form = this.role.kind === 'forward' ? 'absolute' : 'origin';
      const request = readHttp2Request(list, { ended, form, webSocketKey });
      void this.#run(stream, { ...request, bytes, ended, number: this.#exchanges });
    } catch (error) {
      if (!(error instanceof WireError)) throw error;
      const responder = new Http2Responder(stream, { head: false, stalled: () => undefined });
      this.#parts.refuse(this, error, bytes, responder);
      stream.resume();
    }
  }

  async #run(stream: ServerHttp2Stream, request: ConstructorParameters<typeof Http2ExchangeSide>[2]): Promise<void> {
    const side = new Http2ExchangeSide(this, stream, request, this.#parts);
    this.#sides.add(side);
    stream.once('close', () => this.#sides.delete(side));
    await this.#parts.serve(side.exchange);
    side.done();
  }

  #onStreamClose(stream: ServerHttp2Stream): void {
    this.#streams--;
    if (this.#session.destroyed) return;
    const parts = this.#parts;
    const now = parts.clock.monotonic();
    if (stream.rstCode !== constants.NGHTTP2_NO_ERROR && !this.#resets.spend(now)) {
      this.#calm(http2ErrorName(constants.NGHTTP2_ENHANCE_YOUR_CALM));
      return;
    }
    if (this.#streams > 0) return;
    this.deadline = now + parts.timeouts().clientIdle;
    if (!parts.keepAlive()) this.closeAfterExchange();
  }

  /** Streams opened and reset without end cost us and not the client (CVE-2023-44487). */
  #calm(reason: string): void {
    this.#session.goaway(constants.NGHTTP2_ENHANCE_YOUR_CALM, undefined, Buffer.from(reason));
    this.#session.destroy();
  }

  #onClose(): void {
    this.#parts.deadlines.unwatch(this);
    this.#socket.destroySoon();
    this.#parts.closed(this);
  }
}
