// The push parsers: bytes of a connection go in, heads, content and ends are told to a sink (RFC 9112).
import type { BodySink } from './body-reader.ts';
import { CR, LF } from './characters.ts';
import { Fields } from './fields.ts';
import { requestFraming, responseFraming, type Framing } from './framing.ts';
import { HeadScanner, type ParserLimits } from './head-scanner.ts';
import type { RequestHead, ResponseHead } from './head.ts';
import { endOfLenientHead, isRepairable, repairHead } from './lenient-head.ts';
import type { Leniency } from './leniency.ts';
import { splitList } from './lists.ts';
import { MessageParser } from './message-parser.ts';
import { checkHost } from './target.ts';
import { indexOfForbiddenTrailer, withoutForbiddenTrailers } from './trailers.ts';
import { WireError } from './wire-error.ts';

export type { ParserLimits } from './head-scanner.ts';

/** Empty lines that are passed over before a request line (RFC 9112 §2.2). */
const emptyLineLimit = 4;

/** What a RequestParser tells, in the order of the bytes. Nothing in it may push into the same parser. */
export interface RequestSink extends BodySink {
  /** A head is complete and valid; `bytes` has it as received, from the request line to the empty line. */
  head(head: RequestHead, framing: Framing, bytes: Buffer): void;
}

/** One request after the other from one connection. After a thrown WireError it is of no more use. */
export class RequestParser extends MessageParser {
  readonly #sink: RequestSink;
  #emptyLines = 0;
  #isAfterReturn = false;

  constructor(limits: ParserLimits, sink: RequestSink) {
    super('request', limits, sink);
    this.#sink = sink;
  }

  /**
   * Reads until the end of a request at most and answers how many bytes it took: what is left belongs to the next one.
   * Throws a WireError for a request to be refused. The parser keeps no reference to the chunk, but the sink may.
   */
  push(chunk: Buffer): number {
    let at = 0;
    if (this.body.isIdle) {
      if (!this.reader.isPartial) at = this.#skipEmptyLines(chunk);
      if (at === chunk.length || this.isAbandoned) return at;
      at = this.#head(chunk, at);
      if (at < 0) return chunk.length;
      if (this.body.isIdle) return at;
    }
    if (at < chunk.length && !this.isAbandoned) at = this.body.push(chunk, at);
    return at;
  }

  #skipEmptyLines(chunk: Buffer): number {
    let at = 0;
    while (at < chunk.length) {
      if (this.#isAfterReturn) {
        if (chunk[at] !== LF) throw new WireError('CR without LF before the request line', 'RFC 9112 §2.2');
        this.#emptyLines += 1;
        if (this.#emptyLines > emptyLineLimit) {
          throw new WireError('too many empty lines before the request line', 'RFC 9112 §2.2');
        }
      } else if (chunk[at] !== CR) break;
      this.#isAfterReturn = !this.#isAfterReturn;
      at += 1;
    }
    return at;
  }

  /** The position after the head, -1 where it is not complete. */
  #head(chunk: Buffer, from: number): number {
    const reader = this.reader;
    const at = reader.read(chunk, from);
    if (at < 0) return at;
    const { scanner } = reader;
    const { end } = scanner;
    const head = requestHeadOf(reader.received().toString('latin1', 0, end), scanner);
    checkHost(head);
    const framing = requestFraming(head);
    const bytes = reader.take(end);
    this.#emptyLines = 0;
    this.#sink.head(head, framing, bytes);
    this.body.start(framing, end);
    return at;
  }

  protected override checkTrailers(trailers: Fields, offset: number): Fields {
    const index = indexOfForbiddenTrailer(trailers);
    if (index < 0) return trailers;
    const rule = `${trailers.name(index)} in the trailer section`;
    throw new WireError(rule, 'RFC 9110 §6.5.1', offset + trailers.offset(index));
  }
}

function requestHeadOf(source: string, scanner: HeadScanner): RequestHead {
  return {
    method: source.slice(0, scanner.methodEnd),
    target: source.slice(scanner.methodEnd + 1, scanner.targetEnd),
    minor: scanner.minor,
    fields: Fields.scanned(source, scanner.marks),
  };
}

/** What a ResponseParser tells, in the order of the bytes. Nothing in it may push into the same parser. */
export interface ResponseSink extends BodySink {
  /** A head with a status of 1xx other than 101; the final one is still to come (RFC 9110 §15.2). */
  interim(head: ResponseHead, bytes: Buffer): void;
  /**
   * The final head, or that of a 101, after which the bytes are no longer HTTP/1. `bytes` has it as received. Where
   * `lenient` was told for this head before, `fields` is what may be forwarded and `bytes` is not.
   */
  head(head: ResponseHead, framing: Framing, bytes: Buffer): void;
  /** Something was tolerated; told before the head or the end that it concerns, once for a message. */
  lenient(what: Leniency): void;
}

const contentLength: ReadonlySet<string> = new Set(['content-length']);
const anyFraming: ReadonlySet<string> = new Set(['content-length', 'transfer-encoding']);

