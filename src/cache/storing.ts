// Whether a response may be stored, and why not (RFC 9111 §3).
import type { Because, NotStoredReason, StoreDecision } from '../contract/decisions.ts';
import { parseContentLength } from '../http/framing.ts';
import { isOwnLocation } from './invalidation.ts';
import { directivesOf, isUnqualified, lineOf, type Directives } from './directives.ts';
import type { CacheRequest, CacheResponse } from './messages.ts';
import { hasValidator, isHeuristicStatus, type Policy } from './policy.ts';
import { partOf } from './ranges.ts';
import { varyNames } from './vary.ts';

/** Final statuses whose caching this cache knows (RFC 9111 §5.2.2.3): those of RFC 9110, and 425, 428, 429, 431, 451, 511. */
const UNDERSTOOD_STATUSES = new Set([
  200, 201, 202, 203, 204, 205, 206, 300, 301, 302, 303, 305, 307, 308, 400, 401, 402, 403, 404, 405, 406, 407, 408,
  409, 410, 411, 412, 413, 414, 415, 416, 417, 421, 422, 425, 426, 428, 429, 431, 451, 500, 501, 502, 503, 504, 505,
  511,
]);

interface Candidate {
  readonly request: CacheRequest;
  readonly response: CacheResponse;
  readonly asked: Directives;
  readonly policy: Policy;
  readonly authorized: boolean;
  /** Largest content that is stored, in bytes. */
  readonly maxBytes: number;
}

interface Rule {
  readonly reason: NotStoredReason;
  readonly clause: string;
  /** The line that decided, for the rules where there is one. */
  readonly line?: (candidate: Candidate) => string | undefined;
  readonly side?: 'request' | 'response';
  readonly refuses: (candidate: Candidate) => boolean;
}

function cacheControl(directive: string): (candidate: Candidate) => string | undefined {
  return ({ response, policy }) => lineOf(response.fields, policy.governedBy, directive);
}

function saysNothingOfCaching({ policy }: Candidate): boolean {
  return !policy.lifetime.explicit && !policy.directives.has('public');
}

/** What the response says of its length in bytes; -1 where it says nothing. */
function announcedLength({ fields }: CacheResponse): number {
  const line = fields.has('transfer-encoding') ? undefined : fields.get('content-length');
  return line === undefined ? -1 : parseContentLength(line);
}

/**
 * The answer to a POST stands for what a GET would get where it says so itself, with explicit freshness (RFC 9110
 * §9.3.3).
 */
function isForGet({ request, response, policy }: Candidate): boolean {
  if (request.method === 'GET') return true;
  if (request.method !== 'POST' || response.status !== 200 || !policy.lifetime.explicit) return false;
  return isOwnLocation(request.url, response.fields);
}

