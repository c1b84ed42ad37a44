// Records the messages of one live flow: like all recording a few stores and one copy.
import type { FlowMessage, MessagesLost } from '../../contract/messages.ts';
import type { StreamKind } from '../../formats/event-stream.ts';
import { BodyWriter } from './body-writer.ts';
import type { FlowRecord } from './flow-record.ts';
import { MessageLog, type MessageEntry, type NewMessage } from './message-log.ts';
import type { FlowStore } from './store.ts';

// Only bodies are written in several pieces by several writers; a message has pieces of its own, so its tag tells nothing.
const PAYLOAD_TAG = 0;

/** One message that is being written. */
export interface OpenMessage {
  readonly entry: MessageEntry;
  readonly writer: BodyWriter;
}

/** After its flow has ended or left the store all methods do nothing. */
export class MessageRecorder {
  readonly #store: FlowStore;
  readonly #live: () => FlowRecord | undefined;
  readonly #maxPayload: () => number;

  /** `maxPayload`: bytes of a message that are kept. */
  constructor(store: FlowStore, live: () => FlowRecord | undefined, maxPayload: () => number) {
    this.#store = store;
    this.#live = live;
    this.#maxPayload = maxPayload;
  }

  /** A message with a payload of its own begins, which comes in pieces. `at` in ms since 1970. */
  begin(
    direction: FlowMessage['direction'],
    kind: 'text' | 'binary' | StreamKind,
    at: number,
  ): OpenMessage | undefined {
    const entry = this.#add({ direction, kind, at });
    if (entry === undefined) return undefined;
    const number = this.#live()?.number ?? 0;
    return { entry, writer: new BodyWriter(this.#store.log, number, entry.pieces, PAYLOAD_TAG) };
  }

  /** Decompressed payload; copied up to the limit. */
  payload({ entry, writer }: OpenMessage, bytes: Buffer): void {
    const record = this.#live();
    if (record === undefined) return;
    entry.size += bytes.length;
    // One that was pushed out of the record must not take room again.
    if (entry.truncated || record.messages?.entry(entry.number) !== entry) return;
    const room = Math.max(0, this.#maxPayload() - writer.kept);
    const length = Math.min(bytes.length, room);
    const kept = writer.write(bytes, length);
    entry.truncated = kept < bytes.length;
    if (kept < length) this.#store.loses(record);
    // Making room may have pushed this very flow out, after its pieces were released.
    if (record.gone) this.#store.log.release(entry.pieces.splice(0));
  }

  /** The message has come to its end, `wireSize` where that is not its size. */
  end({ entry, writer }: OpenMessage, wireSize?: number): void {
    writer.end();
    const record = this.#live();
    if (record === undefined) return;
    entry.complete = true;
    if (wireSize !== undefined) entry.wireSize = wireSize;
    this.#touch(record);
  }

  /** A control frame, which is whole at once. */
  control(direction: FlowMessage['direction'], kind: 'ping' | 'pong' | 'close', payload: Buffer, at: number): void {
    const entry = this.#add({ direction, kind, at, control: Buffer.from(payload) });
    if (entry === undefined) return;
    entry.size = payload.length;
    entry.complete = true;
  }

  /** A message that lies in the response's body, which is recorded anyway. */
  inBody(kind: StreamKind, from: number, to: number, at: number): void {
    const entry = this.#add({ direction: 'received', kind, at, offset: from });
    if (entry === undefined) return;
    entry.size = to - from;
    entry.complete = true;
  }

  /** The decoder lost its way; the first loss is the one that is told. */
  lost(lost: MessagesLost): void {
    const record = this.#live();
    if (record === undefined) return;
    this.#logOf(record).lost ??= lost;
    this.#touch(record);
  }

  #add(start: NewMessage): MessageEntry | undefined {
    const record = this.#live();
    if (record === undefined) return undefined;
    const entry = this.#store.messages.add(record, this.#logOf(record), start);
    this.#touch(record);
    return entry;
  }

  #logOf(record: FlowRecord): MessageLog {
    return (record.messages ??= new MessageLog());
  }

  #touch(record: FlowRecord): void {
    if (!record.dirty) this.#store.touch(record);
  }
}
