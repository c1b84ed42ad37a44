// What the parsers of requests and of responses have in common: a head reader, a body reader, and what is known of both.
import { BodyReader, type BodySink } from './body-reader.ts';
import type { Fields } from './fields.ts';
import { HeadReader } from './head-reader.ts';
import type { ParserLimits } from './head-scanner.ts';
import { WireError } from './wire-error.ts';

export abstract class MessageParser {
  protected readonly reader: HeadReader;
  protected readonly body: BodyReader;
  protected isAbandoned = false;

  constructor(kind: 'request' | 'response', limits: ParserLimits, sink: BodySink) {
    this.reader = new HeadReader(kind, limits);
    this.body = new BodyReader(sink, (trailers, offset) => this.checkTrailers(trailers, offset));
  }

  /** The trailers to tell of; throws a WireError for what is to be refused. `offset` is theirs in the message. */
  protected abstract checkTrailers(trailers: Fields, offset: number): Fields;

  /** `idle` before the first byte of a head, `head` from then on, `body` until the message ends. */
  get state(): 'idle' | 'head' | 'body' {
    if (!this.body.isIdle) return 'body';
    return this.reader.isPartial ? 'head' : 'idle';
  }

  /** Octets of content so far in the current or last message. */
  get bodyReceived(): number {
    return this.body.received;
  }

  /** Octets of content that Content-Length announced, where it did. */
  get bodyExpected(): number | undefined {
    return this.body.expected;
  }

  /** The bytes so far of the head that is being read or was refused; they may go beyond the place of the error. */
  received(): Buffer {
    return this.reader.received();
  }

  /** From inside the sink or outside: nothing is told any more, and the push under way returns. */
  abandon(): void {
    this.isAbandoned = true;
    this.body.abandon();
  }

  /**
   * The peer ended its direction: fine between two messages, and the end of a body that has no other. Throws a WireError
   * in the middle of a message.
   */
  finish(): void {
    if (this.reader.isPartial) {
      const { length } = this.reader.received();
      throw new WireError(`the message ended after ${length} bytes of its head`, 'RFC 9112 §8', length);
    }
    this.body.finish();
  }
}
