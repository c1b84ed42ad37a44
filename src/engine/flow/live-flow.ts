// A flow while it lives: the exchange, its record, and the settings that hold for it.
import type { Clock } from '../../base/clock.ts';
import type { ConnectionRecord } from '../../contract/decisions.ts';
import { ProxyError } from '../../contract/errors.ts';
import type { FlowSummary } from '../../contract/model.ts';
import type { EngineSettings } from '../../contract/settings.ts';
import type { HttpCache } from '../../cache/cache.ts';
import type { FlowRecording, Recorder } from '../capture/recorder.ts';
import type { Authority } from '../intercept/authority.ts';
import type { Interception } from '../intercept/interception.ts';
import type { Deadlines } from '../deadlines.ts';
import type { Admission } from '../listen/admission.ts';
import type { InsideConnection } from '../listen/listener.ts';
import type { ClientSide, Exchange } from '../listen/exchange.ts';
import type { ResponseHead } from '../../http/head.ts';
import type { Lease, Pool } from '../upstream/pool.ts';
import type { Collapser, Leader } from './collapse.ts';
import type { Routes } from '../upstream/routes.ts';
import type { SendObserver } from '../upstream/request.ts';
import { UpstreamConnection } from '../upstream/connection.ts';
import { identityKey, type UpstreamIdentity } from '../upstream/identity.ts';

/** What flows run on; made once by the engine. */
export interface FlowParts {
  readonly clock: Clock;
  readonly admission: Admission;
  readonly cache: HttpCache;
  readonly pool: Pool;
  readonly deadlines: Deadlines;
  readonly routes: Routes;
  readonly recorder: Pick<Recorder, 'begin'>;
  /** Tunnels and upgraded connections that are open now. */
  readonly tunnels: { open: number };
  settings(): EngineSettings;
  readonly authority: Authority;
  readonly interception: Interception;
  /** HTTP inside a tunnel: the socket becomes a client's connection of its own, for the same loop. */
  acceptInside(outer: Pick<ClientSide, 'id'>, inside: InsideConnection): void;
  /** Validations of stale responses that run now. */
  readonly background: { running: number };
  readonly collapser: Collapser;
  /** A defect of our own, for the log. */
  report(error: Error): void;
}

export class LiveFlow implements SendObserver {
  readonly exchange: Exchange;
  readonly parts: FlowParts;
  readonly settings: EngineSettings;
  readonly record: FlowRecording;
  /** Wall clock ms when the request went to upstream, for the age calculation (RFC 9111 §4.2.3). */
  requestTime = 0;
  /** Whom it was sent to, before credentials bound it to a connection. */
  identity: UpstreamIdentity | undefined;
  /** Set while others may be answered with what this flow gets. */
  leader: Leader | undefined;
  #admitted = false;
  #requestRecorded = false;
  #requestBytes = 0;
  #used: { readonly connection: Lease['connection']; readonly record: ConnectionRecord } | undefined;

  constructor(exchange: Exchange, url: string, kind: FlowSummary['kind'], parts: FlowParts) {
    this.exchange = exchange;
    this.parts = parts;
    this.settings = parts.settings();
    const { connection, head } = exchange;
    this.record = parts.recorder.begin({
      kind,
      method: head.method,
      url,
      source: connection.source,
      clientAddress: connection.remoteAddress,
      clientConnection: connection.id,
      clientExchange: exchange.number,
      clientTls: connection.tls,
      protocol: connection.protocol === 'http/2' ? 'HTTP/2' : head.minor === 1 ? 'HTTP/1.1' : 'HTTP/1.0',
      ...(connection.stream === undefined ? {} : { clientStream: connection.stream }),
      startedAt: exchange.startedAt,
      startedMonotonic: exchange.startedMonotonic,
    });
  }

  /** Takes a slot of the admission gate; `leave` or `finish` gives it back. */
  async enter(): Promise<void> {
    const waiting = this.parts.admission.enter(this.exchange.cancellation);
    if (waiting !== undefined) {
      this.record.state('queued');
      await waiting;
      this.mark('admitted');
    }
    this.#admitted = true;
    this.record.state('waiting');
  }

