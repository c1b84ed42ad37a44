// One exchange on an HTTP/2 connection to upstream: writes the request to a stream, yields the answer at its head.
import { constants, type ClientHttp2Stream } from 'node:http2';
import { ProxyError } from '../../contract/errors.ts';
import { Fields } from '../../http/fields.ts';
import { Http2Content } from '../../http/http2-content.ts';
import { http2Fields } from '../../http/http2-fields.ts';
import {
  http2ResponseText,
  readHttp2Interim,
  readHttp2Response,
  readHttp2Trailers,
  type HeaderList,
} from '../../http/http2-head.ts';
import { WireError } from '../../http/wire-error.ts';
import type { Deadlines, Watched } from '../deadlines.ts';
import type { Clock } from '../../base/clock.ts';
import { http2ErrorName, watchEnd } from '../http2-stream.ts';
import { Answer } from './answer.ts';
import type { CarriesAnswer } from './carrier.ts';
import type { Silence } from './connection.ts';
import type { Http2UpstreamConnection } from './http2-connection.ts';
import type { Memory, OutgoingRequest, SendObserver } from './request.ts';

export interface CallParts {
  readonly clock: Clock;
  readonly deadlines: Deadlines;
  readonly silence: Silence;
  readonly observer: SendObserver;
}

const END_STREAM = 0x1;

/** Settles exactly once; afterwards failures go to the answer. */
interface Settling {
  fulfil(answer: Answer): void;
  reject(error: Error): void;
}

export class Http2Call implements CarriesAnswer, Watched {
  deadline = Infinity;
  readonly #connection: Http2UpstreamConnection;
  readonly #request: OutgoingRequest;
  readonly #memory: Memory;
  readonly #parts: CallParts;
  readonly #settling: Settling;
  readonly #stream: ClientHttp2Stream;
  readonly #readable: { readonly byReset: boolean };
  #answer: Answer | undefined;
  #content: Http2Content | undefined;
  #expected: number | undefined;
  #trailers = Fields.none;
  #requestTrailers = Fields.none;
  #sent = false;
  #done = false;

  /**
   * @param connection with a stream reserved, which is given back at the end.
   * @throws ProxyError `http2-failed` where the connection takes no stream any more.
   */
  constructor(
    connection: Http2UpstreamConnection,
    request: OutgoingRequest,
    memory: Memory,
    parts: CallParts,
    settling: Settling,
  ) {
    this.#connection = connection;
    this.#request = request;
    this.#memory = memory;
    this.#parts = parts;
    this.#settling = settling;
    this.#stream = this.#open();
    this.#readable = watchEnd(this.#stream);
    parts.deadlines.watch(this);
    this.#listen();
  }

