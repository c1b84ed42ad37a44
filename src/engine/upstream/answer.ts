// The answer of upstream to one request: its head is here, its body comes to whoever attaches.
import type { CloseReason } from '../../contract/decisions.ts';
import type { ProxyError } from '../../contract/errors.ts';
import type { Fields } from '../../http/fields.ts';
import type { Framing } from '../../http/framing.ts';
import type { ResponseHead } from '../../http/head.ts';
import { HeldBody, type BodySink } from '../held-body.ts';
import type { CarriesAnswer } from './carrier.ts';

/** Where an answer's body goes. */
export interface AnswerSink extends BodySink {
  /** All that came in one piece of the socket was given: time to write. */
  flush(): void;
  failed(error: ProxyError): void;
}

// What upstream may send before somebody takes the body; bytes.
const HELD_LIMIT = 256 * 1024;

export class Answer {
  readonly head: ResponseHead;
  readonly framing: Framing;
  /** The head as received. */
  readonly bytes: Buffer;
  readonly connection: CarriesAnswer;
  /** False where the head was malformed and what we read of it is not what stands in `bytes`. */
  readonly intact: boolean;
  #sink: AnswerSink | undefined;
  readonly #body = new HeldBody();
  #failure: ProxyError | undefined;

  constructor(
    connection: CarriesAnswer,
    received: {
      readonly head: ResponseHead;
      readonly framing: Framing;
      readonly bytes: Buffer;
      readonly intact: boolean;
    },
  ) {
    const { head, framing, bytes, intact } = received;
    this.connection = connection;
    this.head = head;
    this.framing = framing;
    this.bytes = bytes;
    this.intact = intact;
  }

  /** Takes the body: first what has already come, then the rest as it comes. */
  attach(sink: AnswerSink): void {
    const held = this.#body.heldBytes > HELD_LIMIT;
    this.#sink = sink;
    this.#body.attach(sink);
    if (this.#failure !== undefined) sink.failed(this.#failure);
    else if (!this.complete) sink.flush();
    if (held) this.resume();
  }

  /** Whether the last byte has come and the connection is free again. */
  get complete(): boolean {
    return this.#body.complete;
  }

  pause(): void {
    if (!this.complete) this.connection.pause();
  }

  resume(): void {
    if (!this.complete) this.connection.resume();
  }

  /** Nobody wants the rest: breaks the connection, unless it is done with this answer already. */
  abort(reason: CloseReason): void {
    if (!this.complete && this.#failure === undefined) this.connection.close(reason);
  }

  // --- fed by the call that yields the answer

  content(bytes: Buffer): void {
    this.#body.content(bytes);
  }

  wire(bytes: Buffer): void {
    this.#body.wire(bytes);
    if (this.#body.heldBytes > HELD_LIMIT) this.connection.pause();
  }

  pushed(): void {
    this.#sink?.flush();
  }

  end(trailers: Fields): void {
    this.#body.end(trailers);
  }

  failed(error: ProxyError): void {
    this.#failure = error;
    this.#sink?.failed(error);
  }
}
