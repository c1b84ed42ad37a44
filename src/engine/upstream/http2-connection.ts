// One HTTP/2 connection to upstream (RFC 9113): many exchanges at a time, up to what upstream allows.
import { connect, type ClientHttp2Session } from 'node:http2';
import type { Socket } from 'node:net';
import type { Clock } from '../../base/clock.ts';
import type { CloseReason } from '../../contract/decisions.ts';
import { ProxyError } from '../../contract/errors.ts';
import type { ConnectionSummary } from '../../contract/model.ts';
import type { ParserLimits } from '../../http/head-scanner.ts';
import type { Deadlines, Watched } from '../deadlines.ts';
import type { Carrier } from './carrier.ts';
import type { Dialled } from './dial.ts';
import type { UpstreamIdentity } from './identity.ts';

export interface Http2ConnectionParts {
  readonly clock: Clock;
  readonly deadlines: Deadlines;
  readonly limits: () => ParserLimits;
  /** A stream has ended: there is room for another, or nothing runs any more. */
  streamEnded(connection: Http2UpstreamConnection): void;
  /** The connection is closed; called once. */
  closed(connection: Http2UpstreamConnection, reason: CloseReason): void;
}

/** What a stream may send ahead of its client, in bytes. */
const STREAM_WINDOW = 256 * 1024;
const CONNECTION_WINDOW = 4 * 1024 * 1024;
/** For all that a connection keeps, in MB, as node:http2 counts. */
const SESSION_MEMORY = 64;
/** Streams at a time while upstream has not said how many (RFC 9113 §6.5.2 recommends no fewer). */
const ASSUMED_STREAMS = 100;

export class Http2UpstreamConnection implements Carrier, Watched {
  readonly id: number;
  readonly dialled: Dialled;
  readonly session: ClientHttp2Session;
  readonly remote: string;
  readonly localPort: number;
  identity: UpstreamIdentity;
  deadline = Infinity;
  exchanges = 0;
  spoiled: CloseReason | undefined;
  readonly #socket: Socket;
  readonly #parts: Http2ConnectionParts;
  readonly #openedAt: number;
  #streams = 0;
  #idleSince: number | undefined;
  #failure: Error | undefined;
  #settled = false;
  #onSettled: ((error: ProxyError | undefined) => void) | undefined;

  constructor(id: number, identity: UpstreamIdentity, dialled: Dialled, parts: Http2ConnectionParts) {
    this.id = id;
    this.identity = identity;
    this.dialled = dialled;
    this.#socket = dialled.socket;
    this.#parts = parts;
    this.#openedAt = parts.clock.wall();
    const { remoteAddress = '', remotePort = 0, localPort = 0 } = dialled.carrier ?? dialled.socket;
    this.remote = remoteAddress.includes(':') ? `[${remoteAddress}]:${remotePort}` : `${remoteAddress}:${remotePort}`;
    this.localPort = localPort;
    this.session = this.#makeSession();
    parts.deadlines.watch(this);
  }

  /** Streams under way. */
  get streams(): number {
    return this.#streams;
  }

  /** Whether it takes another stream now. */
  get hasRoom(): boolean {
    if (this.spoiled !== undefined || this.session.closed || this.session.destroyed) return false;
    return this.#streams < Math.min(this.#limit(), this.session.remoteSettings.maxConcurrentStreams ?? Infinity);
  }

  /** What broke the connection, where something did. */
  get failure(): Error | undefined {
    return this.#failure;
  }

  /**
   * Settles once upstream's SETTINGS are here, which is how it says that it speaks HTTP/2 (RFC 9113 §3.4).
   * @param limit ms
   * @throws ProxyError `http2-failed`.
   */
  async ready(limit: number): Promise<void> {
    if (this.#settled) return;
    await new Promise<void>((fulfil, reject) => {
      const timer = setTimeout(() => {
        this.#failure ??= new Error('no SETTINGS came');
        this.close('error');
      }, limit);
      this.#onSettled = (error) => {
        clearTimeout(timer);
        if (error === undefined) fulfil();
        else reject(error);
      };
    });
  }

  /** Takes room for a stream; `ended` gives it back. */
  reserve(): void {
    this.#streams++;
    this.exchanges++;
    this.deadline = Infinity;
    this.#idleSince = undefined;
  }

  ended(): void {
    this.#streams--;
    if (this.#streams === 0) this.#idleSince = this.#parts.clock.wall();
    if (this.#streams === 0 && this.spoiled !== undefined) this.#closeGracefully();
    else this.#parts.streamEnded(this);
  }

  /** Keeps the idle connection until `deadline` (monotonic ms). */
  park(deadline: number): void {
    this.deadline = deadline;
  }

  /** Takes no more streams and closes after those under way. */
  retire(reason: CloseReason): void {
    this.spoiled ??= reason;
    if (this.#streams === 0) this.#closeGracefully();
  }

  close(reason: CloseReason): void {
    this.spoiled ??= reason;
    this.session.destroy();
    this.#socket.destroy();
  }

  expire(): void {
    this.deadline = Infinity;
    if (this.#streams === 0) this.retire('idle-timeout');
  }

  summary(): ConnectionSummary {
    const { id, remote, exchanges } = this;
    const socket = this.#socket;
    return {
      id,
      state: this.#streams > 0 ? 'busy' : 'idle',
      remote,
      openedAt: this.#openedAt,
      exchanges,
      bytesSent: socket.bytesWritten,
      bytesReceived: socket.bytesRead,
      streams: this.#streams,
      ...(this.#idleSince === undefined ? {} : { idleSince: this.#idleSince }),
    };
  }

  #limit(): number {
    return this.#settled ? Infinity : ASSUMED_STREAMS;
  }

  #makeSession(): ClientHttp2Session {
    const socket = this.#socket;
    socket.allowHalfOpen = false;
    const limits = this.#parts.limits();
    const options = {
      createConnection: () => socket,
      maxHeaderListPairs: limits.fieldCount + 2,
      maxOutstandingPings: 10,
      maxSessionInvalidFrames: 100,
      maxSessionMemory: SESSION_MEMORY,
      maxSettings: 32,
      settings: {
        enablePush: false,
        initialWindowSize: STREAM_WINDOW,
        maxHeaderListSize: limits.startLine + limits.header,
      },
    };
    // The name would only fill in pseudo-header fields, which we always give.
    const session = connect(`${this.identity.scheme}://upstream.invalid`, options);
    session.on('connect', () => session.setLocalWindowSize(CONNECTION_WINDOW));
    session.on('remoteSettings', () => this.#settle(undefined));
    session.on('goaway', () => {
      this.spoiled ??= 'going-away';
    });
    session.on('error', (error) => {
      this.#failure ??= error;
      this.spoiled ??= 'error';
      socket.destroy();
    });
    session.on('close', () => this.#onClose());
    return session;
  }

  #settle(error: ProxyError | undefined): void {
    this.#settled ||= error === undefined;
    const settled = this.#onSettled;
    this.#onSettled = undefined;
    settled?.(error);
  }

  #closeGracefully(): void {
    if (!this.session.closed) this.session.close();
  }

  #onClose(): void {
    this.#parts.deadlines.unwatch(this);
    this.spoiled ??= 'upstream-closed';
    const cause = this.#failure?.message ?? 'the connection was closed';
    this.#settle(new ProxyError('http2-failed', { cause }, this.#failure));
    this.#parts.closed(this, this.spoiled);
    this.#socket.destroySoon();
  }
}
