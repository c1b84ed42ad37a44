// One live request and response on a client's connection: what runFlow is given.
import type { Duplex } from 'node:stream';
import { Cancellation } from '../../base/cancellation.ts';
import type { Fields } from '../../http/fields.ts';
import type { Framing } from '../../http/framing.ts';
import type { RequestHead } from '../../http/head.ts';
import { HeldBody, type BodySink } from '../held-body.ts';
import type { Responder } from './responder.ts';
import type { ConnectionRole } from './role.ts';

/** What a client speaks. */
type ClientProtocol = 'http/1' | 'http/2';

/** What an exchange may know of the connection that it came on. */
export interface ClientSide {
  readonly id: number;
  readonly protocol: ClientProtocol;
  /** Number of the HTTP/2 stream. */
  readonly stream?: number;
  /** What a tunnel or an upgraded connection goes on with, once it is detached. */
  readonly socket: Duplex;
  readonly role: ConnectionRole;
  readonly source: string;
  /** `address:port` */
  readonly remoteAddress: string;
  readonly halfClosed: boolean;
  /** Keys of upstreams to which credentials of this very connection are bound (NTLM, Negotiate). */
  readonly boundOrigins: Set<string>;
  /** Nobody is there to be answered any more. */
  readonly gone: boolean;
  /** Breaks off, without a word and without an end that looks clean. */
  abandon(): void;
  /** Gives the socket away; the result is what was read from it and not used. */
  detach(): Buffer;
}

/** Stops and restarts the flow of bytes from the client. */
export interface BodyControl {
  pause(): void;
  resume(): void;
}

// What a client may send ahead before somebody takes the body, in bytes.
const HELD_LIMIT = 64 * 1024;

export class Exchange<R extends Responder = Responder> {
  readonly head: RequestHead;
  readonly framing: Framing;
  /** The head as received. */
  readonly bytes: Buffer;
  readonly connection: ClientSide;
  /** The how manieth on its connection, from 1. */
  readonly number: number;
  /** Wall clock and monotonic ms of the head's last byte. */
  readonly startedAt: number;
  readonly startedMonotonic: number;
  readonly responder: R;
  /** Cancelled when the client goes away or breaks its request off. */
  readonly cancellation = new Cancellation();
  readonly #control: BodyControl;
  readonly #body = new HeldBody();

  constructor(
    connection: ClientSide,
    request: { readonly head: RequestHead; readonly framing: Framing; readonly bytes: Buffer; readonly number: number },
    started: { readonly wall: number; readonly monotonic: number },
    responder: R,
    control: BodyControl,
  ) {
    this.connection = connection;
    this.head = request.head;
    this.framing = request.framing;
    this.bytes = request.bytes;
    this.number = request.number;
    this.startedAt = started.wall;
    this.startedMonotonic = started.monotonic;
    this.responder = responder;
    this.#control = control;
  }

  /** Whether the last byte of the request has come. */
  get requestComplete(): boolean {
    return this.#body.complete;
  }

  /** Takes the body: first what has already come, then the rest as it comes. */
  attachBody(sink: BodySink): void {
    this.#body.attach(sink);
    if (!this.#body.complete) this.#control.resume();
  }

  pauseBody(): void {
    this.#control.pause();
  }

  resumeBody(): void {
    this.#control.resume();
  }

  // --- fed by the connection

  content(bytes: Buffer): void {
    this.#body.content(bytes);
  }

  wire(bytes: Buffer): void {
    this.#body.wire(bytes);
    if (this.#body.heldBytes > HELD_LIMIT) this.#control.pause();
  }

  requestEnd(trailers: Fields): void {
    this.#body.end(trailers);
  }
}