  /** Gives the slot back before the end, for what lives on as a tunnel. */
  leave(): void {
    if (!this.#admitted) return;
    this.#admitted = false;
    this.parts.admission.leave();
  }

  /** The last step of every flow. */
  finish(): void {
    this.leave();
    this.leader?.end();
    const closed = this.#used?.connection.spoiled;
    if (this.#used !== undefined && closed !== undefined) this.record.connection({ ...this.#used.record, closed });
    this.record.finish(this.parts.clock.monotonic());
  }

  /** Puts the request's head into the record, once. */
  recordRequest(removed: readonly string[]): void {
    if (this.#requestRecorded) return;
    this.#requestRecorded = true;
    this.record.requestHead(this.exchange.bytes, removed);
  }

  mark(point: 'admitted' | 'sent' | 'firstByte' | 'done'): void {
    this.record.mark(point, this.parts.clock.monotonic());
  }

  // --- while the request is on its way

  leased(lease: Lease, retried: boolean): void {
    const { record } = this;
    this.requestTime = this.parts.clock.wall();
    if (lease.dial !== undefined) {
      const { started, resolved, connected, secured } = lease.dial;
      record.mark('leased', started);
      record.mark('resolved', resolved);
      record.mark('connected', connected);
      if (secured !== undefined) record.mark('secured', secured);
    } else {
      record.mark('leased', this.parts.clock.monotonic());
    }
    this.#used = {
      connection: lease.connection,
      record: retried ? { ...lease.record, retried } : lease.record,
    };
    record.connection(this.#used.record);
  }

  /** Content of unknown length is measured as it comes (RFC 9110 §15.5.14). */
  requestContent(bytes: Buffer): void {
    this.#requestBytes += bytes.length;
    const limit = this.settings.limits.requestBody;
    if (limit > 0 && this.#requestBytes > limit) {
      this.exchange.cancellation.cancel(new ProxyError('body-too-large', { limit }));
    }
    this.record.requestContent(bytes);
  }

  requestSent(trailers: Parameters<SendObserver['requestSent']>[0]): void {
    this.mark('sent');
    this.record.requestEnd(trailers);
  }

  answered(head: ResponseHead, connection: UpstreamConnection | undefined): void {
    this.mark('firstByte');
    // Streams of HTTP/2 share their connection, so nothing can be bound to it.
    if (head.status === 401 && connection !== undefined) this.#bindCredentials(head, connection);
  }

  /** NTLM and Negotiate authenticate the connection, not the request: from here on it belongs to this client alone. */
  #bindCredentials(head: ResponseHead, connection: UpstreamConnection): void {
    const { identity } = this;
    if (identity === undefined) return;
    if (!head.fields.values('www-authenticate').some((value) => /^\s*(ntlm|negotiate)\b/i.test(value))) return;
    const client = this.exchange.connection;
    client.boundOrigins.add(identityKey(identity));
    this.parts.pool.rebind(connection, { ...identity, boundTo: client.id });
  }

  streamed(stream: number): void {
    const used = this.#used;
    if (used === undefined) return;
    const record = { ...used.record, http2: { stream, others: used.record.http2?.others ?? 0 } };
    this.#used = { connection: used.connection, record };
    this.record.connection(record);
  }

  interim(head: ResponseHead, bytes: Buffer): void {
    this.record.interim(bytes);
    const { responder } = this.exchange;
    const connection = this.#used?.connection;
    if (!(connection instanceof UpstreamConnection)) {
      responder.interim(head);
      return;
    }
    responder.interim(head, bytes);
    if (!responder.needsDrain) return;
    connection.pause();
    responder.onDrain = () => connection.resume();
  }

  lenient(what: Parameters<SendObserver['lenient']>[0]): void {
    this.record.leniency(what);
  }
}
