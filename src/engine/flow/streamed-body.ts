// Finds the messages of a streamed answer as it passes: server-sent events, and values a line.
import type { Transform } from 'node:stream';
import type { DecoderLoss } from '../../contract/decisions.ts';
import {
  splitterOf,
  streamFormOf,
  type StreamForm,
  type StreamKind,
  type StreamSplitter,
} from '../../formats/event-stream.ts';
import type { Fields } from '../../http/fields.ts';
import type { MessageRecorder } from '../capture/message-recorder.ts';
import { codingsOf, decoderFor } from '../workers/decode.ts';
import type { LiveFlow } from './live-flow.ts';
import type { ContentObserver } from './transfer.ts';

interface Parts {
  readonly form: StreamForm;
  readonly recorder: MessageRecorder;
  /** ms since 1970. */
  readonly now: () => number;
}

function kindOf(form: StreamForm): StreamKind {
  return form === 'events' ? 'event' : 'line';
}

/** An observer that may have to finish what it was given, after the last byte. */
interface StreamObserver extends ContentObserver {
  finish?(): Promise<void>;
}

/** Of a body that is recorded as it is: a message is a place in it. Until there is one it costs next to nothing. */
class PlainStream implements StreamObserver {
  readonly #flow: LiveFlow;
  readonly #kind: StreamKind;
  readonly #splitter: StreamSplitter;
  #recorder: MessageRecorder | undefined;

  constructor(flow: LiveFlow, form: StreamForm) {
    this.#flow = flow;
    this.#kind = kindOf(form);
    this.#splitter = splitterOf(form);
  }

  content(bytes: Buffer): void {
    this.#splitter.push(bytes, this.#found);
  }

  end(): void {
    this.#splitter.end(this.#found);
  }

  readonly #found = (from: number, to: number): void => {
    const { record, parts } = this.#flow;
    this.#recorder ??= record.messages();
    this.#recorder?.inBody(this.#kind, from, to, parts.clock.wall());
  };
}

// Encoded bytes that wait to be decoded at most, and the largest message. In bytes.
const BACKLOG = 8 * 1024 * 1024;
const LARGEST = 4 * 1024 * 1024;

/** Of a body with a Content-Encoding: it is decoded on zlib's threads, and messages are kept by themselves. */
class EncodedStream implements StreamObserver {
  readonly #parts: Parts;
  readonly #splitter: StreamSplitter;
  readonly #coding: string;
  #decoder: Transform | undefined;
  /** Decoded bytes that belong to no message yet, their number, and where they begin. */
  #held: Buffer[] = [];
  #heldSize = 0;
  #heldFrom = 0;
  #ended = false;
  #stopped = false;

  constructor(parts: Parts, coding: string) {
    this.#parts = parts;
    this.#splitter = splitterOf(parts.form);
    this.#coding = coding;
  }

  content(bytes: Buffer): void {
    if (this.#stopped) return;
    const decoder = (this.#decoder ??= this.#create(bytes));
    if (decoder === undefined) return;
    if (decoder.writableLength > BACKLOG) this.#lose('behind');
    else decoder.write(bytes);
  }

  end(): void {
    this.#ended = true;
  }

  async finish(): Promise<void> {
    const decoder = this.#decoder;
    if (decoder === undefined || decoder.destroyed) return;
    await new Promise<void>((fulfil) => {
      decoder.once('close', fulfil);
      decoder.end();
    });
  }

  #create(first: Buffer): Transform | undefined {
    const decoder = decoderFor(this.#coding, first);
    if (decoder === undefined) {
      this.#lose('unknown-coding');
      return undefined;
    }
    decoder.on('data', (bytes: Buffer) => this.#decoded(bytes));
    decoder.on('end', () => {
      this.#splitter.end(this.#found);
      this.#stop();
    });
    decoder.on('error', () => this.#lose('not-decodable'));
    return decoder;
  }

  #decoded(bytes: Buffer): void {
    if (this.#stopped) return;
    this.#held.push(bytes);
    this.#heldSize += bytes.length;
    this.#splitter.push(bytes, this.#found);
    if (this.#heldSize > LARGEST) this.#lose('too-large');
  }

  readonly #found = (from: number, to: number): void => {
    const { recorder, form, now } = this.#parts;
    const [first] = this.#held;
    const held = this.#held.length === 1 && first !== undefined ? first : Buffer.concat(this.#held);
    const message = recorder.begin('received', kindOf(form), now());
    if (message !== undefined) {
      recorder.payload(message, held.subarray(from - this.#heldFrom, to - this.#heldFrom));
      recorder.end(message);
    }
    const rest = held.subarray(to - this.#heldFrom);
    this.#held = [rest];
    this.#heldSize = rest.length;
    this.#heldFrom = to;
  };

  #lose(reason: DecoderLoss): void {
    if (this.#stopped) return;
    // An answer that broke off breaks its coding off too, which is no news.
    if (this.#ended || reason !== 'not-decodable') this.#parts.recorder.lost({ direction: 'received', reason });
    this.#stop();
  }

  #stop(): void {
    this.#stopped = true;
    this.#held = [];
    this.#decoder?.destroy();
  }
}

/** An observer for an answer of these fields; undefined where it has no messages, or is not recorded. */
export function observeStream(flow: LiveFlow, answer: Fields): StreamObserver | undefined {
  const contentType = answer.get('content-type');
  if (contentType === undefined || !flow.record.recorded) return undefined;
  const form = streamFormOf(contentType, answer.has('content-length'));
  if (form === undefined) return undefined;
  const codings = codingsOf(answer.get('content-encoding') ?? '');
  const [coding] = codings;
  if (coding === undefined) return new PlainStream(flow, form);
  // Decoding it only to find out would cost too much.
  const recorder = form === 'lines-perhaps' ? undefined : flow.record.messages();
  if (recorder === undefined) return undefined;
  if (codings.length === 1) return new EncodedStream({ form, recorder, now: () => flow.parts.clock.wall() }, coding);
  recorder.lost({ direction: 'received', reason: 'unknown-coding' });
  return undefined;
}
