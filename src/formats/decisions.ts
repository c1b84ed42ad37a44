// The proxy's decisions in words: the fact first, then its cause, then the clause.
import { assertNever } from '../base/assert-never.ts';
import type {
  Because,
  CacheRecord,
  CloseReason,
  ConnectionRecord,
  DecoderLoss,
  FindDecision,
  LifetimeOrigin,
  MissReason,
  NotAskedReason,
  NotStoredReason,
  OpenReason,
  StoreDecision,
} from '../contract/decisions.ts';

const MEBIBYTE = 1024 * 1024;

function whole(value: number): string {
  return Math.floor(value).toLocaleString('en-US');
}

/** Seconds as `37 s`, below ten with one decimal as `1.2 s`; cut off, not rounded, so that nothing is promised too much. */
function seconds(value: number): string {
  const amount = Math.max(0, value);
  return `${amount < 10 ? String(Math.floor(amount * 10) / 10) : whole(amount)} s`;
}

/** Milliseconds as `12 ms`, from a second on as `1.2 s`. */
function duration(milliseconds: number): string {
  return milliseconds < 1000 ? `${Math.round(milliseconds)} ms` : seconds(milliseconds / 1000);
}

function bytes(value: number): string {
  return value >= MEBIBYTE ? `${whole(value / MEBIBYTE)} MiB` : `${whole(value)} bytes`;
}

function ordinal(count: number): string {
  const last = count % 10;
  const teen = Math.floor(count / 10) % 10 === 1;
  const ending = teen ? 'th' : ({ 1: 'st', 2: 'nd', 3: 'rd' }[last] ?? 'th');
  return `${whole(count)}${ending}`;
}

/** The directive itself out of the line that it stands in, as `max-age=60`; its name where the line is not known. */
function directive(name: string, because: Because): string {
  const found = new RegExp(`[\\s,:](${name}(?:=(?:"[^"]*"|[^\\s,]*))?)\\s*(?:,|$)`, 'i').exec(because.field ?? '');
  return found?.[1] ?? name;
}

/** What a lifetime comes from, as `max-age=60`. */
export function originInWords(origin: LifetimeOrigin, because: Because): string {
  switch (origin) {
    case 'max-age':
    case 's-maxage':
      return directive(origin, because);
    case 'expires':
      return 'Expires';
    case 'heuristic':
      return 'a tenth of the time since Last-Modified';
    case 'forced':
      return 'cache.mode is force';
    case 'ttl':
      return 'limit cache.ttl';
    default:
      return assertNever(origin);
  }
}

type Miss = FindDecision & { readonly kind: 'miss' };

const MISSES: Record<MissReason, (decision: Miss) => string> = {
  'nothing-stored': () => 'Miss: nothing stored',
  vary: ({ differs }) => `Miss: stored for another ${differs === undefined ? 'variant' : `\`${differs}\``} (Vary)`,
  stale: ({ staleFor, validating }) =>
    `Miss: ${staleFor === undefined ? 'stale' : `stale for ${seconds(staleFor)}`}${validating ? ', asking upstream' : ', no validator'}`,
  'request-no-cache': () => 'Miss: request said `no-cache`',
  'request-max-age': ({ because }) => `Miss: request said \`${directive('max-age', because)}\``,
  'request-min-fresh': ({ because }) => `Miss: request said \`${directive('min-fresh', because)}\``,
  'response-no-cache': ({ validating }) =>
    `Miss: the stored response said \`no-cache\`${validating ? ', asking upstream' : ''}`,
  'head-differs': () => 'Miss: a HEAD response differed from what is stored',
  'marked-expired': ({ validating }) => `Miss: marked as expired${validating ? ', asking upstream' : ', no validator'}`,
  ttl: ({ limit }) =>
    limit === undefined ? 'Expired: older than cache.ttl' : `Expired: older than the limit of ${seconds(limit)}`,
  source: ({ because }) => {
    const field = fieldName(because);
    return `Miss: stored for another source${field === undefined ? '' : ` (${field})`}`;
  },
  incomplete: () => 'Miss: only a part is stored',
};

const NOT_ASKED: Record<NotAskedReason, (decision: FindDecision & { readonly kind: 'not-asked' }) => string> = {
  'cache-off': () => 'Bypassed: cache is off',
  method: ({ method }) => `Not asked: method ${method ?? 'other than GET and HEAD'}`,
  range: () => 'Not asked: request for a range',
  upgrade: () => 'Not asked: request for an upgrade',
  'tunnel-host': () => 'Not asked: `Host` is not whom the tunnel leads to',
  'request-content': () => 'Not asked: the request has content',
  explain: ({ would }) => (would === undefined ? 'Explained only' : `Explained only, would be: ${describeFind(would)}`),
  conditional: ({ because }) => `Not asked: \`${fieldName(because) ?? 'If-Match'}\` is for upstream alone`,
};

