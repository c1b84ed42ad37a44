// Sends one request to upstream and yields the answer; sends it again once when a reused connection turns out to be dead.
import type { Cancellation } from '../../base/cancellation.ts';
import type { Leniency, OpenReason } from '../../contract/decisions.ts';
import { ProxyError } from '../../contract/errors.ts';
import type { Fields } from '../../http/fields.ts';
import type { Framing } from '../../http/framing.ts';
import type { ResponseHead } from '../../http/head.ts';
import { writeTrailers } from '../../http/writer.ts';
import type { BodySink } from '../held-body.ts';
import { Outlet } from '../outlet.ts';
import { Answer } from './answer.ts';
import type { ResponseReceiver, Silence, UpstreamConnection } from './connection.ts';
import type { UpstreamIdentity } from './identity.ts';
import type { Lease, Pool } from './pool.ts';

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
  readonly chunked: boolean;
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
  interim(bytes: Buffer): void;
  /** The head of the answer is here; the connection has not been released yet. */
  answered(head: ResponseHead, connection: UpstreamConnection): void;
  lenient(what: Leniency): void;
}

/** RFC 9110 §9.2.2 */
const IDEMPOTENT: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS', 'TRACE', 'PUT', 'DELETE']);

// A body up to here is remembered until the first byte of the answer, so that it can be sent again; bytes.
const REPEATABLE_LIMIT = 64 * 1024;

/** The part of a request body that was already given away, for a second try. */
class Memory implements BodySink {
  readonly #pieces: Buffer[] = [];
  readonly #observer: SendObserver;
  #bytes = 0;
  #trailers: Fields | undefined;
  #target: BodySink | undefined;
  #remembering = true;

