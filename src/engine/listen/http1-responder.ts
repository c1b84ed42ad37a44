// Writes one response to a client of HTTP/1: head, body in the framing that the client understands, end or break-off.
import type { Fields } from '../../http/fields.ts';
import type { Framing } from '../../http/framing.ts';
import type { ResponseHead } from '../../http/head.ts';
import { writeResponseHead, writeTrailers } from '../../http/writer.ts';
import type { Outlet } from '../outlet.ts';
import type { Responder } from './responder.ts';

/** What the responder has to know about the client's side. */
export interface ResponderContext {
  readonly outlet: Outlet;
  /** The request's version and whether it was HEAD. */
  readonly minor: 0 | 1;
  readonly head: boolean;
  /** Whether the client's connection may carry another exchange after this one. */
  persistent(): boolean;
  /** Called when writing has to pause (false) and goes on (true), for the time-out of readers that stopped. */
  stalled(waiting: boolean): void;
  /** Breaks the connection so that the client cannot take it for a clean end. */
  reset(): void;
}

type BodyMode = 'none' | 'wire' | 'content';

const FRAMING_FIELDS: ReadonlySet<string> = new Set(['transfer-encoding', 'trailer']);

export class Http1Responder implements Responder {
  readonly #context: ResponderContext;
  #mode: BodyMode = 'none';
  #chunked = false;
  #started = false;
  #finished = false;
  #closeAfter = false;
  #needsDrain = false;
  onDrain: (() => void) | undefined;

  constructor(context: ResponderContext) {
    this.#context = context;
  }

  get started(): boolean {
    return this.#started;
  }

  get finished(): boolean {
    return this.#finished;
  }

  /** Whether the connection must be closed after this response. */
  get closeAfter(): boolean {
    return this.#closeAfter;
  }

  get needsDrain(): boolean {
    return this.#needsDrain;
  }

  /** HTTP/1.0 clients know no interim responses (RFC 9110 §15.2). */
  interim(head: ResponseHead, raw?: Buffer): void {
    if (this.#context.minor === 0 || this.#started) return;
    this.#context.outlet.bytes(raw ?? Buffer.from(writeResponseHead(head), 'latin1'));
    this.flush();
  }

  begin(head: ResponseHead, framing: Framing, raw?: Buffer): void {
    this.#started = true;
    const { outlet } = this.#context;
    const unframed = this.#frame(framing);
    this.#closeAfter = framing.kind === 'close' || unframed || !this.#context.persistent();
    const saysClose = this.#closeAfter && head.status !== 101;
    if (raw !== undefined && !saysClose && head.minor === 1) {
      outlet.bytes(raw);
      return;
    }
    let fields = unframed ? head.fields.without(FRAMING_FIELDS) : head.fields;
    if (saysClose) fields = fields.append('Connection', 'close');
    outlet.text(writeResponseHead({ ...head, fields }));
  }

  /** Settles how the body is written; true where HTTP/1.0 makes us take its chunks apart. */
  #frame(framing: Framing): boolean {
    const unframed = this.#context.minor === 0 && framing.kind === 'chunked';
    this.#mode = framing.kind === 'none' ? 'none' : unframed ? 'content' : 'wire';
    this.#chunked = framing.kind === 'chunked' && !unframed;
    return unframed;
  }

  /** Content octets; used where the client cannot take the framing. */
  content(bytes: Buffer): void {
    if (this.#mode === 'content') this.#context.outlet.bytes(bytes);
  }

  /** Body bytes with their framing, as received. */
  wire(bytes: Buffer): void {
    if (this.#mode === 'wire') this.#context.outlet.bytes(bytes);
  }

  flush(): void {
    if (this.#context.outlet.flush() || this.#needsDrain) return;
    this.#needsDrain = true;
    this.#context.stalled(true);
  }

  /** The socket takes bytes again. */
  drained(): void {
    if (!this.#needsDrain) return;
    this.#needsDrain = false;
    this.#context.stalled(false);
    this.onDrain?.();
  }

  end(trailers: Fields): void {
    if (this.#finished) return;
    this.#finished = true;
    if (this.#chunked && this.#mode === 'wire') this.#context.outlet.text(writeTrailers(trailers));
    this.flush();
  }

  abort(): void {
    if (this.#finished) return;
    this.#finished = true;
    this.#closeAfter = true;
    this.#context.reset();
  }
}
