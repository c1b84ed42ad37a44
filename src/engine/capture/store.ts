// The flows that are kept: a ring of records, their bytes in the slab log, and the list of what changed since last asked.
import { Emitter } from '../../base/emitter.ts';
import type { MessageWindow } from '../../contract/messages.ts';
import type { FlowDetail, FlowId, FlowSummary } from '../../contract/model.ts';
import type { EngineSettings } from '../../contract/settings.ts';
import type { SpillFile } from '../platform/temporary.ts';
import { detailOf } from './detail.ts';
import { FlowRecord, flags, summaryOf, tags, type Point, type Side } from './flow-record.ts';
import { MessageBudget } from './message-log.ts';
import { messageWindow, payloadOf, type StoredPayload } from './message-window.ts';
import { SlabLog, type Lease, type Loss } from './slabs.ts';
import { Times } from './times.ts';

// The list of changes is cut to the newest of them when nobody takes it. Twice what one update carries.
const DIRTY_KEPT = 2048;

type Limits = Pick<EngineSettings['capture'], 'maxFlows' | 'memory' | 'disk'>;

/** What belongs to a new flow. */
export type NewRecord = ConstructorParameters<typeof FlowRecord>[1] & { readonly startedAt: number };

export class FlowStore {
  /** The bytes of the flows. */
  readonly log: SlabLog;
  /** The messages of the flows. */
  readonly messages: MessageBudget;
  readonly #epoch: string;
  readonly #changes = new Emitter<void>();
  #ring: (FlowRecord | undefined)[];
  #times: Times;
  #capacity: number;
  #oldest = 1;
  #next = 1;
  #dirty: FlowRecord[] = [];
  #lossUpTo = 0;

  /** Something changed, for the first time since changes were taken. */
  readonly onDirty = this.#changes.event;

