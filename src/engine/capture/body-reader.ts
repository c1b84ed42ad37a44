// Opens bodies of the record for reading in pieces: as on the wire, decoded, or laid out for people.
import { disposable, type Disposable } from '../../base/disposable.ts';
import type { BodyChoice, OpenedBody } from '../../contract/engine.ts';
import type { FlowDetail, MessageRecord } from '../../contract/model.ts';
import { looksOf } from '../../formats/media-type.ts';
import { formatBytes } from '../../formats/numbers.ts';
import type { WorkerPool } from '../workers/pool.ts';
import { DECODED_LIMIT, heldSource, leasedSource, withoutWorker, type Content, type Source } from './body-source.ts';
import { messageContent } from './message-content.ts';
import type { Lease } from './slabs.ts';
import type { FlowStore } from './store.ts';

/** The largest piece that is read at once, in bytes. */
const PIECE = 256 * 1024;
/** Handles that are open at the same time, and decoded bytes that they hold together; the longest unused give way. */
const HANDLES = 32;
const HELD = 2 * DECODED_LIMIT;
/** A handle that nobody reads from for so long (ms) is closed. */
const IDLE = 60_000;

interface Handle {
  readonly source: Source;
  lastUsed: number;
}

const noLease: Lease = { pieces: [], size: 0, release: () => undefined };

/** A copy that threads can read. */
function leaseOfCopy(bytes: Buffer): Lease {
  const memory = new SharedArrayBuffer(bytes.length);
  new Uint8Array(memory).set(bytes);
  const { length } = bytes;
  return { pieces: [{ kind: 'memory', memory, offset: 0, length }], size: length, release: () => undefined };
}

/** What a message says of its content. */
interface Said {
  readonly contentEncoding: string | undefined;
  readonly mediaType: string | undefined;
}

function saidBy(message: MessageRecord | undefined): Said {
  return { contentEncoding: fieldOf(message, 'content-encoding'), mediaType: fieldOf(message, 'content-type') };
}

function fieldOf(message: MessageRecord | undefined, lowerCaseName: string): string | undefined {
  const values = (message?.fields ?? []).filter(([name]) => name.toLowerCase() === lowerCaseName);
  return values.length === 0 ? undefined : values.map(([, value]) => value).join(', ');
}

function recordNotes(detail: FlowDetail, message: MessageRecord | undefined): string[] {
  if (message === undefined) return [];
  const { size, kept, state } = message.body;
  switch (state) {
    case 'truncated':
      return [
        `Only the first ${formatBytes(kept)} of ${formatBytes(size)} are in the record (wirelens.capture.maxBody).`,
      ];
    case 'dropped':
      return ['This body left the record to make room (wirelens.capture.memory, wirelens.capture.disk).'];
    case 'partial':
      return detail.state === 'done' || detail.state === 'failed'
        ? ['The body broke off.']
        : ['More is still to come.'];
    case 'complete':
      return [];
  }
}

export class BodyReader implements Disposable {
  readonly #store: FlowStore;
  readonly #workers: WorkerPool;
  readonly #handles = new Map<number, Handle>();
  readonly #cancel = new AbortController();
  readonly #idle: number;
  #next = 1;
  #timer: Disposable | undefined;

  /** `idle`: after how many ms without reading a handle is closed. */
  constructor(store: FlowStore, workers: WorkerPool, idle = IDLE) {
    this.#store = store;
    this.#workers = workers;
    this.#idle = idle;
  }

  /** Handles that are open. */
  get open(): number {
    return this.#handles.size;
  }

