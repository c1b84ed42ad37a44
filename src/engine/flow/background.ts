// Validates a stored response after it has answered stale (RFC 5861 §3): a flow of its own, without a client.
import { Cancellation } from '../../base/cancellation.ts';
import type { Condition } from '../../cache/conditional.ts';
import type { Entry } from '../../cache/entry.ts';
import type { Keeping } from '../../cache/keeping.ts';
import type { CacheRequest } from '../../cache/messages.ts';
import type { CacheRecord, ConnectionRecord, FindDecision } from '../../contract/decisions.ts';
import type { ProxyError } from '../../contract/errors.ts';
import { Fields } from '../../http/fields.ts';
import type { ResponseHead } from '../../http/head.ts';
import { removeHopByHop } from '../../http/hop-by-hop.ts';
import { cacheSource, type FlowRecording } from '../capture/recorder.ts';
import type { Answer } from '../upstream/answer.ts';
import type { Lease } from '../upstream/pool.ts';
import type { SendObserver } from '../upstream/request.ts';
import { send } from '../upstream/send.ts';
import type { Destination } from './destination.ts';
import type { FlowParts, LiveFlow } from './live-flow.ts';
import { outgoingRequest } from './outgoing.ts';
import { refuseForeignChallenge } from './forward.ts';
import { toProxyError } from './refusal.ts';

/** More validations than this do not run at once; an entry that finds no room is validated after its next use. */
const MOST = 32;

/** What a stale answer left to be done. */
interface Validation {
  readonly destination: Destination;
  readonly request: CacheRequest;
  readonly entry: Entry;
  readonly conditions: readonly Condition[];
  readonly decision: FindDecision;
}

const SELECTIVE: ReadonlySet<string> = new Set(['range', 'if-range']);

/** Starts a validation where there is room for one. */
export function validateInBackground(flow: LiveFlow, validation: Validation): void {
  const { parts } = flow;
  if (parts.background.running >= MOST) {
    parts.cache.validationEnded(validation.entry);
    return;
  }
  parts.background.running += 1;
  new BackgroundFlow(parts, validation, flow.exchange.connection.remoteAddress).run().catch((error: unknown) => {
    parts.report(error instanceof Error ? error : new Error(String(error)));
  });
}

class BackgroundFlow implements SendObserver {
  readonly #parts: FlowParts;
  readonly #validation: Validation;
  readonly #record: FlowRecording;
  readonly #clientAddress: string;
  #requestTime = 0;
  #connection: ConnectionRecord | undefined;

