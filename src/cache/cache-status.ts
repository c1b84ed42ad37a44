// What the cache did, as a member of the Cache-Status field (RFC 9211 §2).
import type { CacheRecord, FindDecision, MissReason, NotAskedReason } from '../contract/decisions.ts';

/** Name of this cache in Cache-Status, a token as RFC 9211 §2 has it. */
const NAME = 'Wirelens';

/** Why a request went forward, for a miss (RFC 9211 §2.2). */
const FORWARD_ON_MISS: Record<MissReason, string> = {
  'nothing-stored': 'uri-miss',
  vary: 'vary-miss',
  stale: 'stale',
  'request-no-cache': 'request',
  'request-max-age': 'request',
  'request-min-fresh': 'request',
  'response-no-cache': 'stale',
  'head-differs': 'stale',
  'marked-expired': 'stale',
  ttl: 'stale',
  source: 'miss',
  incomplete: 'partial',
};

/** Why a request went forward without the cache being asked. */
const FORWARD_UNASKED: Record<NotAskedReason, string> = {
  'cache-off': 'bypass',
  method: 'method',
  range: 'bypass',
  upgrade: 'bypass',
  'tunnel-host': 'bypass',
  conditional: 'bypass',
  'request-content': 'bypass',
  explain: 'bypass',
};

/** Reasons that the `fwd` parameter already says in full. */
const PLAIN: ReadonlySet<string> = new Set(['nothing-stored', 'vary', 'stale', 'method']);

/** The member for an answer from the store; `ttl` is the time left in seconds, less than 0 where it is stale. */
export function servedStatus(decision: FindDecision, ttl: number): string {
  switch (decision.kind) {
    case 'hit':
      return hitStatus(decision, ttl);
    case 'stale':
      // After a failed attempt to ask upstream the request was forwarded, so this is no hit (RFC 9211 §2.1).
      return decision.allowed === 'stale-if-error' || decision.allowed === 'upstream-lost'
        ? `${NAME}; fwd=stale; ttl=${ttl}; detail=${decision.allowed}`
        : `${NAME}; hit; ttl=${ttl}; detail=${decision.allowed}`;
    case 'miss':
      return `${forwarded(decision.reason, FORWARD_ON_MISS[decision.reason])}; fwd-status=304; ttl=${ttl}`;
    case 'not-asked':
    case 'unsatisfiable':
      return cacheStatus({ find: decision });
  }
}

/** A lifetime that only the mode `force` gives is no word of the server's: that must be seen. */
function hitStatus({ origin }: FindDecision & { readonly kind: 'hit' }, ttl: number): string {
  return origin === 'forced' ? `${NAME}; hit; ttl=${ttl}; detail=forced` : `${NAME}; hit; ttl=${ttl}`;
}

function forwarded(reason: string, forward: string): string {
  return PLAIN.has(reason) ? `${NAME}; fwd=${forward}` : `${NAME}; fwd=${forward}; detail=${reason}`;
}

/** The member for an answer that another request was getting just then (RFC 9211 §2.6). */
export function followedStatus(decision: FindDecision): string {
  const forward = decision.kind === 'miss' ? FORWARD_ON_MISS[decision.reason] : 'miss';
  return `${NAME}; fwd=${forward}; collapsed`;
}

/** The member for an answer that was forwarded or that the proxy made itself; `status` is the one of upstream. */
export function cacheStatus(record: CacheRecord, status?: number): string {
  const { find, store } = record;
  if (find.kind === 'hit') return hitStatus(find, Math.floor(find.lifetime - find.age));
  if (find.kind === 'stale') return servedStatus(find, -Math.ceil(find.staleFor));
  if (find.kind === 'unsatisfiable') return `${NAME}; fwd=miss; detail=only-if-cached`;
  const forward = find.kind === 'miss' ? FORWARD_ON_MISS[find.reason] : FORWARD_UNASKED[find.reason];
  let member = `${NAME}; fwd=${forward}`;
  if (status !== undefined) member += `; fwd-status=${status}`;
  if (store?.kind === 'stored') member += `; stored; ttl=${Math.floor(store.lifetime)}`;
  const detail = store?.kind === 'not-stored' ? store.reason : find.reason;
  return PLAIN.has(detail) ? member : `${member}; detail=${detail}`;
}
