// Requests for the same thing at the same time become one (RFC 9111 §4): the others follow the first as it is answered.
import { LruMap } from '../../base/lru-map.ts';
import type { Cancellation } from '../../base/cancellation.ts';
import type { Found } from '../../cache/found.ts';
import type { CacheWriter } from '../../cache/keeping.ts';
import type { CacheRequest } from '../../cache/messages.ts';
import type { MissReason } from '../../contract/decisions.ts';
import type { Framing } from '../../http/framing.ts';

/** What became of a leader's request, for those who wait for its head. */
type Outcome =
  /** Its answer is being stored: take it from there. */
  | { readonly kind: 'stored'; readonly writer: CacheWriter; readonly framing: Framing }
  /** Its answer is for itself alone, or there is none. */
  | { readonly kind: 'alone' };

/** Requests whose URL was answered with something uncacheable before are not made to wait; so many are remembered. */
const REMEMBERED = 1024;

/** Only where nothing in the request asks for an answer of its own. */
const REASONS: ReadonlySet<MissReason> = new Set<MissReason>(['nothing-stored', 'stale', 'ttl']);
const PERSONAL = [
  'authorization',
  'cache-control',
  'if-none-match',
  'if-modified-since',
  'if-range',
  'range',
  'pragma',
];

function isPersonal({ fields }: CacheRequest): boolean {
  for (const name of PERSONAL) if (fields.has(name)) return true;
  return false;
}

/** The first request for a URL; its upstream exchange goes on as long as anybody wants the answer. */
export class Leader {
  readonly #collapser: Collapser;
  readonly #url: string;
  readonly #cancellation: Cancellation;
  #outcome: Outcome | undefined;
  #waiting: Set<(outcome: Outcome) => void> | undefined;
  #followers = 0;
  /** Set by the exchange of the leader: its own client has gone, but others still read. */
  onAbandoned: (() => void) | undefined;

  constructor(collapser: Collapser, url: string, cancellation: Cancellation) {
    this.#collapser = collapser;
    this.#url = url;
    this.#cancellation = cancellation;
  }

  /** The head of the answer is here, and it is to be stored; `writer` undefined where it is not. */
  answered(writer: CacheWriter | undefined, framing: Framing): void {
    if (writer === undefined) this.#collapser.remember(this.#url);
    this.#settle(writer === undefined ? { kind: 'alone' } : { kind: 'stored', writer, framing });
    if (writer === undefined) this.end();
  }

  /** The exchange has ended in any way. */
  end(): void {
    this.#collapser.forget(this.#url, this);
    this.#settle({ kind: 'alone' });
  }

  /** Waits for the head. Every follower says `leave` once, when it has its answer or gave up. */
  async follow(cancellation: Cancellation): Promise<Outcome> {
    this.#followers += 1;
    if (this.#followers === 1) this.#cancellation.hold(() => this.onAbandoned?.());
    if (this.#outcome !== undefined) return this.#outcome;
    this.#waiting ??= new Set();
    const waiting = this.#waiting;
    return await new Promise((fulfil, reject) => {
      const settled = (outcome: Outcome): void => {
        watching.dispose();
        fulfil(outcome);
      };
      waiting.add(settled);
      const watching = cancellation.onCancel((reason) => {
        waiting.delete(settled);
        reject(reason);
      });
    });
  }

  leave(): void {
    this.#followers -= 1;
    if (this.#followers === 0) this.#cancellation.release();
  }

  #settle(outcome: Outcome): void {
    if (this.#outcome !== undefined) return;
    this.#outcome = outcome;
    const waiting = this.#waiting;
    this.#waiting = undefined;
    if (waiting !== undefined) for (const settled of waiting) settled(outcome);
  }
}

/** Who leads for which URL. */
export class Collapser {
  readonly #leaders = new Map<string, Leader>();
  readonly #alone = new LruMap<string, true>(REMEMBERED);
  /** Requests that were answered by following another. */
  collapsed = 0;

  /** The leader to follow, or the request as a new leader; undefined where it goes alone. */
  enter(
    request: CacheRequest,
    found: Found,
    cancellation: Cancellation,
  ): { readonly leader: Leader; readonly follows: boolean } | undefined {
    const { decision } = found;
    if (request.method !== 'GET' || decision.kind !== 'miss' || !REASONS.has(decision.reason)) return undefined;
    const { url } = request;
    const known = this.#leaders.get(url);
    if (known === undefined && this.#alone.get(url) !== undefined) return undefined;
    if (isPersonal(request)) return undefined;
    if (known !== undefined) return { leader: known, follows: true };
    const leader = new Leader(this, url, cancellation);
    this.#leaders.set(url, leader);
    return { leader, follows: false };
  }

  /** An answer of this URL was stored, so that waiting for one is worth it again. */
  storable(url: string): void {
    this.#alone.delete(url);
  }

  /** Answers of this URL are not to be waited for. */
  remember(url: string): void {
    this.#alone.set(url, true, 1);
  }

  forget(url: string, leader: Leader): void {
    if (this.#leaders.get(url) === leader) this.#leaders.delete(url);
  }
}
