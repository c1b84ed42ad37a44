// Asks for an answer: the cache first, then upstream, with a stored response where upstream fails.
import type { Found } from '../../cache/found.ts';
import type { Entry } from '../../cache/entry.ts';
import type { CacheRequest } from '../../cache/messages.ts';
import { ProxyError } from '../../contract/errors.ts';
import { offeredUpgrade } from '../../http/hop-by-hop.ts';
import type { Answer } from '../upstream/answer.ts';
import { identityKey, type UpstreamIdentity } from '../upstream/identity.ts';
import { send } from '../upstream/send.ts';
import type { Destination } from './destination.ts';
import type { LiveFlow } from './live-flow.ts';
import { outgoingRequest } from './outgoing.ts';
import { drain, respondCached } from './respond.ts';

/** Why neither the request is for the cache nor its answer. */
type Unasked = 'upgrade' | 'tunnel-host' | 'request-content';

export const CLAUSES: Readonly<Record<Unasked, string>> = {
  upgrade: 'RFC 9110 §7.8',
  'tunnel-host': 'RFC 9110 §7.4',
  'request-content': 'RFC 9110 §9.3.1',
};

/** Asks the cache, unless the answer could not be its own to give. */
export function askCache(flow: LiveFlow, destination: Destination, request: CacheRequest): Found {
  const reason = unaskedReason(flow, destination);
  if (reason === undefined) return flow.parts.cache.find(request, flow.parts.clock.wall());
  return { kind: 'not-asked', decision: { kind: 'not-asked', reason, because: { clause: CLAUSES[reason] } } };
}

function unaskedReason(flow: LiveFlow, destination: Destination): Unasked | undefined {
  const { head, framing } = flow.exchange;
  if (!destination.authoritative) return 'tunnel-host';
  if (offeredUpgrade(head) !== undefined) return 'upgrade';
  // What a GET carries means nothing to HTTP, but some servers answer by it, and the URL would not tell such answers apart.
  if (framing.kind === 'none' || (framing.kind === 'length' && framing.length === 0)) return undefined;
  return head.method === 'GET' || head.method === 'HEAD' ? 'request-content' : undefined;
}

export type Servable = Extract<Found, { kind: 'hit' | 'stale' }>;

export function isServable(found: Found): found is Servable {
  return found.kind === 'hit' || found.kind === 'stale';
}

/** What upstream is asked for. */
export type Asked = Exclude<Found, { kind: 'hit' } | { kind: 'stale' } | { kind: 'unsatisfiable' }>;

/** Asks upstream. Where that fails and a stored response may stand in, it is served and nothing is left to do. */
export async function sendOrServeStale(
  flow: LiveFlow,
  destination: Destination,
  request: CacheRequest,
  found: Asked,
): Promise<Answer | undefined> {
  try {
    return await sendUpstream(flow, destination, found);
  } catch (error) {
    const { cache, clock } = flow.parts;
    const upstreamFailed = error instanceof ProxyError && error.entry.source === 'upstream';
    const entry = spareOf(found);
    if (entry === undefined || !upstreamFailed) throw error;
    const stale = cache.staleOnError(entry, request, clock.wall());
    if (stale === undefined) throw forbidden(entry, error) ?? error;
    await respondCached(flow, request, entry, { find: stale });
    return undefined;
  }
}

/** RFC 9111 §5.2.2.2: where stored responses must be validated, and cannot be, the answer is 504. */
function forbidden({ policy, fields }: Entry, error: ProxyError): ProxyError | undefined {
  if (!policy.mustRevalidate) return undefined;
  const directive = fields.combined(policy.governedBy) ?? '';
  return new ProxyError('not-validated', { directive, cause: error.message }, error);
}

/** A stored response that may answer where upstream fails; the beginning of one may not. */
function spareOf(found: Asked): Entry | undefined {
  return found.kind === 'validate' || found.kind === 'miss' ? found.entry : undefined;
}

/** The identity of upstream as the settings complete it. What came in a tunnel goes on in one. */
function routed(flow: LiveFlow, asked: UpstreamIdentity): UpstreamIdentity {
  const { parts, exchange } = flow;
  return parts.routes.identityFor(asked, exchange.connection.role.kind === 'inside-tunnel' ? 'tunnel' : 'request');
}

/** The identity for this client: credentials bound to a connection are never shared. */
function identityFor(flow: LiveFlow, identity: UpstreamIdentity, upgrade: boolean): UpstreamIdentity {
  const { connection } = flow.exchange;
  if (connection.boundOrigins.has(identityKey(identity))) return { ...identity, boundTo: connection.id };
  // A client that knows that its server speaks HTTP/2 without TLS gets just that; an upgrade is a thing of HTTP/1.1.
  // So is asking a proxy with absolute URLs.
  const isWanted = flow.settings.http2 && !upgrade && identity.via?.tunnel !== false;
  // By ALPN it was agreed on with us, which says nothing of a server without TLS.
  const isChosen = connection.protocol === 'http/2' && connection.tls === undefined;
  const isSpoken = isChosen && identity.scheme === 'http' && isWanted;
  return isSpoken ? { ...identity, priorKnowledge: true } : identity;
}

const SERVER_FAILED: ReadonlySet<number> = new Set([500, 502, 503, 504]);

/** A stored response answers in place of a 5xx where stale-if-error allows it (RFC 5861 §4). */
export async function servedInPlaceOf(
  flow: LiveFlow,
  request: CacheRequest,
  found: Asked,
  answer: Answer,
): Promise<boolean> {
  const { status } = answer.head;
  const entry = spareOf(found);
  if (entry === undefined || !SERVER_FAILED.has(status)) return false;
  const stale = flow.parts.cache.staleOnError(entry, request, flow.parts.clock.wall(), status);
  if (stale === undefined) return false;
  flow.record.interim(answer.bytes);
  // Nobody gets that body, so it may as well break off.
  await drain(answer).catch(() => undefined);
  await respondCached(flow, request, entry, { find: stale });
  return true;
}

/** Sends the request to upstream, with what the cache wants to know of it. */
export async function sendUpstream(flow: LiveFlow, destination: Destination, found: Asked): Promise<Answer> {
  const { exchange, parts, settings } = flow;
  const identity = routed(flow, destination.identity);
  const { via } = identity;
  const outgoing = outgoingRequest(exchange.head, destination, {
    framing: exchange.framing,
    settings,
    clientAddress: exchange.connection.remoteAddress,
    conditions: found.kind === 'validate' || found.kind === 'complete' ? found.conditions : undefined,
    proxy: via?.tunnel === false ? via.proxy : undefined,
  });
  flow.recordRequest(outgoing.removed);
  flow.record.decision({ find: found.decision });
  flow.identity = identity;
  return await send(
    identityFor(flow, identity, outgoing.upgrade),
    {
      method: exchange.head.method,
      head: outgoing.head,
      target: outgoing.target,
      fields: outgoing.fields,
      framing: exchange.framing,
      body: exchange,
      ...(outgoing.upgrade ? { fresh: 'upgrade' as const } : {}),
    },
    {
      pool: parts.pool,
      clock: parts.clock,
      deadlines: parts.deadlines,
      cancellation: exchange.cancellation,
      observer: flow,
      silence: settings.timeouts,
    },
  );
}
