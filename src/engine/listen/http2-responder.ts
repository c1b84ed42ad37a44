// Writes one response to a stream of HTTP/2: header list, DATA, trailers, or a reset.
import { constants, type ServerHttp2Stream } from 'node:http2';
import { Fields } from '../../http/fields.ts';
import type { Framing } from '../../http/framing.ts';
import type { ResponseHead } from '../../http/head.ts';
import { http2Fields } from '../../http/http2-fields.ts';
import type { Responder } from './responder.ts';

/** Statuses after which a stream of HTTP/2 ends with its header list, as node:http2 holds. */
const WITHOUT_CONTENT: ReadonlySet<number> = new Set([204, 205, 304]);

/** What belongs to the handshake of HTTP/1.1 and has no place in the answer to an extended CONNECT (RFC 8441 §5). */
const HANDSHAKE: ReadonlySet<string> = new Set(['sec-websocket-accept']);

interface ResponderContext {
  /** The request was HEAD. */
  readonly head: boolean;
  /** Called when writing has to pause (true) and goes on (false), for the time-out of readers that stopped. */
  stalled(waiting: boolean): void;
}

export class Http2Responder implements Responder {
  readonly #stream: ServerHttp2Stream;
  readonly #context: ResponderContext;
  /** Waits for the first flush, since a whole answer needs no room for trailers. */
  #head: ResponseHead | undefined;
  #pieces: Buffer[] = [];
  #trailers = Fields.none;
  #withoutContent = false;
  #isTunnel = false;
  #started = false;
  #finished = false;
  #needsDrain = false;
  onDrain: (() => void) | undefined;

  constructor(stream: ServerHttp2Stream, context: ResponderContext) {
    this.#stream = stream;
    this.#context = context;
    stream.on('drain', () => this.#drained());
    stream.on('wantTrailers', () => this.#sendTrailers());
  }

  get started(): boolean {
    return this.#started;
  }

  get finished(): boolean {
    return this.#finished;
  }

  get needsDrain(): boolean {
    return this.#needsDrain;
  }

  interim(head: ResponseHead): void {
    // RFC 9113 §8.6: 101 does not exist here.
    if (this.#started || this.#isGone() || head.status === 101) return;
    this.#stream.additionalHeaders(http2Fields(head.fields, { ':status': String(head.status) }));
  }

  begin(head: ResponseHead, framing: Framing): void {
    this.#started = true;
    this.#head = head;
    // What switches protocols in HTTP/1.1 answers an extended CONNECT (RFC 8441 §5).
    this.#isTunnel = head.status === 101;
    this.#withoutContent = framing.kind === 'none' || this.#context.head || WITHOUT_CONTENT.has(head.status);
  }

  content(bytes: Buffer): void {
    if (!this.#withoutContent) this.#pieces.push(bytes);
  }

  wire(): void {
    // The framing of HTTP/1.1 ends here.
  }

  flush(): void {
    if (this.#isGone()) return;
    this.#sendHead(false);
    const pieces = this.#take();
    if (pieces === undefined || this.#stream.write(pieces) || this.#needsDrain) return;
    this.#needsDrain = true;
    this.#context.stalled(true);
  }

  end(trailers: Fields): void {
    if (this.#finished) return;
    this.#finished = true;
    this.#trailers = trailers;
    if (this.#isGone()) return;
    const atOnce = this.#head !== undefined;
    this.#sendHead(true);
    if (this.#isTunnel || (atOnce && this.#endsWithHead())) return;
    const pieces = this.#take();
    if (pieces === undefined) this.#stream.end();
    else this.#stream.end(pieces);
  }

  abort(): void {
    if (this.#finished) return;
    this.#finished = true;
    this.#stream.close(constants.NGHTTP2_INTERNAL_ERROR);
  }

  #endsWithHead(): boolean {
    return this.#trailers.count === 0 && (this.#withoutContent || this.#pieces.length === 0);
  }

  #isGone(): boolean {
    return this.#stream.closed || this.#stream.destroyed;
  }

  #sendHead(whole: boolean): void {
    const head = this.#head;
    if (head === undefined) return;
    this.#head = undefined;
    const status = this.#isTunnel ? 200 : head.status;
    const fields = this.#isTunnel ? head.fields.without(HANDSHAKE) : head.fields;
    const endStream = whole && !this.#isTunnel && this.#endsWithHead();
    const options = {
      endStream,
      // RFC 9110 §6.6.1: the date is upstream's to say.
      sendDate: false,
      waitForTrailers: !endStream && !this.#isTunnel && (!whole || this.#trailers.count > 0),
    };
    this.#stream.respond(http2Fields(fields, { ':status': String(status) }), options);
  }

  #take(): Buffer | undefined {
    const pieces = this.#pieces;
    if (pieces.length === 0) return undefined;
    this.#pieces = [];
    return pieces.length === 1 ? pieces[0] : Buffer.concat(pieces);
  }

  #sendTrailers(): void {
    if (!this.#isGone()) this.#stream.sendTrailers(http2Fields(this.#trailers));
  }

  #drained(): void {
    if (!this.#needsDrain) return;
    this.#needsDrain = false;
    this.#context.stalled(false);
    this.onDrain?.();
  }
}