  constructor(observer: SendObserver) {
    this.#observer = observer;
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
    for (const piece of this.#pieces) target.wire(piece);
    if (this.#trailers !== undefined) target.end(this.#trailers);
  }

  content(bytes: Buffer): void {
    this.#observer.requestContent(bytes);
  }

  wire(bytes: Buffer): void {
    this.#bytes += bytes.length;
    if (this.repeatable) this.#pieces.push(bytes);
    else this.#pieces.length = 0;
    this.#target?.wire(bytes);
  }

  end(trailers: Fields): void {
    this.#trailers = trailers;
    this.#target?.end(trailers);
  }
}

/** One try: writes the request on one connection and waits for the head of the answer. */
class Call implements ResponseReceiver {
  readonly #connection: UpstreamConnection;
  readonly #request: OutgoingRequest;
  readonly #memory: Memory;
  readonly #observer: SendObserver;
  readonly #outlet: Outlet;
  readonly #fulfil: (answer: Answer) => void;
  readonly #reject: (error: Error) => void;
  #answer: Answer | undefined;
  #writing = false;
  #intact = true;

  constructor(
    connection: UpstreamConnection,
    request: OutgoingRequest,
    memory: Memory,
    observer: SendObserver,
    settle: { readonly fulfil: (answer: Answer) => void; readonly reject: (error: Error) => void },
  ) {
    this.#connection = connection;
    this.#request = request;
    this.#memory = memory;
    this.#observer = observer;
    this.#outlet = new Outlet(connection.socket);
    this.#fulfil = settle.fulfil;
    this.#reject = settle.reject;
  }

  /** Writes the head with all of the body that is already here, in one write. */
  start(first: boolean): void {
    this.#writing = true;
    this.#outlet.text(this.#request.head);
    const sink: BodySink = {
      content: () => undefined,
      wire: (bytes) => this.#write(bytes),
      end: (trailers) => this.#end(trailers),
    };
    this.#memory.play(sink);
    if (first) this.#request.body.attachBody(this.#memory);
    this.#writing = false;
    this.#flush();
  }

  #write(bytes: Buffer): void {
    this.#outlet.bytes(bytes);
    if (!this.#writing) this.#flush();
  }

  #end(trailers: Fields): void {
    if (this.#request.chunked) this.#outlet.text(writeTrailers(trailers));
    if (!this.#writing) this.#flush();
    this.#connection.requestSent();
    this.#observer.requestSent(trailers);
  }

  #flush(): void {
    if (this.#outlet.flush()) return;
    this.#request.body.pauseBody();
    this.#connection.requestBlocked(true);
  }

  drained(): void {
    this.#connection.requestBlocked(false);
    this.#request.body.resumeBody();
  }

  interim(_head: ResponseHead, bytes: Buffer): void {
    this.#memory.forget();
    this.#observer.interim(bytes);
  }

  head(head: ResponseHead, framing: Framing, bytes: Buffer): void {
    this.#memory.forget();
    this.#observer.answered(head, this.#connection);
    this.#answer = new Answer(this.#connection, { head, framing, bytes, intact: this.#intact });
    this.#fulfil(this.#answer);
  }

  content(bytes: Buffer): void {
    this.#answer?.content(bytes);
  }

  wire(bytes: Buffer): void {
    this.#answer?.wire(bytes);
  }

  pushed(): void {
    this.#answer?.pushed();
  }

  end(trailers: Fields): void {
    this.#answer?.end(trailers);
  }

  /** What upstream sends right behind a 101, before the tunnel took the connection over. */
  bytes(chunk: Buffer): void {
    this.#connection.socket.unshift(chunk);
  }

  bytesEnd(): void {
    this.#connection.close('upstream-closed');
  }

  lenient(what: Leniency): void {
    this.#intact = false;
    this.#observer.lenient(what);
  }

  failed(error: ProxyError): void {
    if (this.#answer === undefined) this.#reject(error);
    else this.#answer.failed(error);
  }
}

export interface SendOptions {
  readonly pool: Pool;
  readonly cancellation: Cancellation;
  readonly observer: SendObserver;
  readonly silence: Silence;
}

async function attempt(
  lease: Lease,
  request: OutgoingRequest,
  memory: Memory,
  first: boolean,
  options: SendOptions,
): Promise<Answer> {
  const { connection } = lease;
  const watching = options.cancellation.onCancel(() => connection.close('client-left'));
  try {
    return await new Promise<Answer>((fulfil, reject) => {
      const rejecting = options.cancellation.onCancel(reject);
      const call = new Call(connection, request, memory, options.observer, {
        fulfil: (answer) => {
          rejecting.dispose();
          fulfil(answer);
        },
        reject: (error) => {
          rejecting.dispose();
          reject(error);
        },
      });
      connection.begin(call, request.method, options.silence);
      call.start(first);
    });
  } finally {
    watching.dispose();
  }
}

/** RFC 9110 §9.2.2, RFC 9112 §9.3.1: only a reused connection, nothing answered, and a request that may be repeated. */
function mayRepeat(error: unknown, lease: Lease, request: OutgoingRequest, memory: Memory): boolean {
  if (lease.record.kind !== 'reused' || lease.connection.answered) return false;
  if (!IDEMPOTENT.has(request.method) || !memory.repeatable) return false;
  return error instanceof ProxyError && error.code === 'connection-reset';
}

/**
 * Sends a request and yields the answer as soon as its head is here.
 * @throws ProxyError of the catalogue, or the reason of the cancellation.
 */
export async function send(
  identity: UpstreamIdentity,
  request: OutgoingRequest,
  options: SendOptions,
): Promise<Answer> {
  const { pool, cancellation, observer } = options;
  const leasing = pool.lease(identity, cancellation, request.fresh);
  const lease = leasing instanceof Promise ? await leasing : leasing;
  const memory = new Memory(observer);
  if (lease.record.kind === 'new' || !IDEMPOTENT.has(request.method)) memory.forget();
  observer.leased(lease, false);
  try {
    return await attempt(lease, request, memory, true, options);
  } catch (error) {
    if (cancellation.reason !== undefined || !mayRepeat(error, lease, request, memory)) throw error;
  }
  const again = await pool.lease(identity, cancellation, 'retry');
  observer.leased(again, true);
  return await attempt(again, request, memory, false, options);
}