/** Asked in this order; the first that refuses gives the reason. */
const RULES: readonly Rule[] = [
  { reason: 'method', clause: 'RFC 9111 §3', refuses: (candidate) => !isForGet(candidate) },
  { reason: 'status', clause: 'RFC 9111 §3', refuses: ({ response }) => response.status < 200 },
  { reason: 'not-modified', clause: 'RFC 9111 §4.3.3', refuses: ({ response }) => response.status === 304 },
  {
    reason: 'range',
    clause: 'RFC 9111 §3.3',
    line: ({ response }) => lineOf(response.fields, 'content-range'),
    // Several parts at once, or one of a whole whose length is not said, could not be found again.
    refuses: ({ response }) => response.status === 206 && partOf(response.fields) === undefined,
  },
  {
    reason: 'request-no-store',
    clause: 'RFC 9111 §5.2.1.5',
    side: 'request',
    line: ({ request }) => lineOf(request.fields, 'cache-control', 'no-store'),
    refuses: ({ asked }) => asked.has('no-store'),
  },
  {
    reason: 'must-understand',
    clause: 'RFC 9111 §5.2.2.3',
    line: cacheControl('must-understand'),
    refuses: ({ policy, response }) =>
      policy.directives.has('must-understand') && !UNDERSTOOD_STATUSES.has(response.status),
  },
  {
    reason: 'no-store',
    clause: 'RFC 9111 §5.2.2.5',
    line: cacheControl('no-store'),
    // A cache that knows must-understand and the status ignores no-store beside it (RFC 9111 §5.2.2.3).
    refuses: ({ policy }) => policy.directives.has('no-store') && !policy.directives.has('must-understand'),
  },
  {
    reason: 'private',
    clause: 'RFC 9111 §5.2.2.7',
    line: cacheControl('private'),
    refuses: ({ policy }) => policy.reading.scope === 'shared' && isUnqualified(policy.directives.get('private')),
  },
  {
    reason: 'authorization',
    clause: 'RFC 9111 §3.5',
    refuses: ({ authorized, policy }) =>
      authorized &&
      policy.reading.scope === 'shared' &&
      !['must-revalidate', 'public', 's-maxage'].some((name) => policy.directives.has(name)),
  },
  {
    reason: 'vary-any',
    clause: 'RFC 9111 §4.1',
    line: ({ response }) => lineOf(response.fields, 'vary'),
    refuses: ({ response }) => varyNames(response.fields).includes('*'),
  },
  {
    reason: 'status',
    clause: 'RFC 9111 §3',
    refuses: (candidate) => saysNothingOfCaching(candidate) && !isHeuristicStatus(candidate.response.status),
  },
  {
    reason: 'no-validator',
    clause: 'RFC 9111 §5.2.2.4',
    line: cacheControl('no-cache'),
    refuses: ({ policy }) => policy.noCache && !hasValidator(policy),
  },
  {
    reason: 'no-freshness',
    clause: 'RFC 9111 §4.2.2',
    refuses: ({ policy }) => !policy.lifetime.explicit && policy.lifetime.seconds === 0 && !hasValidator(policy),
  },
  {
    reason: 'already-stale',
    clause: 'RFC 9111 §4.2',
    line: ({ policy }) => policy.lifetime.because.field,
    refuses: ({ policy }) => isStaleOnArrival(policy) && !hasStaleUse(policy) && !hasValidator(policy),
  },
  {
    reason: 'too-large',
    clause: 'setting cache.maxEntrySize',
    line: ({ response }) => lineOf(response.fields, 'content-length'),
    refuses: ({ response, maxBytes }) => announcedLength(response) > maxBytes,
  },
];

/** Whether it may answer although it is stale (RFC 5861). */
function hasStaleUse({ staleIfError, staleWhileRevalidate }: Policy): boolean {
  return staleIfError !== undefined || staleWhileRevalidate !== undefined;
}

function isStaleOnArrival({ lifetime, initialAge }: Policy): boolean {
  return lifetime.seconds <= initialAge;
}

function becauseOf(rule: Rule, candidate: Candidate): Because {
  const field = rule.line?.(candidate);
  return field === undefined ? { clause: rule.clause } : { clause: rule.clause, field, side: rule.side ?? 'response' };
}

/**
 * Why a response must not, or need not, be stored; undefined where it is to be. `maxBytes` limits its content,
 * `authorized` says whether a request with credentials had a part in it.
 */
export function refusalToStore(
  request: CacheRequest,
  response: CacheResponse,
  policy: Policy,
  maxBytes: number,
  authorized = request.fields.has('authorization'),
): (StoreDecision & { readonly kind: 'not-stored' }) | undefined {
  const asked = directivesOf(request.fields);
  const candidate: Candidate = { request, response, policy, authorized, maxBytes, asked };
  const rule = RULES.find((one) => one.refuses(candidate));
  if (rule === undefined) return undefined;
  const decision = { kind: 'not-stored', reason: rule.reason, because: becauseOf(rule, candidate) } as const;
  return rule.reason === 'too-large' ? { ...decision, limit: maxBytes } : decision;
}
