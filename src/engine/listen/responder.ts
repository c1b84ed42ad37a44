// Writes one response to a client: head, body in the framing that the client understands, end or break-off.
import type { Fields } from '../../http/fields.ts';
import type { Framing } from '../../http/framing.ts';
import type { ResponseHead } from '../../http/head.ts';
import { writeResponseHead, writeTrailers } from '../../http/writer.ts';
import type { Outlet } from '../outlet.ts';

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

export class Responder {
  readonly #context: ResponderContext;
  #mode: BodyMode = 'none';
  #chunked = false;
  #started = false;
  #finished = false;
  #closeAfter = false;
  #needsDrain = false;
  /** Set by whoever feeds the body: the client reads again. */
  onDrain: (() => void) | undefined;

  constructor(context: ResponderContext) {
    this.#context = context;
  }

  /** Whether a byte of the final response may have been written. */
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

  /** True while the client does not read as fast as it is written to. */
  get needsDrain(): boolean {
    return this.#needsDrain;
  }

  /** Passes an interim response on; HTTP/1.0 clients know none (RFC 9110 §15.2). */
  interim(bytes: Buffer): void {
    if (this.#context.minor === 0 || this.#started) return;
    this.#context.outlet.bytes(bytes);
    this.flush();
  }

  /**
   * Writes the head. Nothing reaches the socket before `flush` or `end`, so that a small response takes one write.
   * @param raw the head as received, where its fields are unchanged: it is then forwarded byte for byte.
   */
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

  /** Ends the message cleanly. */
  end(trailers: Fields): void {
    if (this.#finished) return;
    this.#finished = true;
    if (this.#chunked && this.#mode === 'wire') this.#context.outlet.text(writeTrailers(trailers));
    this.flush();
  }

  /** Breaks off in the middle: never a clean end. */
  abort(): void {
    if (this.#finished) return;
    this.#finished = true;
    this.#closeAfter = true;
    this.#context.reset();
  }
}
