// One connection to upstream: a socket, a response parser, and the exchange that it carries at the moment.
import type { Socket } from 'node:net';
import type { Clock } from '../../base/clock.ts';
import type { CloseReason, Leniency } from '../../contract/decisions.ts';
import { ProxyError } from '../../contract/errors.ts';
import type { ConnectionSummary } from '../../contract/model.ts';
import type { Fields } from '../../http/fields.ts';
import type { Framing } from '../../http/framing.ts';
import type { ResponseHead } from '../../http/head.ts';
import type { ParserLimits } from '../../http/head-scanner.ts';
import { ResponseParser, type ResponseSink } from '../../http/parser.ts';
import { keepAliveTimeout, responsePersistence } from '../../http/persistence.ts';
import { WireError } from '../../http/wire-error.ts';
import { breakOff } from '../break-off.ts';
import type { Deadlines, Watched } from '../deadlines.ts';
import type { Carrier, CarriesAnswer } from './carrier.ts';
import type { Dialled } from './dial.ts';
import type { UpstreamIdentity } from './identity.ts';
import { isCertificateRequired, isTlsSocket, nameTlsFailure } from './secure.ts';

/** What an exchange hears from the connection that carries it. */
export interface ResponseReceiver extends Omit<ResponseSink, 'lenient'> {
  /** Something was tolerated in the answer. */
  lenient(what: Leniency): void;
  /** All that came in one piece of the socket has been reported. */
  pushed(): void;
  /** Upstream failed or fell silent; nothing comes after this. */
  failed(error: ProxyError): void;
  /** The socket takes request bytes again. */
  drained(): void;
  /** Bytes after a 101 or in a tunnel. */
  bytes(chunk: Buffer): void;
  /** Upstream ended its direction of the upgraded connection or tunnel. */
  bytesEnd(): void;
}

/** How long a connection that is not idle may stay silent, in ms. */
export interface Silence {
  readonly firstByte: number;
  readonly idle: number;
}

export interface ConnectionParts {
  readonly clock: Clock;
  readonly deadlines: Deadlines;
  readonly limits: () => ParserLimits;
  /** The connection can carry the next exchange. */
  released(connection: UpstreamConnection): void;
  /** The socket is closed; called once. */
  closed(connection: UpstreamConnection, reason: CloseReason): void;
}

// A server that says it closes after 5 s idle may do so just when we write: stay on the safe side by this much.
const KEEP_ALIVE_MARGIN = 1000;

export class UpstreamConnection implements Carrier, CarriesAnswer, ResponseSink, Watched {
  readonly id: number;
  readonly socket: Socket;
  readonly dialled: Dialled;
  readonly openedAt: number;
  readonly remote: string;
  readonly localPort: number;
  identity: UpstreamIdentity;
  deadline = Infinity;
  exchanges = 0;
  /** Monotonic ms since when it is idle; undefined while it is busy. */
  idleSince: number | undefined;
  /** Upstream's own idle time-out in ms, where it named one. */
  idleLimit = Infinity;
  /** Set as soon as something happened after which no further exchange may use it. */
  spoiled: CloseReason | undefined;
  readonly #parts: ConnectionParts;
  readonly #parser: ResponseParser;
  #receiver: ResponseReceiver | undefined;
  #silence: Silence = { firstByte: Infinity, idle: Infinity };
  #answered = false;
  #headSeen = false;
  #raw = false;
  #upgraded = false;
  #ended: Fields | undefined;
  #requestSent = false;
  #requestBlocked = false;
  #idleSinceWall: number | undefined;

