// One stream of a client's HTTP/2 connection as an exchange: requests in, its responder out, resets told.
import { randomBytes } from 'node:crypto';
import { constants, type ServerHttp2Stream } from 'node:http2';
import { ProxyError } from '../../contract/errors.ts';
import { Fields } from '../../http/fields.ts';
import { Http2Content } from '../../http/http2-content.ts';
import { readHttp2RequestTrailers, type HeaderList, type Http2Request } from '../../http/http2-head.ts';
import { WireError } from '../../http/wire-error.ts';
import type { Watched } from '../deadlines.ts';
import { http2ErrorName } from '../http2-stream.ts';
import type { ClientParts } from './client-connection.ts';
import { Exchange, type ClientSide } from './exchange.ts';
import { Http2Responder } from './http2-responder.ts';
import type { ConnectionRole } from './role.ts';

/** What a stream has from the connection that it is on. */
export interface Http2Owner {
  readonly id: number;
  readonly role: ConnectionRole;
  readonly source: string;
  readonly remoteAddress: string;
  readonly boundOrigins: Set<string>;
}

/** A key for the handshake of HTTP/1.1 (RFC 6455 §4.1). */
export function webSocketKey(): string {
  return randomBytes(16).toString('base64');
}

/** Makes the exchange; whoever made it serves it, and ends it with `done`. */
export class Http2ExchangeSide implements ClientSide, Watched {
  readonly id: number;
  readonly role: ConnectionRole;
  readonly source: string;
  readonly remoteAddress: string;
  readonly boundOrigins: Set<string>;
  readonly protocol = 'http/2';
  readonly stream: number;
  readonly halfClosed = false;
  readonly socket: ServerHttp2Stream;
  readonly exchange: Exchange;
  deadline = Infinity;
  readonly #parts: ClientParts;
  readonly #content: Http2Content;
  #trailers = Fields.none;
  #detached = false;

  constructor(
    owner: Http2Owner,
    stream: ServerHttp2Stream,
    request: Http2Request & { readonly bytes: Buffer; readonly number: number; readonly ended: boolean },
    parts: ClientParts,
  ) {
    this.id = owner.id;
    this.role = owner.role;
    this.source = owner.source;
    this.remoteAddress = owner.remoteAddress;
    this.boundOrigins = owner.boundOrigins;
    this.socket = stream;
    this.stream = stream.id ?? 0;
    this.#parts = parts;
    const responder = new Http2Responder(stream, {
      head: request.head.method === 'HEAD',
      stalled: (waiting) => {
        this.deadline = waiting ? parts.clock.monotonic() + parts.timeouts().idle : Infinity;
      },
    });
    const started = { wall: parts.clock.wall(), monotonic: parts.clock.monotonic() };
    this.exchange = new Exchange<Http2Responder>(this, request, started, responder, this.#body);
    this.#content = new Http2Content(request.framing, {
      content: (bytes) => this.exchange.content(bytes),
      wire: (bytes) => this.exchange.wire(bytes),
      end: (trailers) => this.exchange.requestEnd(trailers),
    });
    parts.deadlines.watch(this);
    stream.on('close', () => this.#onClose());
    this.#read(request);
  }

  get gone(): boolean {
    return this.socket.closed || this.socket.destroyed;
  }

  /** Without an answer, so that the client knows that there is none. */
  abandon(): void {
    this.socket.close(constants.NGHTTP2_INTERNAL_ERROR);
  }

  detach(): Buffer {
    this.#detached = true;
    this.deadline = Infinity;
    return Buffer.alloc(0);
  }

  /** The exchange has run: what the client still sends is not waited for (RFC 9113 §8.1). */
  done(): void {
    if (this.#detached || this.gone) return;
    if (!this.exchange.requestComplete) this.#endEarly();
  }

  expire(): void {
    this.deadline = Infinity;
    const { exchange } = this;
    if (exchange.responder.needsDrain) this.#clientLeft();
    else if (!exchange.requestComplete) exchange.cancellation.cancel(this.#requestTimeout());
  }

  /** The proxy stops, or the connection is gone: it was not this stream that the client gave up. */
  cancel(error: ProxyError): void {
    this.exchange.cancellation.cancel(error);
  }

  readonly #body = {
    pause: (): void => {
      // While we do not read, the client cannot be late.
      this.deadline = Infinity;
      this.socket.pause();
    },
    resume: (): void => {
      if (this.exchange.requestComplete) return;
      this.#expectMore();
      this.socket.resume();
    },
  };

  #read(request: {
    readonly head: { readonly method: string };
    readonly protocol?: string;
    readonly ended: boolean;
  }): void {
    // Of a tunnel all bytes are for whoever takes it over.
    if (request.head.method === 'CONNECT' || request.protocol !== undefined) {
      this.exchange.requestEnd(Fields.none);
      return;
    }
    if (request.ended) {
      this.#content.end(Fields.none);
      this.socket.resume();
      return;
    }
    this.#expectMore();
    this.socket.on('trailers', (_headers: unknown, _flags: unknown, list: HeaderList) => this.#onTrailers(list));
    this.socket.on('data', (chunk: Buffer) => this.#onData(chunk));
    this.socket.on('end', () => this.#onEnd());
  }

  #expectMore(): void {
    this.deadline = this.#parts.clock.monotonic() + this.#parts.timeouts().request;
  }

  #onData(chunk: Buffer): void {
    // What follows a refused piece is read and dropped.
    if (this.exchange.cancellation.reason !== undefined) return;
    this.#expectMore();
    this.#refusing(() => this.#content.data(chunk));
  }

  #onTrailers(list: HeaderList): void {
    this.#refusing(() => {
      this.#trailers = readHttp2RequestTrailers(list);
    });
  }

  #onEnd(): void {
    this.deadline = Infinity;
    // A reset ends the readable side too, and is no end of the message.
    if (this.gone || this.exchange.cancellation.reason !== undefined) return;
    this.#refusing(() => this.#content.end(this.#trailers));
  }

  /** A request whose rest turns out malformed fails; upstream must not take it for whole. */
  #refusing(step: () => void): void {
    try {
      step();
    } catch (error) {
      const { rule } = error as WireError;
      const failure =
        error instanceof WireError
          ? new ProxyError('bad-request', { rule, offset: this.#content.received }, error)
          : new ProxyError('internal', { message: String(error) }, error);
      this.exchange.cancellation.cancel(failure);
    }
  }

  #endEarly(): void {
    const { socket } = this;
    const end = (): void => socket.close(constants.NGHTTP2_NO_ERROR);
    if (socket.writableFinished) end();
    else socket.once('finish', end);
    socket.resume();
  }

  #requestTimeout(): ProxyError {
    const seconds = this.#parts.timeouts().request / 1000;
    return new ProxyError('request-timeout', { seconds, setting: 'timeouts.request' });
  }

  #seconds(): number {
    return Math.round((this.#parts.clock.monotonic() - this.exchange.startedMonotonic) / 100) / 10;
  }

  #clientLeft(): void {
    this.exchange.cancellation.cancel(new ProxyError('client-left', { seconds: this.#seconds() }));
    this.socket.close(constants.NGHTTP2_CANCEL);
  }

  #onClose(): void {
    this.#parts.deadlines.unwatch(this);
    const { rstCode } = this.socket;
    const seconds = this.#seconds();
    const wasReset = rstCode !== constants.NGHTTP2_NO_ERROR;
    this.exchange.cancellation.cancel(
      wasReset
        ? new ProxyError('client-reset', { reason: http2ErrorName(rstCode), seconds })
        : new ProxyError('client-left', { seconds }),
    );
  }
}
