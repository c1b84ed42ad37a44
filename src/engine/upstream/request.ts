// A request on its way to upstream: what is sent, who is told, and what is remembered for a second try.
import type { Leniency, OpenReason } from '../../contract/decisions.ts';
import type { Fields } from '../../http/fields.ts';
import type { Framing } from '../../http/framing.ts';
import type { ResponseHead } from '../../http/head.ts';
import type { BodySink } from '../held-body.ts';
import type { UpstreamConnection } from './connection.ts';
import type { Lease } from './pool.ts';

/** The content of a request, as it comes from the client. */
interface RequestBody {
  attachBody(sink: BodySink): void;
  pauseBody(): void;
  resumeBody(): void;
}

export interface OutgoingRequest {
  readonly method: string;
  /** Start line, field lines and empty line. */
  readonly head: string;
  /** The same for HTTP/2, whose head is no text. */
  readonly target: string;
  readonly fields: Fields;
  readonly framing: Framing;
  readonly body: RequestBody;
  /** Why it must have a connection of its own, where it must. */
  readonly fresh?: OpenReason;
}

/** What a flow wants to know while the request is on its way. */
export interface SendObserver {
  leased(lease: Lease, retried: boolean): void;
  requestContent(bytes: Buffer): void;
  /** The last byte of the request was handed to the socket. */
  requestSent(trailers: Fields): void;
  interim(head: ResponseHead, bytes: Buffer): void;
  /** The head of the answer is here; the connection, which is its own in HTTP/1, has not been released yet. */
  answered(head: ResponseHead, connection: UpstreamConnection | undefined): void;
  /** The number of the stream, in HTTP/2. */
  streamed(stream: number): void;
  lenient(what: Leniency): void;
}

// A body up to here is remembered until the first byte of the answer, so that it can be sent again; bytes.
const REPEATABLE_LIMIT = 64 * 1024;

/** The part of a request body that was already given away, for a second try. */
export class Memory implements BodySink {
  readonly #pieces: Buffer[] = [];
  readonly #observer: SendObserver;
  /** What upstream gets: content as it is, or with the framing of HTTP/1.1. */
  readonly form: 'content' | 'wire';
  #bytes = 0;
  #trailers: Fields | undefined;
  #target: BodySink | undefined;
  #remembering = true;

  constructor(observer: SendObserver, form: 'content' | 'wire') {
    this.#observer = observer;
    this.form = form;
  }

  /** Whether all that came so far can be sent again. */
  get repeatable(): boolean {
    return this.#remembering && this.#bytes <= REPEATABLE_LIMIT;
  }

  forget(): void {
    this.#remembering = false;
    this.#pieces.length = 0;
  }

  /** Gives everything from the beginning to `target`, and what comes from now on. */
  play(target: BodySink): void {
    this.#target = target;
    for (const piece of this.#pieces) target[this.form](piece);
    if (this.#trailers !== undefined) target.end(this.#trailers);
  }

  content(bytes: Buffer): void {
    this.#observer.requestContent(bytes);
    if (this.form === 'content') this.#give(bytes);
  }

  wire(bytes: Buffer): void {
    if (this.form === 'wire') this.#give(bytes);
  }

  #give(bytes: Buffer): void {
    this.#bytes += bytes.length;
    if (this.repeatable) this.#pieces.push(bytes);
    else this.#pieces.length = 0;
    this.#target?.[this.form](bytes);
  }

  end(trailers: Fields): void {
    this.#trailers = trailers;
    this.#target?.end(trailers);
  }
}