function fieldName(because: Because | undefined): string | undefined {
  return because?.field?.split(':', 1)[0];
}

/** What the cache said when it was asked, without the clause. */
export function describeFind(decision: FindDecision): string {
  switch (decision.kind) {
    case 'not-asked':
      return NOT_ASKED[decision.reason](decision);
    case 'hit': {
      const { age, lifetime, origin, because } = decision;
      return `Hit: fresh for ${seconds(lifetime - age)} (${originInWords(origin, because)}, age ${seconds(age)})`;
    }
    case 'stale':
      return `Hit, stale: ${whyStale(decision)}`;
    case 'miss':
      return MISSES[decision.reason](decision);
    case 'unsatisfiable':
      return 'Miss: nothing to answer with, and the request said `only-if-cached`';
    default:
      return assertNever(decision);
  }
}

function whyStale({ allowed, staleFor, because }: FindDecision & { readonly kind: 'stale' }): string {
  const stale = `stale for ${seconds(staleFor)}`;
  switch (allowed) {
    case 'max-stale':
      return `the request allows it (${directive(allowed, because)}, ${stale})`;
    case 'stale-while-revalidate':
      return `revalidating in the background (${directive(allowed, because)}, ${stale})`;
    case 'stale-if-error':
      return `upstream failed (${directive(allowed, because)}, ${stale})`;
    case 'upstream-lost':
      return `upstream did not answer (${stale})`;
    default:
      return assertNever(allowed);
  }
}

const NOT_STORED: Record<NotStoredReason, string> = {
  'cache-off': 'cache is off',
  method: 'only the response to a GET is, or to a POST that says so',
  status: 'a response with this status and without explicit freshness',
  range: 'parts whose place in the whole is not said',
  upgrade: 'request for an upgrade',
  'tunnel-host': '`Host` is not whom the tunnel leads to',
  'request-content': 'the request has content',
  'request-no-store': '`no-store` in the request',
  'no-store': '`no-store` in the response',
  private: '`private` and this cache is shared',
  authorization: '`Authorization` without `public`, `s-maxage` or `must-revalidate`',
  'vary-any': '`Vary: *`',
  'no-freshness': 'no freshness and no validator',
  'already-stale': 'stale on arrival and no validator',
  'no-validator': '`no-cache` and no validator',
  'must-understand': '`must-understand` and a status that this cache does not know',
  'too-large': 'larger than the limit',
  'broken-off': 'broken off by upstream',
  'unknown-coding': 'a transfer coding that this cache does not know',
  'not-modified': "a 304 for the client's own condition",
  invalidated: 'a request that changed this URL succeeded meanwhile',
  flushed: 'the cache was flushed meanwhile',
  gone: 'the stored response left the cache meanwhile',
  crowded: 'too many responses on their way into the cache',
};

const RESTRICTED = { 'set-cookie': 'Set-Cookie', credentials: 'Authorization', private: '`private`' } as const;

/** What became of a response, without the clause. */
export function describeStore(decision: StoreDecision): string {
  switch (decision.kind) {
    case 'stored': {
      const only =
        decision.restricted === undefined ? '' : `, for this source only (${RESTRICTED[decision.restricted]})`;
      return decision.lifetime > 0
        ? `Stored for ${seconds(decision.lifetime)}${only}`
        : `Stored, to be validated before each use${only}`;
    }
    case 'updated':
      return decision.by === '304' ? 'Validated: upstream said 304' : 'Updated: the HEAD response agrees with it';
    case 'not-stored':
      if (decision.reason === 'too-large' && decision.limit !== undefined) {
        return `Not stored: larger than ${bytes(decision.limit)}`;
      }
      return `Not stored: ${NOT_STORED[decision.reason]}`;
    default:
      return assertNever(decision);
  }
}

/** A sentence with the clause that it rests on, where that is one of an RFC; settings are named in the sentence. */
function withClause(sentence: string, because: Because | undefined): string {
  if (because === undefined || !because.clause.startsWith('RFC')) return sentence;
  return sentence.endsWith(')') ? `${sentence.slice(0, -1)}; ${because.clause})` : `${sentence} (${because.clause})`;
}

/** Whether what was stored only repeats why the cache was not asked. */
function saysTheSame(find: FindDecision, store: StoreDecision): boolean {
  return find.kind === 'not-asked' && store.kind === 'not-stored' && find.reason === store.reason;
}