/** One response after the other from one connection, each announced by `expect`. After a thrown WireError it is of no more use. */
export class ResponseParser extends MessageParser {
  readonly #sink: ResponseSink;
  readonly #limits: ParserLimits;
  /** The method of the request that is being answered. */
  #method: string | undefined;
  /** The first rule that the unfinished head has broken, as long as that may turn out tolerable. */
  #fault: WireError | undefined;
  #tolerated: Leniency[] = [];

  constructor(limits: ParserLimits, sink: ResponseSink) {
    super('response', limits, sink);
    this.#sink = sink;
    this.#limits = limits;
  }

  /** A request with that method was sent: its response may come. */
  expect(requestMethod: string): void {
    this.#method = requestMethod;
    this.#tolerated = [];
  }

  /**
   * Reads until the end of the expected response at most and answers how many bytes it took: what is left is surplus, or
   * the bytes after a 101. Without an expected response it takes nothing. Throws a WireError for what is no response.
   */
  push(chunk: Buffer): number {
    let at = 0;
    while (at < chunk.length && !this.isAbandoned && this.#method !== undefined) {
      if (this.body.isIdle) {
        at = this.#head(chunk, at, this.#method);
        if (at < 0) return chunk.length;
      } else {
        at = this.body.push(chunk, at);
        if (this.body.isIdle) this.#method = undefined;
      }
    }
    return at;
  }

  /** Upstream ended its direction: as for any message, and no response is expected any more. */
  override finish(): void {
    super.finish();
    this.#method = undefined;
  }

  /** The position after the head, -1 where it is not complete. */
  #head(chunk: Buffer, from: number, method: string): number {
    const reader = this.reader;
    if (this.#fault !== undefined) {
      reader.gather(chunk, from);
      return this.#lenientHead(from, method, this.#fault);
    }
    let at: number;
    try {
      at = reader.read(chunk, from);
    } catch (error) {
      if (!(error instanceof WireError)) throw error;
      this.#fault = error;
      return this.#lenientHead(from, method, error);
    }
    if (at < 0) return at;
    const { scanner } = reader;
    const { end } = scanner;
    const head = responseHeadOf(reader.received().toString('latin1', 0, end), scanner);
    this.#deliver(head, method, reader.take(end));
    return at;
  }

  /** As `#head`, for a head that breaks a rule which may be tolerated; its bytes have been gathered. */
  #lenientHead(from: number, method: string, fault: WireError): number {
    const reader = this.reader;
    const received = reader.received();
    if (!isRepairable(fault, received)) throw fault;
    const end = endOfLenientHead(received);
    if (end < 0 ? reader.isFull : end > reader.capacity) {
      throw new WireError(`a head of more than ${reader.capacity} bytes`, 'RFC 6585 §5', reader.capacity, 431);
    }
    if (end < 0) {
      reader.keep();
      return -1;
    }
    const repaired = repairHead(received.toString('latin1', 0, end), fault);
    const scanner = new HeadScanner('response', this.#limits);
    if (!scanner.scan(Buffer.from(repaired.text, 'latin1'), repaired.text.length)) throw fault;
    const at = from + end - reader.before;
    const bytes = reader.take(end);
    this.#fault = undefined;
    for (const leniency of repaired.leniencies) this.#tolerate(leniency);
    this.#deliver(responseHeadOf(repaired.text, scanner), method, bytes);
    return at;
  }

  #deliver(received: ResponseHead, method: string, bytes: Buffer): void {
    const { framing, leniencies } = responseFraming(received, method);
    for (const leniency of leniencies) this.#tolerate(leniency);
    const head = leniencies.length === 0 ? received : withOneFraming(received, leniencies);
    if (this.isAbandoned) return;
    if (head.status < 200 && head.status !== 101) return this.#sink.interim(head, bytes);
    this.#sink.head(head, framing, bytes);
    this.body.start(framing, bytes.length);
    if (this.body.isIdle) this.#method = undefined;
  }

  #tolerate(what: Leniency): void {
    if (this.isAbandoned || this.#tolerated.includes(what)) return;
    this.#tolerated.push(what);
    this.#sink.lenient(what);
  }

  protected override checkTrailers(trailers: Fields): Fields {
    const allowed = withoutForbiddenTrailers(trailers);
    if (allowed !== trailers) this.#tolerate('invalid-field-dropped');
    return allowed;
  }
}

function responseHeadOf(source: string, scanner: HeadScanner): ResponseHead {
  return {
    status: scanner.status,
    reason: source.slice(scanner.reasonStart, scanner.reasonEnd),
    minor: scanner.minor,
    fields: Fields.scanned(source, scanner.marks),
  };
}

/** The head with field lines that frame its content in one way only (RFC 9112 §6.1, §6.3). */
function withOneFraming(head: ResponseHead, leniencies: readonly Leniency[]): ResponseHead {
  let { fields } = head;
  if (leniencies.includes('invalid-field-dropped')) fields = fields.without(anyFraming);
  if (leniencies.includes('content-length-with-transfer-encoding')) fields = fields.without(contentLength);
  if (leniencies.includes('duplicate-content-length')) {
    const [length = ''] = splitList(fields.get('content-length') ?? '');
    fields = fields.replace('Content-Length', length);
  }
  return fields === head.fields ? head : { ...head, fields };
}
