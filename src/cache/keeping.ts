// A response on its way into the store: collects its content and becomes an entry when it is complete.
import type { Because, NotStoredReason, StoreDecision } from '../contract/decisions.ts';
import type { Fields } from '../http/fields.ts';
import type { EntryHead } from './entry.ts';

/** What a writer needs of the cache that it writes for. */
export interface WriterOwner {
  /** Counts `bytes` more (or fewer) of content on its way; false where there is no room for more. */
  reserve(bytes: number): boolean;
  /** Stores the complete content. */
  store(body: Buffer): StoreDecision;
  /** Told once, when the writer has ended in any way. */
  ended(): void;
}

/** Somebody who gets the content while it arrives. */
export interface ContentFollower {
  /** Not to be changed. */
  content(bytes: Buffer): void;
  /** The message is complete. */
  end(): void;
  /** It broke off. */
  lost(): void;
}

/** Clauses for reasons that only show while the content arrives. */
const CLAUSES: Partial<Record<NotStoredReason, string>> = {
  'too-large': 'setting cache.maxEntrySize',
  crowded: 'setting cache.maxSize',
  'broken-off': 'RFC 9111 §3.3',
  invalidated: 'RFC 9111 §4.4',
};

function refusal(reason: NotStoredReason, maxBytes: number): StoreDecision {
  const because: Because = { clause: CLAUSES[reason] ?? 'RFC 9111 §3' };
  const decision = { kind: 'not-stored', reason, because } as const;
  return reason === 'too-large' ? { ...decision, limit: maxBytes } : decision;
}

/** Collects the content of one response. After any end the other calls do nothing. */
export class CacheWriter {
  /** What will be stored, without its content. */
  readonly head: EntryHead;
  readonly #owner: WriterOwner;
  readonly #maxBytes: number;
  #chunks: Buffer[] = [];
  #bytes = 0;
  #decision: StoreDecision;
  #open = true;
  #followers: Set<ContentFollower> | undefined;
  /** The whole content, once it has arrived. */
  #body: Buffer | undefined;

  /** @param maxBytes limit of the content; @param decision the one at head time. */
  constructor(owner: WriterOwner, head: EntryHead, maxBytes: number, decision: StoreDecision) {
    this.#owner = owner;
    this.head = head;
    this.#maxBytes = maxBytes;
    this.#decision = decision;
  }

  /** The decision as it stands: that of the head until the content changes it. */
  get decision(): StoreDecision {
    return this.#decision;
  }

  /** False once content is no longer wanted. */
  get open(): boolean {
    return this.#open;
  }

  /** Whether all content is still here from its first byte on, for somebody who comes later. */
  get whole(): boolean {
    return this.#open || this.#body !== undefined;
  }

  /** Gives what has arrived and what will arrive, whether it is stored in the end or not. Only while `whole`. */
  follow(follower: ContentFollower): void {
    this.#followers ??= new Set();
    this.#followers.add(follower);
    for (const chunk of this.#chunks) follower.content(chunk);
    if (this.#body === undefined) return;
    follower.content(this.#body);
    follower.end();
  }

  unfollow(follower: ContentFollower): void {
    this.#followers?.delete(follower);
  }

  /** Content as it arrives, decoded from its framing. Kept by reference until the end: don't write into it after this. */
  content(bytes: Buffer): void {
    if (this.#open) this.#collect(bytes);
    if (this.#followers !== undefined) for (const follower of this.#followers) follower.content(bytes);
  }

  #collect(bytes: Buffer): void {
    if (this.#bytes + bytes.length > this.#maxBytes) this.abandon('too-large');
    else if (!this.#owner.reserve(bytes.length)) this.abandon('crowded');
    else {
      this.#chunks.push(bytes);
      this.#bytes += bytes.length;
    }
  }

  /** The message is complete. Trailers are left out of the store, as RFC 9110 §6.5.1 allows. */
  commit(_trailers: Fields): StoreDecision {
    if (this.#open) {
      const body = joined(this.#chunks, this.#bytes);
      this.#end();
      this.#body = body;
      this.#decision = this.#owner.store(body);
    }
    if (this.#followers !== undefined) for (const follower of this.#followers) follower.end();
    return this.#decision;
  }

  /** The response will not be stored: it broke off, say. */
  abandon(reason: NotStoredReason): void {
    // Followers still get what arrives, unless nothing will.
    if (reason === 'broken-off' && this.#followers !== undefined) {
      for (const follower of this.#followers) follower.lost();
    }
    if (!this.#open) return;
    this.#end();
    this.#decision = refusal(reason, this.#maxBytes);
  }

  #end(): void {
    this.#open = false;
    this.#chunks = [];
    this.#owner.reserve(-this.#bytes);
    this.#bytes = 0;
    this.#owner.ended();
  }
}

/** One copy in memory of its own, so that the budget counts what is really held and no chunk lives on. */
function joined(chunks: readonly Buffer[], bytes: number): Buffer {
  const body = Buffer.allocUnsafeSlow(bytes);
  let at = 0;
  for (const chunk of chunks) at += chunk.copy(body, at);
  return body;
}

/** The decision on a response, and where its content goes when it is to be stored. */
export class Keeping {
  readonly #atHead: StoreDecision;
  /** Undefined where nothing is stored. */
  readonly writer: CacheWriter | undefined;

  constructor(decision: StoreDecision, writer?: CacheWriter) {
    this.#atHead = decision;
    this.writer = writer;
  }

  /** The decision as it stands; final after the writer's `commit` or `abandon`. */
  get decision(): StoreDecision {
    return this.writer?.decision ?? this.#atHead;
  }
}