  constructor(id: number, identity: UpstreamIdentity, dialled: Dialled, parts: ConnectionParts) {
    this.id = id;
    this.identity = identity;
    this.dialled = dialled;
    this.socket = dialled.socket;
    this.openedAt = parts.clock.wall();
    const { remoteAddress = '', remotePort = 0, localPort = 0 } = dialled.carrier ?? dialled.socket;
    this.remote = remoteAddress.includes(':') ? `[${remoteAddress}]:${remotePort}` : `${remoteAddress}:${remotePort}`;
    this.localPort = localPort;
    this.#parts = parts;
    this.#parser = new ResponseParser(parts.limits(), this);
    parts.deadlines.watch(this);
    const { socket } = this;
    socket.on('data', (chunk: Buffer) => this.#onData(chunk));
    socket.on('drain', () => this.#receiver?.drained());
    socket.on('end', () => this.#onEnd());
    socket.on('error', (error) => this.#onError(error));
    socket.on('close', () => this.#onClose());
  }

  /** Whether any byte of an answer to the current request has come. */
  get answered(): boolean {
    return this.#answered;
  }

  /** Hands the connection to an exchange. Write the request next. */
  begin(receiver: ResponseReceiver, method: string, silence: Silence): void {
    this.#receiver = receiver;
    this.#silence = silence;
    this.#answered = false;
    this.#headSeen = false;
    this.#requestSent = false;
    this.#requestBlocked = false;
    this.#ended = undefined;
    this.idleSince = undefined;
    this.#idleSinceWall = undefined;
    this.exchanges++;
    this.deadline = Infinity;
    this.#parser.expect(method);
  }

  /** The whole request has been written: from now on upstream has to answer in time. */
  requestSent(): void {
    this.#requestSent = true;
    this.touch();
  }

  /** Upstream takes no more of the request for now, or takes it again. */
  requestBlocked(blocked: boolean): void {
    this.#requestBlocked = blocked;
    this.touch();
  }

  /** Makes the connection a pipe: what upstream sends goes to `receiver.bytes`. */
  becomeRaw(receiver: ResponseReceiver, idle: number): void {
    this.#receiver = receiver;
    this.#raw = true;
    this.#silence = { firstByte: Infinity, idle };
    this.spoiled ??= 'tunnel-ended';
    this.idleSince = undefined;
    this.touch();
    this.socket.resume();
  }

  /** Nothing crossed the pipe and HTTP is to be spoken on it after all: it goes to the pool. */
  becomePooled(): void {
    this.#receiver = undefined;
    this.#raw = false;
    this.spoiled = undefined;
    this.#parts.released(this);
  }

  /** Something moved: the time-out starts anew. While more of the request is to come from the client, it is not upstream who is late. */
  touch(): void {
    if (!this.#raw && !this.#requestSent && !this.#requestBlocked) {
      this.deadline = Infinity;
      return;
    }
    const limit = this.#answered || this.#raw ? this.#silence.idle : this.#silence.firstByte;
    this.deadline = this.#parts.clock.monotonic() + limit;
  }

  /** Parks it in the pool until `deadline` (monotonic ms). */
  park(deadline: number): void {
    this.idleSince = this.#parts.clock.monotonic();
    this.#idleSinceWall = this.#parts.clock.wall();
    this.deadline = Math.min(deadline, this.idleSince + this.idleLimit);
    this.socket.resume();
  }

  pause(): void {
    this.socket.pause();
  }

  resume(): void {
    this.socket.resume();
  }

  /** Breaks the connection off; the exchange on it hears nothing more. */
  close(reason: CloseReason): void {
    this.#receiver = undefined;
    this.spoiled ??= reason;
    this.socket.destroy();
  }

  /** Breaks a pipe off so that upstream cannot take it for an end. */
  reset(): void {
    if (!isTlsSocket(this.socket)) breakOff(this.socket);
    else this.socket.destroy();
  }

  expire(): void {
    if (this.#receiver === undefined) {
      this.close('idle-timeout');
      return;
    }
    const code = this.#answered || this.#raw ? 'idle-timeout' : 'first-byte-timeout';
    const limit = code === 'idle-timeout' ? this.#silence.idle : this.#silence.firstByte;
    this.#fail(new ProxyError(code, { seconds: limit / 1000 }));
  }

  summary(): ConnectionSummary {
    const state = this.#raw ? 'tunnel' : this.idleSince === undefined ? 'busy' : 'idle';
    const { id, remote, openedAt, exchanges, socket } = this;
    const bytes = { bytesSent: socket.bytesWritten, bytesReceived: socket.bytesRead };
    const idle = this.#idleSinceWall === undefined ? {} : { idleSince: this.#idleSinceWall };
    return { id, state, remote, openedAt, exchanges, ...bytes, ...idle };
  }

  // --- what the parser reports (RFC 9112 §2.1)

  interim(head: ResponseHead, bytes: Buffer): void {
    this.#receiver?.interim(head, bytes);
  }

  head(head: ResponseHead, framing: Framing, bytes: Buffer): void {
    this.#headSeen = true;
    this.#upgraded = head.status === 101;
    if (framing.kind === 'close') this.spoiled ??= 'until-close-body';
    else if (!responsePersistence(head)) this.spoiled ??= head.minor === 0 ? 'http-1.0' : 'upstream-said-close';
    this.idleLimit = (keepAliveTimeout(head.fields) ?? Infinity) - KEEP_ALIVE_MARGIN;
    this.#receiver?.head(head, framing, bytes);
  }

  content(bytes: Buffer): void {
    this.#receiver?.content(bytes);
  }

  wire(bytes: Buffer): void {
    this.#receiver?.wire(bytes);
  }

  end(trailers: Fields): void {
    this.#ended = trailers;
  }

  lenient(what: Parameters<ResponseSink['lenient']>[0]): void {
    if (what === 'content-length-with-transfer-encoding') this.spoiled ??= 'error';
    this.#receiver?.lenient(what);
  }

  // --- what the socket reports

  #onData(chunk: Buffer): void {
    if (this.#raw) {
      this.touch();
      this.#receiver?.bytes(chunk);
      return;
    }
    if (this.#receiver === undefined) {
      this.close('surplus-bytes');
      return;
    }
    this.#answered = true;
    this.touch();
    let consumed: number;
    try {
      consumed = this.#parser.push(chunk);
    } catch (error) {
      this.#fail(this.#wireFailure(error));
      return;
    }
    if (this.#ended === undefined) this.#receiver?.pushed();
    else this.#finish(this.#ended, chunk.subarray(consumed));
  }

  #finish(trailers: Fields, rest: Buffer): void {
    const receiver = this.#receiver;
    this.#ended = undefined;
    this.deadline = Infinity;
    if (receiver === undefined) return;
    if (this.#upgraded) {
      this.#finishUpgrade(receiver, trailers, rest);
      return;
    }
    this.#receiver = undefined;
    receiver.end(trailers);
    if (rest.length > 0) {
      this.spoiled ??= 'surplus-bytes';
      receiver.lenient('surplus-bytes');
    }
    // An answer that came before upstream took all of the request leaves the rest of it in the way of the next one.
    if (!this.#requestSent || this.socket.writableNeedDrain) this.spoiled ??= 'error';
    if (this.spoiled === undefined) this.#parts.released(this);
    else this.close(this.spoiled);
  }

  /** After a 101 the connection is a pipe; it stays paused until the exchange takes it over with `becomeRaw`. */
  #finishUpgrade(receiver: ResponseReceiver, trailers: Fields, rest: Buffer): void {
    this.#raw = true;
    this.spoiled ??= 'tunnel-ended';
    this.socket.pause();
    receiver.end(trailers);
    if (rest.length > 0) receiver.bytes(rest);
  }

  #wireFailure(error: unknown): ProxyError {
    if (!(error instanceof WireError)) return new ProxyError('internal', { message: String(error) }, error);
    if (this.#headSeen) return this.#brokenOff();
    return new ProxyError('bad-response', { rule: error.rule, offset: error.offset }, error);
  }

  #brokenOff(cause?: unknown): ProxyError {
    const { bodyReceived: received, bodyExpected: expected } = this.#parser;
    const ofTotal = expected === undefined ? '' : ` of ${expected.toLocaleString('en-US')}`;
    return new ProxyError('broken-off', { received, ofTotal }, cause);
  }

  #onEnd(): void {
    if (this.#raw) {
      this.#receiver?.bytesEnd();
      return;
    }
    if (this.#receiver === undefined) {
      this.close('upstream-closed');
      return;
    }
    try {
      this.#parser.finish();
    } catch (error) {
      this.#fail(this.#headSeen ? this.#brokenOff(error) : new ProxyError('connection-reset', {}, error));
      return;
    }
    this.spoiled ??= 'upstream-closed';
    if (this.#ended !== undefined) this.#finish(this.#ended, Buffer.alloc(0));
    else this.#fail(new ProxyError('connection-reset'));
  }

  #onError(error: Error): void {
    this.spoiled ??= this.#receiver === undefined ? 'upstream-closed' : 'error';
    if (isCertificateRequired(error)) this.#fail(nameTlsFailure(error, this.identity.host));
    else this.#fail(this.#headSeen ? this.#brokenOff(error) : new ProxyError('connection-reset', {}, error));
  }

  #onClose(): void {
    // A pipe that closes without an error has ended as it should.
    if (this.#receiver !== undefined && !this.#raw) this.#onError(new Error('closed'));
    this.#receiver = undefined;
    this.#parts.deadlines.unwatch(this);
    this.#parts.closed(this, this.spoiled ?? 'upstream-closed');
  }

  #fail(error: ProxyError): void {
    const receiver = this.#receiver;
    this.#receiver = undefined;
    this.deadline = Infinity;
    this.spoiled ??= 'error';
    this.socket.destroy();
    receiver?.failed(error);
  }
}