  /** Opens a body; undefined where the flow has left the store. What cannot be decoded is given as far as it can. */
  async openBody(choice: BodyChoice): Promise<OpenedBody | undefined> {
    const number = this.#store.numberOf(choice.id);
    if (number === undefined) return undefined;
    if (choice.message !== undefined) return await this.#openMessage(number, choice.message, choice.form);
    const detail = await this.#store.detail(number);
    if (detail === undefined || this.#cancel.signal.aborted) return undefined;
    const message = detail[choice.side];
    const lease = this.#store.body(number, choice.side) ?? noLease;
    const { source, notes } = await this.#content(lease, saidBy(message), choice.form);
    return this.#opened({ source, notes: [...recordNotes(detail, message), ...notes] });
  }

  /** Opens content that lies elsewhere than in the record; it must not change. What is very large is not decoded. */
  async openContent(bytes: Buffer, form: BodyChoice['form'], said: Said): Promise<OpenedBody | undefined> {
    if (form === 'wire') return this.#opened({ source: heldSource(bytes), notes: [] });
    if (bytes.length > DECODED_LIMIT) {
      const notes = ['It is shown as it was sent: it is too large to be decoded.'];
      return this.#opened({ source: heldSource(bytes), notes });
    }
    const { source, notes } = await this.#content(leaseOfCopy(bytes), said, form);
    return this.#opened({ source: { ...source, held: source.size }, notes });
  }

  async #openMessage(flow: number, message: number, form: BodyChoice['form']): Promise<OpenedBody | undefined> {
    const payload = this.#store.payload(flow, message);
    if (payload === undefined) return undefined;
    return this.#opened(await messageContent(payload, form, this.#workers, this.#cancel.signal));
  }

  #opened({ source, notes }: Content): OpenedBody | undefined {
    if (this.#cancel.signal.aborted) {
      source.release();
      return undefined;
    }
    const handle = this.#add(source);
    return { handle, size: source.size, ...(notes.length === 0 ? {} : { note: notes.join(' ') }) };
  }

  /** At most 256 KiB from `offset` on; nothing at the end, and nothing from a handle that was closed. */
  async readBody(handle: number, offset: number): Promise<Uint8Array> {
    const opened = this.#handles.get(handle);
    if (opened === undefined || !(offset >= 0 && offset < opened.source.size)) return new Uint8Array();
    opened.lastUsed = performance.now();
    // The one used last stands last.
    this.#handles.delete(handle);
    this.#handles.set(handle, opened);
    return await opened.source.read(offset, PIECE);
  }

  closeBody(handle: number): void {
    const opened = this.#handles.get(handle);
    if (opened === undefined) return;
    this.#handles.delete(handle);
    opened.source.release();
  }

  dispose(): void {
    this.#cancel.abort();
    this.#timer?.dispose();
    for (const handle of this.#handles.keys()) this.closeBody(handle);
  }

  async #content(lease: Lease, { contentEncoding = '', mediaType }: Said, form: BodyChoice['form']): Promise<Content> {
    const { language } = looksOf(mediaType);
    const isPretty = form === 'pretty' && language === 'json';
    if (form === 'wire' || lease.size === 0 || (contentEncoding === '' && !isPretty)) {
      return { source: leasedSource(lease), notes: [] };
    }
    const { signal } = this.#cancel;
    const decoding = await this.#workers.run(
      'decodeBody',
      { pieces: lease.pieces, contentEncoding, limit: DECODED_LIMIT },
      signal,
    );
    if (decoding.kind !== 'done') return { source: leasedSource(lease), notes: [withoutWorker(decoding)] };
    lease.release();
    const { bytes, notes } = decoding.value;
    if (!isPretty) return { source: heldSource(bytes), notes };
    const laidOut = await this.#workers.run('prettyJson', { bytes, limit: DECODED_LIMIT }, signal);
    if (laidOut.kind !== 'done') return { source: heldSource(bytes), notes: [...notes, withoutWorker(laidOut)] };
    return { source: heldSource(laidOut.value.bytes), notes: [...notes, ...laidOut.value.notes] };
  }

  #add(source: Source): number {
    const handle = this.#next++;
    this.#handles.set(handle, { source, lastUsed: performance.now() });
    let held = 0;
    for (const opened of this.#handles.values()) held += opened.source.held;
    for (const [oldest, opened] of this.#handles) {
      if (oldest === handle || (this.#handles.size <= HANDLES && held <= HELD)) break;
      held -= opened.source.held;
      this.closeBody(oldest);
    }
    this.#timer ??= this.#watch();
    return handle;
  }

  /** Looks for idle handles while there are any. */
  #watch(): Disposable {
    const timer = setInterval(() => {
      const limit = performance.now() - this.#idle;
      for (const [handle, opened] of this.#handles) {
        if (opened.lastUsed <= limit) this.closeBody(handle);
      }
      if (this.#handles.size > 0) return;
      this.#timer?.dispose();
      this.#timer = undefined;
    }, this.#idle / 2);
    timer.unref();
    return disposable(() => clearInterval(timer));
  }
}