  /** Gives the request's body to upstream as far as it is here, and what comes of it. */
  start(): void {
    this.#memory.play({
      content: (bytes) => this.#write(bytes),
      wire: () => undefined,
      end: (trailers) => this.#end(trailers),
    });
  }

  pause(): void {
    this.#stream.pause();
  }

  resume(): void {
    this.#stream.resume();
  }

  /** Gives the stream up, and not the connection. */
  close(): void {
    this.#finish();
    this.#stream.close(constants.NGHTTP2_CANCEL);
  }

  expire(): void {
    const { silence } = this.#parts;
    const answered = this.#answer !== undefined;
    const seconds = (answered ? silence.idle : silence.firstByte) / 1000;
    this.#fail(new ProxyError(answered ? 'idle-timeout' : 'first-byte-timeout', { seconds }));
    this.#stream.close(constants.NGHTTP2_CANCEL);
  }

  #open(): ClientHttp2Stream {
    const { method, target, fields, framing } = this.#request;
    const { scheme } = this.#connection.identity;
    const first = { ':method': method, ':scheme': scheme, ':authority': fields.get('host') ?? '', ':path': target };
    try {
      return this.#connection.session.request(http2Fields(fields, first), {
        endStream: framing.kind === 'none',
        // Else giving the stream up in the middle would look like the end of the request: node:http2 ends before it resets.
        waitForTrailers: framing.kind !== 'none',
      });
    } catch (error) {
      this.#connection.ended();
      const cause = error instanceof Error ? error.message : String(error);
      throw new ProxyError('http2-failed', { cause }, error);
    }
  }

  #listen(): void {
    const stream = this.#stream;
    const number = stream.id;
    if (number !== undefined) this.#parts.observer.streamed(number);
    else stream.once('ready', () => this.#parts.observer.streamed(stream.id ?? 0));
    stream.on('response', (_headers: unknown, flags: number, list?: unknown) => {
      this.#reading(() => this.#onResponse(list as HeaderList, (flags & END_STREAM) !== 0));
    });
    stream.on('headers', (_headers: unknown, _flags: unknown, list?: unknown) => {
      this.#reading(() => this.#onInterim(list as HeaderList));
    });
    stream.on('trailers', (_headers: unknown, _flags: unknown, list?: unknown) => {
      this.#reading(() => {
        this.#trailers = readHttp2Trailers(list as HeaderList);
      });
    });
    stream.on('data', (chunk: Buffer) => this.#reading(() => this.#onData(chunk)));
    stream.on('end', () => this.#reading(() => this.#onEnd()));
    stream.on('drain', () => {
      this.touch();
      this.#request.body.resumeBody();
    });
    stream.on('wantTrailers', () => {
      if (!stream.closed && !stream.destroyed) stream.sendTrailers(http2Fields(this.#requestTrailers));
    });
    // Its close tells all that an error would.
    stream.on('error', () => undefined);
    stream.on('close', () => this.#onClose());
  }

  // --- the request

  #write(bytes: Buffer): void {
    const stream = this.#stream;
    if (stream.closed || stream.destroyed || bytes.length === 0) return;
    if (!stream.write(bytes)) this.#request.body.pauseBody();
  }

  #end(trailers: Fields): void {
    this.#requestTrailers = trailers;
    this.#sent = true;
    if (!this.#stream.closed && !this.#stream.writableEnded) this.#stream.end();
    this.touch();
    this.#parts.observer.requestSent(trailers);
  }

  /** Something moved. While more of the request is to come from the client, it is not upstream who is late. */
  touch(): void {
    const { silence, clock } = this.#parts;
    const blocked = this.#stream.writableNeedDrain;
    if (this.#done || (!this.#sent && !blocked)) this.deadline = Infinity;
    else this.deadline = clock.monotonic() + (this.#answer === undefined ? silence.firstByte : silence.idle);
  }

  // --- the answer

  /** Runs a step that reads what upstream sent; what breaks a rule fails the exchange. */
  #reading(step: () => void): void {
    if (this.#done) return;
    this.touch();
    try {
      step();
    } catch (error) {
      this.#fail(this.#wireFailure(error));
      this.#stream.close(constants.NGHTTP2_PROTOCOL_ERROR);
    }
  }

  #onInterim(list: HeaderList): void {
    this.#memory.forget();
    this.#parts.observer.interim(readHttp2Interim(list), Buffer.from(http2ResponseText(list), 'latin1'));
  }

  #onResponse(list: HeaderList, ended: boolean): void {
    this.#memory.forget();
    const { head, framing } = readHttp2Response(list, ended, this.#request.method);
    this.#expected = framing.kind === 'length' ? framing.length : undefined;
    this.#parts.observer.answered(head, undefined);
    const bytes = Buffer.from(http2ResponseText(list), 'latin1');
    const answer = new Answer(this, { head, framing, bytes, intact: false });
    this.#answer = answer;
    this.#content = new Http2Content(framing, answer);
    this.touch();
    if (ended) this.#onEnd();
    this.#settling.fulfil(answer);
  }

  #onData(chunk: Buffer): void {
    this.#content?.data(chunk);
    this.#answer?.pushed();
  }

  #onEnd(): void {
    const stream = this.#stream;
    // A reset ends the readable side too; `close` tells of it.
    const isReset = this.#readable.byReset || (stream.closed && stream.rstCode !== constants.NGHTTP2_NO_ERROR);
    if (this.#content === undefined || isReset) return;
    const content = this.#content;
    this.#finish();
    content.end(this.#trailers);
    // An answer that came before all of the request was taken: the rest of it is of no use (RFC 9113 §8.1).
    if (!this.#sent) stream.close(constants.NGHTTP2_CANCEL);
  }

  #onClose(): void {
    this.#parts.deadlines.unwatch(this);
    if (!this.#done) this.#fail(this.#resetFailure());
    this.#connection.ended();
  }

  #resetFailure(): ProxyError {
    const { rstCode } = this.#stream;
    const { failure } = this.#connection;
    const answered = this.#answer !== undefined;
    if (!answered && rstCode === constants.NGHTTP2_REFUSED_STREAM) return new ProxyError('stream-refused');
    if (!answered && failure !== undefined) return new ProxyError('http2-failed', { cause: failure.message }, failure);
    const reason = http2ErrorName(rstCode);
    if (!answered) {
      const wasReset = rstCode !== constants.NGHTTP2_NO_ERROR;
      return wasReset ? new ProxyError('stream-reset', { reason }) : new ProxyError('connection-reset');
    }
    const received = this.#content?.received ?? 0;
    const ofTotal = this.#expected === undefined ? '' : ` of ${this.#expected.toLocaleString('en-US')}`;
    return new ProxyError('stream-broken-off', { reason, received, ofTotal });
  }

  #wireFailure(error: unknown): ProxyError {
    if (!(error instanceof WireError)) return new ProxyError('internal', { message: String(error) }, error);
    if (this.#answer === undefined) return new ProxyError('bad-response', { rule: error.rule, offset: 0 }, error);
    const received = this.#content?.received ?? 0;
    return new ProxyError('stream-broken-off', { reason: error.rule, received, ofTotal: '' }, error);
  }

  #finish(): void {
    this.#done = true;
    this.deadline = Infinity;
  }

  #fail(error: ProxyError): void {
    if (this.#done) return;
    this.#finish();
    if (this.#answer === undefined) this.#settling.reject(error);
    else this.#answer.failed(error);
  }
}