  constructor(parts: FlowParts, validation: Validation, clientAddress: string) {
    this.#parts = parts;
    this.#validation = validation;
    this.#clientAddress = clientAddress;
    const { clock, recorder } = parts;
    this.#record = recorder.begin({
      kind: 'exchange',
      method: 'GET',
      url: validation.request.url,
      source: cacheSource,
      clientAddress: '',
      clientConnection: 0,
      clientExchange: 0,
      startedAt: clock.wall(),
      startedMonotonic: clock.monotonic(),
    });
  }

  /** For this flow the stored response is stale, and upstream is asked. */
  get #find(): FindDecision {
    const { conditions, decision } = this.#validation;
    const staleFor = decision.kind === 'stale' ? decision.staleFor : 0;
    const because = decision.because ?? { clause: 'RFC 5861 §3' };
    return { kind: 'miss', reason: 'stale', validating: conditions.length > 0, staleFor, because };
  }

  async run(): Promise<void> {
    const { cache, clock, background } = this.#parts;
    try {
      await this.#keep(await this.#ask());
    } catch (error) {
      this.#record.fail(toProxyError(error).toRecord());
    } finally {
      background.running -= 1;
      cache.validationEnded(this.#validation.entry);
      this.#record.finish(clock.monotonic());
    }
  }

  async #ask(): Promise<Answer> {
    const { destination, request, conditions } = this.#validation;
    const { pool, clock, deadlines, routes } = this.#parts;
    const settings = this.#parts.settings();
    const identity = routes.identityFor(destination.identity, 'request');
    const { via } = identity;
    const fields = request.fields.without(SELECTIVE);
    const outgoing = outgoingRequest({ method: 'GET', target: destination.path, minor: 1, fields }, destination, {
      framing: { kind: 'none' },
      settings,
      clientAddress: this.#clientAddress,
      conditions,
      proxy: via?.tunnel === false ? via.proxy : undefined,
    });
    this.#record.requestHead(Buffer.from(outgoing.head, 'latin1'), []);
    this.#record.decision({ find: this.#find });
    const body = {
      attachBody: (sink: { end(trailers: Fields): void }) => sink.end(Fields.none),
      pauseBody: () => undefined,
      resumeBody: () => undefined,
    };
    const { head, target, fields: sent } = outgoing;
    const answer = await send(
      identity,
      { method: 'GET', head, target, fields: sent, framing: { kind: 'none' }, body },
      { pool, clock, deadlines, cancellation: new Cancellation(), observer: this, silence: settings.timeouts },
    );
    refuseForeignChallenge(this.#record, identity, answer);
    return answer;
  }

  /** Its result takes the place of what is stored, whatever it says, unless upstream failed. */
  async #keep(answer: Answer): Promise<void> {
    const { cache, clock } = this.#parts;
    const { entry, request } = this.#validation;
    const find = this.#find;
    const { status, reason, fields: received } = answer.head;
    const { fields, removed } = removeHopByHop(received);
    const now = clock.wall();
    const times = { requestTime: this.#requestTime, responseTime: now };
    this.#record.responseHead(answer.bytes, status, fields.get('content-type'), removed);
    if (status === 304) {
      const validated = cache.validated(entry, request, fields, times, now);
      this.#record.decision({
        find,
        ...(validated === undefined ? {} : { store: validated.decision, validated: true }),
      });
      await this.#take(answer, undefined, { find });
      return;
    }
    const keeping = cache.keep({ ...request, method: 'GET' }, { status, reason, fields }, times, now);
    const record = { find, store: keeping.decision };
    this.#record.decision(record);
    await this.#take(answer, keeping, record);
  }

  async #take(answer: Answer, keeping: Keeping | undefined, record: CacheRecord): Promise<void> {
    const writer = keeping?.writer;
    const store = (): void => {
      if (keeping !== undefined) this.#record.decision({ ...record, store: keeping.decision });
    };
    await new Promise<void>((fulfil, reject) => {
      answer.attach({
        content: (bytes) => {
          writer?.content(bytes);
          this.#record.responseContent(bytes);
        },
        wire: () => undefined,
        flush: () => undefined,
        end: (trailers) => {
          writer?.commit(trailers);
          store();
          this.#record.responseEnd(trailers);
          fulfil();
        },
        failed: (error: ProxyError) => {
          writer?.abandon('broken-off');
          store();
          reject(error);
        },
      });
    });
  }

  // --- while the request is on its way

  leased(lease: Lease, retried: boolean): void {
    this.#requestTime = this.#parts.clock.wall();
    this.#record.mark('leased', this.#parts.clock.monotonic());
    this.#connection = retried ? { ...lease.record, retried } : lease.record;
    this.#record.connection(this.#connection);
  }

  streamed(stream: number): void {
    if (this.#connection === undefined) return;
    this.#connection = { ...this.#connection, http2: { stream, others: this.#connection.http2?.others ?? 0 } };
    this.#record.connection(this.#connection);
  }

  requestContent(): void {
    // It has none.
  }

  requestSent(trailers: Fields): void {
    this.#record.mark('sent', this.#parts.clock.monotonic());
    this.#record.requestEnd(trailers);
  }

  interim(_head: ResponseHead, bytes: Buffer): void {
    this.#record.interim(bytes);
  }

  answered(): void {
    this.#record.mark('firstByte', this.#parts.clock.monotonic());
  }

  lenient(what: Parameters<SendObserver['lenient']>[0]): void {
    this.#record.leniency(what);
  }
}
