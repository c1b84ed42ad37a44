// Fetches what the mirror does not hold: details of a flow, older flows, bodies of flows and of cache entries.
import type { BodyChoice, EngineCalls, OpenedBody } from '../../contract/engine.ts';
import type { MessageChoice, MessageWindow } from '../../contract/messages.ts';
import type { FlowDetail, FlowId } from '../../contract/model.ts';
import { ClosedError } from '../../contract/rpc.ts';
import type { FlowRow } from './mirror.ts';

type Call = <Name extends keyof EngineCalls>(
  name: Name,
  argument: EngineCalls[Name]['argument'],
) => Promise<EngineCalls[Name]['result']>;

/** A body of a flow, or that of a cache entry by its id. */
export type BodySource = BodyChoice | { readonly entry: string; readonly form: BodyChoice['form'] };

/** A body that was opened for reading. */
export interface OpenBody {
  /** Bytes in all. */
  readonly size: number;
  /** What is wrong with it, in words. */
  readonly note: string | undefined;
  /** Its bytes, piece by piece; breaking off is fine. */
  readonly pieces: AsyncIterable<Uint8Array>;
}

/** Details of finished flows don't change; this many are kept. */
const keptDetails = 50;
/** Messages that the engine gives in one answer. */
const messagesAtOnce = 200;

export class FlowStore {
  readonly #call: Call;
  readonly #details = new Map<FlowId, FlowDetail>();

  constructor(call: Call) {
    this.#call = call;
  }

  /** Undefined where the flow has left the store, or its engine is gone. */
  async detail(id: FlowId): Promise<FlowDetail | undefined> {
    const known = this.#details.get(id);
    if (known !== undefined) return known;
    const detail = await this.#ask('flowDetail', id);
    if (detail !== undefined && (detail.state === 'done' || detail.state === 'failed')) this.#keep(detail);
    return detail;
  }

  /** At most `count` flows that came before one, newest first. */
  async before(before: FlowId, count: number): Promise<readonly FlowRow[]> {
    const summaries = (await this.#ask('flowsBefore', { before, count })) ?? [];
    return summaries.map((summary) => ({ summary, lost: false }));
  }

  /** Messages of a flow: the newest, or `count` (up to 200) from one on. Undefined where its engine has them no longer. */
  async messages(choice: MessageChoice): Promise<MessageWindow | undefined> {
    return await this.#ask('flowMessages', choice);
  }

  /** The newest `count` messages of a flow, however many the engine gives at once. */
  async newestMessages(id: FlowId, count: number): Promise<MessageWindow | undefined> {
    const newest = await this.messages({ id, count: Math.min(count, messagesAtOnce) });
    if (newest === undefined) return undefined;
    const messages = [...newest.messages];
    const last = Math.max(newest.oldest, newest.total - count + 1);
    for (let before = messages[0]?.number ?? last; before > last; before = Math.max(last, before - messagesAtOnce)) {
      const from = Math.max(last, before - messagesAtOnce);
      const older = await this.messages({ id, from, count: before - from });
      // The oldest may have left meanwhile, and newer ones taken their place in the answer.
      messages.unshift(...(older?.messages ?? []).filter(({ number }) => number >= from && number < before));
    }
    return { ...newest, messages };
  }

  /**
   * Opens a body, hands it to `use` and closes it again. Undefined where there is none or its engine is gone. An engine
   * that ends in the middle makes the pieces end with `ClosedError`.
   */
  async withBody<T>(choice: BodySource, use: (body: OpenBody) => Promise<T>): Promise<T | undefined> {
    const opened = await this.#open(choice);
    if (opened === undefined) return undefined;
    try {
      return await use({ size: opened.size, note: opened.note, pieces: this.#pieces(opened.handle) });
    } finally {
      await this.#ask('closeBody', opened.handle);
    }
  }

  /** Forgets what was kept: the engine that had it is gone, or its flows were cleared. */
  forget(): void {
    this.#details.clear();
  }

  async #open(choice: BodySource): Promise<OpenedBody | undefined> {
    if (!('entry' in choice)) return this.#ask('openBody', choice);
    return this.#ask('openCacheBody', { id: choice.entry, form: choice.form });
  }

  async *#pieces(handle: number): AsyncGenerator<Uint8Array> {
    for (let offset = 0; ;) {
      const piece = await this.#call('readBody', { handle, offset });
      if (piece.byteLength === 0) return;
      yield piece;
      offset += piece.byteLength;
    }
  }

  #keep(detail: FlowDetail): void {
    this.#details.set(detail.id, detail);
    const oldest = this.#details.keys().next();
    if (this.#details.size > keptDetails && oldest.done !== true) this.#details.delete(oldest.value);
  }

  /** An engine that is gone has nothing; that is no error of whoever asks. */
  async #ask<Name extends keyof EngineCalls>(
    name: Name,
    argument: EngineCalls[Name]['argument'],
  ): Promise<EngineCalls[Name]['result'] | undefined> {
    try {
      return await this.#call(name, argument);
    } catch (error) {
      if (error instanceof ClosedError) return undefined;
      throw error;
    }
  }
}
