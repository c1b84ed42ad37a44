// The messages of flows as the store keeps them: few fields each, their bytes in the slabs, and no more than so many in all.
import type { FlowMessage, MessagesLost } from '../../contract/messages.ts';
import type { Pieces, SlabLog } from './slabs.ts';

/** Messages that are kept of one flow, and of all: a message takes some 200 bytes beside its payload. */
const KEPT_OF_ONE = 10_000;
const KEPT_OF_ALL = 50_000;

/** A message as it is kept. */
export class MessageEntry {
  readonly number: number;
  /** ms since 1970. */
  readonly at: number;
  readonly direction: FlowMessage['direction'];
  readonly kind: FlowMessage['kind'];
  /** Payload bytes, decompressed; -1 in `wireSize` where they crossed the wire as they are. */
  size = 0;
  wireSize = -1;
  complete = false;
  truncated = false;
  /** Where the payload lies: its own pieces, or a place in the response's body from `offset` on. */
  readonly pieces: Pieces;
  readonly offset: number;
  /** The payload of a control frame, which is too small for the slabs. */
  readonly control: Buffer | undefined;

  constructor(number: number, start: NewMessage) {
    this.number = number;
    this.at = start.at;
    this.direction = start.direction;
    this.kind = start.kind;
    this.offset = start.offset ?? -1;
    this.control = start.control;
    this.pieces = start.offset === undefined && start.control === undefined ? [] : none;
  }
}

const none: Pieces = [];

export interface NewMessage {
  readonly at: number;
  readonly direction: FlowMessage['direction'];
  readonly kind: FlowMessage['kind'];
  readonly offset?: number;
  readonly control?: Buffer;
}

/** The newest messages of one flow. */
export class MessageLog {
  total = 0;
  lost: MessagesLost | undefined;
  /** Oldest first, without gaps. */
  readonly entries: MessageEntry[] = [];

  /** The number of the oldest one that is kept; of the next one where none is. */
  get oldest(): number {
    return this.total - this.entries.length + 1;
  }

  entry(number: number): MessageEntry | undefined {
    return this.entries[number - this.oldest];
  }
}

/** Whose messages they are: a flow's record. */
interface Owner {
  messages: MessageLog | undefined;
}

/** Bounds the messages of all flows together: those of the oldest flow go first. */
export class MessageBudget {
  readonly #log: SlabLog;
  readonly #ofOne: number;
  readonly #ofAll: number;
  /** Flows that have messages, oldest first. */
  readonly #flows = new Set<Owner>();
  #count = 0;

  constructor(log: SlabLog, ofOne = KEPT_OF_ONE, ofAll = KEPT_OF_ALL) {
    this.#log = log;
    this.#ofOne = ofOne;
    this.#ofAll = ofAll;
  }

  /** Messages that are kept. */
  get count(): number {
    return this.#count;
  }

  /** Adds a message to its flow, which has a log. */
  add(record: Owner, messages: MessageLog, start: NewMessage): MessageEntry {
    this.#flows.add(record);
    messages.total += 1;
    const entry = new MessageEntry(messages.total, start);
    messages.entries.push(entry);
    this.#count += 1;
    if (messages.entries.length > this.#ofOne) this.#dropOldest(messages);
    else if (this.#count > this.#ofAll) this.#makeRoom();
    return entry;
  }

  /** Gives up what belongs to a flow that has left. */
  release(record: Owner): void {
    const { messages } = record;
    if (messages === undefined || !this.#flows.delete(record)) return;
    for (const { pieces } of messages.entries) this.#log.release(pieces.splice(0));
    this.#count -= messages.entries.length;
    messages.entries.length = 0;
  }

  #makeRoom(): void {
    for (const record of this.#flows) {
      const { messages } = record;
      if (messages !== undefined && messages.entries.length > 0) {
        this.#dropOldest(messages);
        return;
      }
      this.#flows.delete(record);
    }
  }

  #dropOldest(messages: MessageLog): void {
    const oldest = messages.entries.shift();
    if (oldest === undefined) return;
    this.#count -= 1;
    this.#log.release(oldest.pieces.splice(0));
  }
}
