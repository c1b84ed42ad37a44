// One connection of a client: parses its requests, yields them as exchanges one after the other, writes the answers.
import type { Socket } from 'node:net';
import type { Clock } from '../../base/clock.ts';
import { ProxyError } from '../../contract/errors.ts';
import type { Fields } from '../../http/fields.ts';
import type { Framing } from '../../http/framing.ts';
import type { RequestHead } from '../../http/head.ts';
import type { ParserLimits } from '../../http/head-scanner.ts';
import { RequestParser, type RequestSink } from '../../http/parser.ts';
import { requestPersistence } from '../../http/persistence.ts';
import { WireError } from '../../http/wire-error.ts';
import { breakOff } from '../break-off.ts';
import type { Deadlines, Watched } from '../deadlines.ts';
import { Outlet } from '../outlet.ts';
import { Exchange, type ClientSide } from './exchange.ts';
import { Http1Responder } from './http1-responder.ts';
import type { Responder } from './responder.ts';
import type { ConnectionRole } from './role.ts';
import { sniff } from './sniff.ts';

interface ClientTimeouts {
  /** For a request to arrive whole, or for its next bytes; ms. */
  readonly request: number;
  /** Between two requests; ms. */
  readonly clientIdle: number;
  /** For a client that does not read; ms. */
  readonly idle: number;
}

/** Who sent what is no request. */
export type RefusedClient = Pick<ClientSide, 'id' | 'source' | 'remoteAddress'>;

/** What a listener keeps track of, whatever it speaks. */
export interface ListenedConnection {
  readonly id: number;
  readonly boundOrigins: ReadonlySet<string>;
  /** Neither an exchange nor a part of a request is under way. */
  readonly idle: boolean;
  /** Ends the connection after what runs on it, at once where nothing does. */
  closeAfterExchange(): void;
  /** Ends the connection and whatever runs on it, since the proxy stops: it is not the client who left. */
  destroy(): void;
}

export interface ClientParts {
  readonly clock: Clock;
  readonly deadlines: Deadlines;
  readonly source: string;
  limits(): ParserLimits;
  timeouts(): ClientTimeouts;
  /** Keep-alive is on and the proxy does not stop. */
  keepAlive(): boolean;
  /** Runs the exchange to its end; never rejects. */
  serve(exchange: Exchange): Promise<void>;
  /** Bytes that are no request: records them and answers. */
  refuse(client: RefusedClient, error: WireError | ProxyError, bytes: Buffer, responder: Responder): void;
  closed(connection: ListenedConnection): void;
  /** The first bytes are those of HTTP/2: the socket is detached and goes on as such a connection. */
  becomesHttp2(connection: ClientConnection, first: Buffer): void;
}

// How much a client may send ahead (pipelining) while its exchange runs, in bytes.
const AHEAD_LIMIT = 64 * 1024;
// After a half-close nothing tells a client that waits from one that has gone; the next write does. Wait so long for it.
const HALF_CLOSED_GRACE = 5000;
// After an early answer the rest of the request is read and dropped, so that a reset does not destroy the answer.
const LINGER = 2000;

export class ClientConnection implements ClientSide, ListenedConnection, RequestSink, Watched {
  readonly protocol = 'http/1';
  readonly id: number;
  readonly socket: Socket;
  readonly role: ConnectionRole;
  readonly source: string;
  readonly remoteAddress: string;
  /** Keys of upstreams to which credentials of this very connection are bound (NTLM, Negotiate). */
  readonly boundOrigins = new Set<string>();
  deadline: number;
  readonly #parts: ClientParts;
  readonly #outlet: Outlet;
  readonly #parser: RequestParser;
  #current: Exchange<Http1Responder> | undefined;
  /** The current exchange, where it has ended but the client has not taken its answer yet. */
  #undrained: Exchange<Http1Responder> | undefined;
  #exchanges = 0;
  #ahead: Buffer[] = [];
  #aheadBytes = 0;
  #halfClosed: boolean;
  #closing = false;
  #detached = false;
  #lingering = false;