  constructor(limits: Limits, epoch: string, file: SpillFile) {
    this.#epoch = epoch;
    this.#capacity = limits.maxFlows;
    this.#ring = emptyRing(limits.maxFlows);
    this.#times = new Times(limits.maxFlows);
    this.log = new SlabLog(limits, file);
    this.messages = new MessageBudget(this.log);
    this.log.onLoss((loss) => this.#lost(loss));
  }

  /** How many flows there are. */
  get size(): number {
    return this.#next - this.#oldest;
  }

  /** Flows numbered below this have left; where there is none, the number of the next. */
  get oldest(): number {
    return this.#oldest;
  }

  /** True while bodies of flows that are still kept had to be cut or dropped for want of room. */
  get truncating(): boolean {
    return this.#lossUpTo >= this.#oldest;
  }

  /** Bytes of memory that heads and bodies take. */
  get memoryUsed(): number {
    return this.log.memoryUsed;
  }

  /** Bytes of the spill file that heads and bodies take. */
  get diskUsed(): number {
    return this.log.diskUsed;
  }

  /** Takes new limits; what is too much is dropped, oldest first, or moved to disk. */
  configure(limits: Limits): void {
    if (limits.maxFlows !== this.#capacity) this.#resize(limits.maxFlows);
    this.log.configure(limits);
  }

  /** Adds a flow; where the ring is full the oldest one leaves, even if it is still live. */
  add(start: NewRecord): FlowRecord {
    if (this.size === this.#capacity) this.#evictThrough(this.#oldest);
    const record = new FlowRecord(this.#next++, start);
    const slot = record.number % this.#capacity;
    this.#ring[slot] = record;
    this.#times.begin(slot, start.startedAt);
    this.touch(record);
    return record;
  }

  /** Notes a moment of a flow, in ms since it began. */
  mark(record: FlowRecord, point: Point, at: number): void {
    if (!record.gone) this.#times.mark(record.number % this.#capacity, point, at);
  }

  hasMark(record: FlowRecord, point: Point): boolean {
    return !record.gone && this.#times.at(record.number % this.#capacity, point) !== undefined;
  }

  /** Bytes of this flow were lost for want of room. */
  loses(record: FlowRecord): void {
    this.#lossUpTo = Math.max(this.#lossUpTo, record.number);
  }

  /** Puts a flow on the list of changes. */
  touch(record: FlowRecord): void {
    if ((record.flags & (flags.dirty | flags.gone)) !== 0) return;
    record.flags |= flags.dirty;
    this.#dirty.push(record);
    if (this.#dirty.length === 1) this.#changes.fire();
    else if (this.#dirty.length === 2 * DIRTY_KEPT) this.#dirty = this.#newestOf(this.#dirty, DIRTY_KEPT);
  }

  /** The changed flows since the last call, oldest first; the newest `limit` of them where there are more. */
  takeDirty(limit: number): FlowSummary[] {
    const changed = this.#newestOf(this.#dirty, limit);
    this.#dirty = [];
    return changed.map((record) => {
      record.flags &= ~flags.dirty;
      return this.#summary(record);
    });
  }

  /** Sorts out flows that have left, then keeps the newest. Those that are cut off count as taken. */
  #newestOf(records: readonly FlowRecord[], limit: number): FlowRecord[] {
    const kept = records.filter((record) => !record.gone).sort((one, other) => one.number - other.number);
    for (const record of kept.splice(0, Math.max(0, kept.length - limit))) record.flags &= ~flags.dirty;
    return kept;
  }

  summary(number: number): FlowSummary | undefined {
    const record = this.#find(number);
    return record === undefined ? undefined : this.#summary(record);
  }

  /** At most `count` flows numbered below `number`, or the newest, newest first. */
  before(number: number | undefined, count: number): FlowSummary[] {
    const summaries: FlowSummary[] = [];
    for (
      let at = Math.min(number ?? this.#next, this.#next) - 1;
      at >= this.#oldest && summaries.length < count;
      at--
    ) {
      const record = this.#find(at);
      if (record !== undefined) summaries.push(this.#summary(record));
    }
    return summaries;
  }

  /** The number in an id; undefined where the id is not of this engine. */
  numberOf(id: FlowId): number | undefined {
    const dot = id.lastIndexOf('.');
    const number = Number(id.slice(dot + 1));
    return id.slice(0, dot) === this.#epoch && Number.isSafeInteger(number) ? number : undefined;
  }

  /** All of a flow but its bodies; undefined where it has left the store. */
  async detail(number: number): Promise<FlowDetail | undefined> {
    const record = this.#find(number);
    if (record === undefined) return undefined;
    const timing = this.#times.timing(number % this.#capacity);
    return await detailOf(record, this.#summary(record), timing, this.log);
  }

  /** A body's bytes as they came over the wire, readable until released; undefined where flow or bytes are gone. */
  body(number: number, side: Side): Lease | undefined {
    const record = this.#find(number);
    if (record === undefined) return undefined;
    return this.log.lease(record.pieces, side === 'request' ? tags.requestBody : tags.responseBody);
  }

  /** Messages of a flow: `count` from number `from` on, or the newest. Undefined where the flow has left the store. */
  async messageWindow(number: number, from: number | undefined, count: number): Promise<MessageWindow | undefined> {
    const record = this.#find(number);
    return record === undefined ? undefined : await messageWindow(record, this.log, from, count);
  }

  /** A message's payload, readable until its lease is released; undefined where flow, message or bytes are gone. */
  payload(number: number, message: number): StoredPayload | undefined {
    const record = this.#find(number);
    const entry = record?.messages?.entry(message);
    return record === undefined || entry === undefined ? undefined : payloadOf(record, entry, this.log);
  }

  /** Drops all flows, live ones too. */
  clear(): void {
    this.#evictThrough(this.#next - 1);
    this.#dirty = [];
    this.log.trim();
    this.#changes.fire();
  }

  dispose(): void {
    this.#changes.dispose();
    this.log.dispose();
  }

  #find(number: number): FlowRecord | undefined {
    if (!(number >= this.#oldest && number < this.#next)) return undefined;
    return this.#ring[number % this.#capacity];
  }

  #summary(record: FlowRecord): FlowSummary {
    const slot = record.number % this.#capacity;
    return summaryOf(record, this.#epoch, this.#times.startedAt(slot), this.#times.at(slot, 'done'));
  }

  #evictThrough(last: number): void {
    while (this.#oldest <= last && this.#oldest < this.#next) {
      const slot = this.#oldest % this.#capacity;
      const record = this.#ring[slot];
      this.#ring[slot] = undefined;
      this.#oldest += 1;
      if (record === undefined) continue;
      record.flags |= flags.gone;
      this.releasePieces(record);
    }
  }

  /** Gives up the bytes of a flow that has left. */
  releasePieces(record: FlowRecord): void {
    const pieces = record.pieces.splice(0);
    this.log.release(pieces);
    this.messages.release(record);
  }

  #lost(loss: Loss): void {
    // A flow without its heads says nothing any more; a flow without its bodies does.
    if (loss.kind === 'head') this.#evictThrough(loss.lastFlow);
    else this.#lossUpTo = Math.max(this.#lossUpTo, loss.lastFlow);
  }

  #resize(capacity: number): void {
    if (this.size > capacity) this.#evictThrough(this.#next - 1 - capacity);
    const ring = emptyRing(capacity);
    const times = new Times(capacity);
    for (let number = this.#oldest; number < this.#next; number += 1) {
      const from = number % this.#capacity;
      ring[number % capacity] = this.#ring[from];
      times.copyFrom(this.#times, from, number % capacity);
    }
    this.#ring = ring;
    this.#times = times;
    this.#capacity = capacity;
  }
}

function emptyRing(capacity: number): (FlowRecord | undefined)[] {
  return Array.from<FlowRecord | undefined>({ length: capacity }).fill(undefined);
}
