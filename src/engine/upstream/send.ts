// Sends one request to upstream and yields the answer; sends it again once when a reused connection turns out to be dead.
import type { Cancellation } from '../../base/cancellation.ts';
import type { Leniency } from '../../contract/decisions.ts';
import { ProxyError } from '../../contract/errors.ts';
import type { Fields } from '../../http/fields.ts';
import type { Framing } from '../../http/framing.ts';
import type { ResponseHead } from '../../http/head.ts';
import { writeTrailers } from '../../http/writer.ts';
import type { BodySink } from '../held-body.ts';
import type { Clock } from '../../base/clock.ts';
import type { Deadlines } from '../deadlines.ts';
import { Outlet } from '../outlet.ts';
import { Answer } from './answer.ts';
import { UpstreamConnection, type ResponseReceiver, type Silence } from './connection.ts';
import { Http2Call } from './http2-call.ts';
import type { Http2UpstreamConnection } from './http2-connection.ts';
import type { UpstreamIdentity } from './identity.ts';
import type { Lease, Pool } from './pool.ts';
import { Memory, type OutgoingRequest, type SendObserver } from './request.ts';

/** RFC 9110 §9.2.2 */
const IDEMPOTENT: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS', 'TRACE', 'PUT', 'DELETE']);

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
    if (this.#request.framing.kind === 'chunked') this.#outlet.text(writeTrailers(trailers));
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

  interim(head: ResponseHead, bytes: Buffer): void {
    this.#memory.forget();
    this.#observer.interim(head, bytes);
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
  readonly clock: Clock;
  readonly deadlines: Deadlines;
}

async function attempt(
  lease: Lease,
  request: OutgoingRequest,
  memory: Memory,
  first: boolean,
  options: SendOptions,
): Promise<Answer> {
  const { connection } = lease;
  if (!(connection instanceof UpstreamConnection))
    return await attemptHttp2(connection, request, memory, first, options);
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

/** As `attempt`, on a stream. */
async function attemptHttp2(
  connection: Http2UpstreamConnection,
  request: OutgoingRequest,
  memory: Memory,
  first: boolean,
  options: SendOptions,
): Promise<Answer> {
  const { cancellation } = options;
  return await new Promise<Answer>((fulfil, reject) => {
    const settling = {
      fulfil: (answer: Answer): void => {
        watching.dispose();
        fulfil(answer);
      },
      reject: (error: Error): void => {
        watching.dispose();
        reject(error);
      },
    };
    const call = new Http2Call(connection, request, memory, options, settling);
    const watching = cancellation.onCancel((reason) => {
      call.close();
      reject(reason);
    });
    call.start();
    if (first) request.body.attachBody(memory);
  });
}

/** RFC 9110 §9.2.2, RFC 9112 §9.3.1: only a reused connection, nothing answered, and a request that may be repeated. */
function mayRepeat(error: unknown, lease: Lease, request: OutgoingRequest, memory: Memory): boolean {
  if (!(error instanceof ProxyError)) return false;
  // What upstream refused it has not looked at (RFC 9113 §8.7).
  if (error.code === 'stream-refused') return memory.repeatable;
  if (lease.record.kind !== 'reused') return false;
  if (lease.connection instanceof UpstreamConnection && lease.connection.answered) return false;
  if (!IDEMPOTENT.has(request.method) || !memory.repeatable) return false;
  return error.code === 'connection-reset' || error.code === 'http2-failed';
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
  const isHttp1 = lease.connection instanceof UpstreamConnection;
  const memory = new Memory(observer, isHttp1 ? 'wire' : 'content');
  if (isHttp1 && (lease.record.kind === 'new' || !IDEMPOTENT.has(request.method))) memory.forget();
  observer.leased(lease, false);
  let failure: unknown;
  try {
    return await attempt(lease, request, memory, true, options);
  } catch (error) {
    if (cancellation.reason !== undefined || !mayRepeat(error, lease, request, memory)) throw error;
    failure = error;
  }
  const again = await pool.lease(identity, cancellation, 'retry');
  if (again.connection instanceof UpstreamConnection !== isHttp1) {
    // What was given away is in the form of the other protocol.
    if (again.connection instanceof UpstreamConnection) again.connection.close('error');
    else again.connection.ended();
    throw failure;
  }
  observer.leased(again, true);
  return await attempt(again, request, memory, false, options);
}