  constructor(id: number, socket: Socket, role: ConnectionRole, parts: ClientParts) {
    this.id = id;
    this.socket = socket;
    this.#halfClosed = socket.readableEnded;
    this.role = role;
    this.source = parts.source;
    const { remoteAddress = '', remotePort = 0 } = socket;
    this.remoteAddress = remoteAddress.includes(':')
      ? `[${remoteAddress}]:${remotePort}`
      : `${remoteAddress}:${remotePort}`;
    this.#parts = parts;
    this.#outlet = new Outlet(socket);
    this.#parser = new RequestParser(parts.limits(), this);
    this.deadline = parts.clock.monotonic() + parts.timeouts().clientIdle;
    parts.deadlines.watch(this);
    socket.on('data', this.#onData);
    socket.on('drain', this.#onDrain);
    socket.on('end', this.#onEnd);
    socket.on('error', this.#onError);
    socket.on('close', this.#onClose);
  }

  get idle(): boolean {
    return this.#current === undefined && this.#parser.state === 'idle' && this.#ahead.length === 0;
  }

  closeAfterExchange(): void {
    this.#closing = true;
    if (this.idle && !this.#detached) this.socket.destroy();
  }

  destroy(): void {
    this.#current?.cancellation.cancel(new ProxyError('stopping'));
    this.socket.destroy();
  }

  get gone(): boolean {
    return this.socket.destroyed;
  }

  abandon(): void {
    this.socket.destroy();
  }

  /** Hands the socket over to a tunnel or another connection: this one hears of it no more. */
  detach(): Buffer {
    this.#detached = true;
    const { socket } = this;
    socket.off('data', this.#onData).off('drain', this.#onDrain).off('end', this.#onEnd);
    socket.off('error', this.#onError).off('close', this.#onClose);
    this.#parts.deadlines.unwatch(this);
    this.#parts.closed(this);
    const rest = Buffer.concat(this.#ahead);
    this.#ahead = [];
    this.#aheadBytes = 0;
    return rest;
  }

  /** Whether the client has already ended its direction. */
  get halfClosed(): boolean {
    return this.#halfClosed;
  }

  /** Feeds bytes that were read before this connection took the socket over. */
  feed(bytes: Buffer): void {
    if (bytes.length > 0) this.#onData(bytes);
    if (this.#halfClosed && !this.#lingering && !this.#detached) this.#nothingMoreComes();
  }

  expire(): void {
    const current = this.#current;
    this.deadline = Infinity;
    if (this.#lingering || this.idle) this.socket.destroy();
    else if (current === undefined) this.#refuse(this.#requestTimeout());
    else if (current.responder.needsDrain) this.#clientLeft();
    else if (!current.requestComplete) current.cancellation.cancel(this.#requestTimeout());
    else if (this.#halfClosed && !current.responder.started) this.#clientLeft();
  }

  // --- what the parser reports

  head(head: RequestHead, framing: Framing, bytes: Buffer): void {
    const { clock } = this.#parts;
    const responder = this.#responder(head);
    const request = { head, framing, bytes, number: ++this.#exchanges };
    const started = { wall: clock.wall(), monotonic: clock.monotonic() };
    this.#current = new Exchange(this, request, started, responder, this.#body);
  }

  content(bytes: Buffer): void {
    this.#current?.content(bytes);
  }

  wire(bytes: Buffer): void {
    this.#current?.wire(bytes);
  }

  end(trailers: Fields): void {
    this.deadline = Infinity;
    this.#current?.requestEnd(trailers);
  }

  readonly #body = {
    pause: (): void => {
      // While we do not read, the client cannot be late.
      this.deadline = Infinity;
      this.socket.pause();
    },
    resume: (): void => {
      if (this.#current?.requestComplete === false) {
        this.deadline = this.#parts.clock.monotonic() + this.#parts.timeouts().request;
      }
      this.socket.resume();
    },
  };

  #responder(head: RequestHead | undefined): Http1Responder {
    const { clock } = this.#parts;
    return new Http1Responder({
      outlet: this.#outlet,
      minor: head?.minor ?? 1,
      head: head?.method === 'HEAD',
      persistent: () => head !== undefined && this.#mayGoOn() && requestPersistence(head),
      stalled: (waiting) => {
        this.deadline = waiting ? clock.monotonic() + this.#parts.timeouts().idle : Infinity;
      },
      reset: () => breakOff(this.socket),
    });
  }

  /** Not where the client has not sent its whole request yet: what is left of it would have to be waited for. */
  #mayGoOn(): boolean {
    return this.#parts.keepAlive() && !this.#closing && this.#current?.requestComplete === true;
  }

  // --- what the socket reports

  readonly #onData = (chunk: Buffer): void => {
    if (this.#lingering) return;
    if (this.#current?.requestComplete === true) {
      this.#keepAhead(chunk);
      return;
    }
    this.#parse(chunk);
  };

  #keepAhead(chunk: Buffer): void {
    this.#ahead.push(chunk);
    this.#aheadBytes += chunk.length;
    if (this.#aheadBytes > AHEAD_LIMIT) this.socket.pause();
  }

  /** Parses until the chunk is used up or a request is complete; the rest waits for its turn. */
  #parse(chunk: Buffer): void {
    const before = this.#current;
    this.deadline = this.#parts.clock.monotonic() + this.#parts.timeouts().request;
    let consumed: number;
    try {
      consumed = this.#parser.push(chunk);
    } catch (error) {
      this.#refuse(error instanceof WireError ? error : new ProxyError('internal', { message: String(error) }, error));
      this.#runNew(before);
      return;
    }
    if (consumed < chunk.length) this.#keepAhead(chunk.subarray(consumed));
    this.#runNew(before);
  }

  /** Runs the exchange that began since `before`; a bad body that came along with its head has cancelled it already. */
  #runNew(before: Exchange<Http1Responder> | undefined): void {
    const current = this.#current;
    if (current === undefined || current === before) return;
    if (current.requestComplete) this.deadline = Infinity;
    void this.#run(current);
  }

  async #run(exchange: Exchange<Http1Responder>): Promise<void> {
    await this.#parts.serve(exchange);
    if (this.#detached || this.socket.destroyed) return;
    // Nothing more is done for a client that does not read: else pipelined requests would pile up answers.
    if (exchange.responder.needsDrain) this.#undrained = exchange;
    else this.#afterExchange(exchange);
  }

  #afterExchange(exchange: Exchange<Http1Responder>): void {
    this.#current = undefined;
    if (!exchange.requestComplete) this.#linger();
    else if (exchange.responder.closeAfter || this.#closing || !this.#parts.keepAlive()) this.#endGracefully();
    else this.#next();
  }

  #next(): void {
    const ahead = this.#ahead;
    if (ahead.length > 0) {
      const chunk = ahead.length === 1 ? (ahead[0] as Buffer) : Buffer.concat(ahead);
      this.#ahead = [];
      this.#aheadBytes = 0;
      this.socket.resume();
      this.feed(chunk);
      return;
    }
    if (this.#halfClosed) {
      this.#endGracefully();
      return;
    }
    // It may have been paused for an upstream that then answered without taking all of the request.
    this.socket.resume();
    this.deadline = this.#parts.clock.monotonic() + this.#parts.timeouts().clientIdle;
  }

  /** Ends our direction; what the client still sends is read and dropped until it ends too, but not for long. */
  #endGracefully(): void {
    this.#linger();
    if (this.#halfClosed) this.socket.destroySoon();
  }

  #linger(): void {
    const { clock } = this.#parts;
    this.#lingering = true;
    this.#ahead = [];
    // The client may take its time to read our last bytes; only then its own count.
    this.deadline = clock.monotonic() + this.#parts.timeouts().idle;
    this.socket.end(() => {
      this.deadline = clock.monotonic() + LINGER;
    });
    this.socket.resume();
  }

  #refuse(error: WireError | ProxyError): void {
    const current = this.#current;
    if (current !== undefined) {
      // The head was good, its body is not: the exchange that runs has to end.
      current.cancellation.cancel(error);
      return;
    }
    const received = this.#parser.received();
    // What reads `PRI * HTTP/2.0` is no request of HTTP/1, so asking here costs those nothing (RFC 9113 §3.4).
    if (this.#exchanges === 0 && sniff(received) === 'http/2') {
      this.#becomeHttp2(received);
      return;
    }
    this.#parts.refuse(this, error, received, this.#responder(undefined));
    this.#linger();
  }

  #becomeHttp2(first: Buffer): void {
    this.detach();
    this.socket.pause();
    this.#parts.becomesHttp2(this, first);
  }

  #requestTimeout(): ProxyError {
    const seconds = this.#parts.timeouts().request / 1000;
    return new ProxyError('request-timeout', { seconds, setting: 'timeouts.request' });
  }

  #clientLeft(): void {
    const { clock } = this.#parts;
    const since = this.#current?.startedMonotonic ?? clock.monotonic();
    const seconds = Math.round((clock.monotonic() - since) / 100) / 10;
    this.#current?.cancellation.cancel(new ProxyError('client-left', { seconds }));
    this.socket.destroy();
  }

  readonly #onDrain = (): void => {
    this.#current?.responder.drained();
    const ended = this.#undrained;
    if (ended === undefined) return;
    this.#undrained = undefined;
    this.#afterExchange(ended);
  };

  readonly #onEnd = (): void => {
    this.#halfClosed = true;
    if (this.#lingering) {
      this.socket.destroySoon();
      return;
    }
    this.#nothingMoreComes();
  };

  /** The client has ended its side: what is complete is answered, what is not never will be. */
  #nothingMoreComes(): void {
    const current = this.#current;
    if (current === undefined) {
      if (this.#parser.state === 'idle') this.socket.end();
      else this.socket.destroy();
      return;
    }
    if (!current.requestComplete) this.#clientLeft();
    else if (!current.responder.started) this.deadline = this.#parts.clock.monotonic() + HALF_CLOSED_GRACE;
  }

  readonly #onError = (): void => {
    this.socket.destroy();
  };

  readonly #onClose = (): void => {
    this.#clientLeft();
    this.#parts.deadlines.unwatch(this);
    this.#parts.closed(this);
  };
}
