// What the cache has for a request, and what is to be done with it.
import type { FindDecision } from '../contract/decisions.ts';
import { conditionsToComplete } from './completing.ts';
import { conditionsFor, type Condition } from './conditional.ts';
import type { Entry } from './entry.ts';
import { canValidate, demandsOf } from './finding.ts';
import type { CacheRequest } from './messages.ts';

/** What the cache has for a request. */
export type Found =
  | { readonly kind: 'hit'; readonly decision: FindDecision; readonly entry: Entry }
  /** Answer with it; where there are conditions, put them to upstream afterwards, and then say `validationEnded`. */
  | {
      readonly kind: 'stale';
      readonly decision: FindDecision;
      readonly entry: Entry;
      readonly conditions?: readonly Condition[];
    }
  /** Forward the request with these conditions in place of its own; a 304 then refreshes the entry. */
  | {
      readonly kind: 'validate';
      readonly decision: FindDecision;
      readonly entry: Entry;
      readonly conditions: readonly Condition[];
    }
  /** Forward the request with these fields; the entry is the beginning of what the answer ends (RFC 9111 §3.3). */
  | {
      readonly kind: 'complete';
      readonly decision: FindDecision;
      readonly entry: Entry;
      readonly conditions: readonly Condition[];
    }
  /** Forward the request as it is. A stored response that may help out when upstream fails comes as `entry`. */
  | { readonly kind: 'miss'; readonly decision: FindDecision; readonly entry?: Entry }
  /** Forward the request as it is. */
  | { readonly kind: 'not-asked'; readonly decision: FindDecision }
  /** Answer 504 (RFC 9111 §5.2.1.7). */
  | { readonly kind: 'unsatisfiable'; readonly decision: FindDecision };

const onlyIfCached = { clause: 'RFC 9111 §5.2.1.7', field: 'Cache-Control: only-if-cached', side: 'request' } as const;

/** What the mode `explain` makes of what was found: upstream is asked all the same. */
export function explained(found: Found): Found {
  const { decision } = found;
  if (decision.kind === 'not-asked') return found;
  const because = { clause: 'setting cache.mode' };
  return { kind: 'not-asked', decision: { kind: 'not-asked', reason: 'explain', would: decision, because } };
}

/** Forwarding the request with what helps: nothing, the validators, or a range. */
export function forwarding(request: CacheRequest, decision: FindDecision, entry?: Entry, incomplete?: Entry): Found {
  if (demandsOf(request.fields).has('only-if-cached')) {
    return { kind: 'unsatisfiable', decision: { kind: 'unsatisfiable', because: onlyIfCached } };
  }
  const rest = incomplete === undefined ? undefined : conditionsToComplete(incomplete, request);
  if (incomplete !== undefined && rest !== undefined) {
    return { kind: 'complete', decision, entry: incomplete, conditions: rest };
  }
  if (entry === undefined) return { kind: 'miss', decision };
  if (!canValidate(entry)) return { kind: 'miss', decision, entry };
  return { kind: 'validate', decision, entry, conditions: conditionsFor(entry) };
}

/** Not asked, unless the request wants to be answered by a cache or not at all. */
export function unasked(request: CacheRequest, decision: FindDecision): Found {
  const concerned = request.method === 'GET' || request.method === 'HEAD';
  const demanding = concerned && demandsOf(request.fields).has('only-if-cached');
  return demanding ? forwarding(request, decision) : { kind: 'not-asked', decision };
}