/** All that the cache decided for a flow, in one line: what was found, what was stored, what was invalidated. */
export function describeCache(record: CacheRecord): string {
  const { find, store, invalidated = [] } = record;
  const parts: string[] = [];
  // A 304 says it all: what was stored is what answered.
  if (store?.kind !== 'updated' || store.by !== '304') parts.push(withClause(describeFind(find), find.because));
  if (record.collapsed === true) parts.push('Collapsed: answered with what another request was getting');
  if (store !== undefined && !saysTheSame(find, store)) parts.push(withClause(describeStore(store), store.because));
  if (invalidated.length > 0) {
    const method = (find.kind === 'not-asked' ? find.method : undefined) ?? 'the request';
    const others = invalidated.length === 1 ? '' : ` (${whole(invalidated.length)} URLs)`;
    parts.push(withClause(`Invalidated: ${method} to this URL succeeded${others}`, { clause: 'RFC 9111 §4.4' }));
  }
  return parts.join(' · ');
}

const OPENED: Record<OpenReason, string> = {
  'none-idle': 'New: none idle for this origin',
  'keep-alive-off': 'New: keep-alive is off',
  'idle-one-closed': 'New: the idle one was closed by upstream',
  retry: 'Retried on a new connection: the reused one was reset before any answer',
  tunnel: 'New: for a tunnel',
  upgrade: 'New: for an upgrade',
};

const CLOSED: Record<CloseReason, string> = {
  'upstream-said-close': 'upstream said `Connection: close`',
  'upstream-closed': 'upstream closed it',
  'http-1.0': 'upstream speaks HTTP/1.0 without keep-alive',
  'until-close-body': 'its close was the end of the body',
  'idle-timeout': 'idle for too long (pool.idleTimeout)',
  'idle-limit': 'too many idle ones (pool.maxIdlePerOrigin, pool.maxIdle)',
  'keep-alive-off': 'keep-alive was turned off',
  error: 'an error on it',
  'client-left': 'the client went away',
  'going-away': 'upstream said that it closes (GOAWAY)',
  'surplus-bytes': 'upstream sent more than it had announced',
  'settings-changed': 'the settings for upstream changed',
  'tunnel-ended': 'the tunnel ended',
  stopped: 'the proxy was stopped',
};

/** Why a connection was closed. */
export function describeClose(reason: CloseReason): string {
  return `Closed: ${CLOSED[reason]}`;
}

const SENT_AGAIN = 'Sent again: upstream had not taken it';

function streamWords(http2: NonNullable<ConnectionRecord['http2']>): string {
  const beside = http2.others === 0 ? '' : ` beside ${whole(http2.others)} under way`;
  return `HTTP/2, stream ${http2.stream}${beside}`;
}

/** What is special about the connection: its stream, the way it goes, its certificate. */
function routeWords(record: ConnectionRecord): string[] {
  const parts: string[] = [];
  if (record.http2 !== undefined) parts.push(streamWords(record.http2));
  if (record.via !== undefined) parts.push(`via ${record.via}`);
  if (record.overridden !== undefined) {
    parts.push(`connected to ${record.overridden} instead (dnsOverrides, or the target of its tunnel)`);
  }
  if (record.tls?.problem !== undefined) parts.push(`certificate not verified: ${record.tls.problem}`);
  return parts;
}

/** How the connection of a flow was come by, and why it was closed where it was. */
export function describeConnection(record: ConnectionRecord): string {
  const parts: string[] = [];
  if (record.waitedFor !== undefined && record.waitedFor > 0) {
    parts.push(`Waited ${duration(record.waitedFor)} for a free connection`);
  }
  if (record.retried === true) parts.push(record.http2 === undefined ? OPENED.retry : SENT_AGAIN);
  else if (record.kind === 'new') parts.push(record.reason === undefined ? 'New' : OPENED[record.reason]);
  else {
    const idle = record.idleFor === undefined ? '' : `, idle ${duration(record.idleFor)}`;
    parts.push(`Reused: ${ordinal(record.exchange)} exchange${idle}`);
  }
  parts.push(...routeWords(record));
  if (record.closed !== undefined) parts.push(describeClose(record.closed));
  return parts.join(' · ');
}

const losses: Readonly<Record<DecoderLoss, string>> = {
  'reserved-bits': 'a reserved bit is set that no extension explains (RFC 6455 §5.2)',
  'reserved-opcode': 'a frame has an opcode without meaning (RFC 6455 §5.2)',
  masking: 'the client must mask its frames and the server must not (RFC 6455 §5.1)',
  'control-frame': 'a control frame is longer than 125 bytes or in fragments (RFC 6455 §5.5)',
  fragmentation: 'fragments of messages are out of order (RFC 6455 §5.4)',
  length: 'a frame’s length is not in its shortest form, or too large (RFC 6455 §5.2)',
  'unknown-extension': 'an extension is in use that is not known here',
  'unknown-coding': 'the Content-Encoding is not known here',
  'not-decodable': 'compressed bytes are damaged',
  'too-large': 'a message became too large when it was decoded',
  behind: 'messages came faster than they could be decoded',
};

/** Why messages are not read any further. */
export function describeLoss(reason: DecoderLoss): string {
  return losses[reason];
}
