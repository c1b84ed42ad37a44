// The life of one exchange, and the only place where its order is decided.
import type { Found } from '../../cache/cache.ts';
import { Keeping } from '../../cache/keeping.ts';
import type { CacheRequest } from '../../cache/messages.ts';
import type { CacheRecord, FindDecision } from '../../contract/decisions.ts';
import { ProxyError } from '../../contract/errors.ts';
import { offeredUpgrade, removeHopByHop } from '../../http/hop-by-hop.ts';
import type { Exchange } from '../listen/exchange.ts';
import type { Answer } from '../upstream/answer.ts';
import { identityKey, type UpstreamIdentity } from '../upstream/identity.ts';
import { send } from '../upstream/send.ts';
import { authenticationFailure } from '../upstream/through-proxy.ts';
import { destinationOf, type Destination } from './destination.ts';
import { LiveFlow, type FlowParts } from './live-flow.ts';
import { outgoingRequest } from './outgoing.ts';
import { isOwnPage, ownPage } from './own-pages.ts';
import { toProxyError } from './refusal.ts';
import { answerFailure, drain, respond, respondCached, respondOwn } from './respond.ts';
import { runConnect, runUpgrade } from './tunnel.ts';

const TRANSFER_ENCODING: ReadonlySet<string> = new Set(['transfer-encoding']);

/** Runs an exchange to its end, whatever happens; never rejects. */
export async function runFlow(exchange: Exchange, parts: FlowParts): Promise<void> {
  const { head, connection } = exchange;
  const tunnel = head.method === 'CONNECT';
  const destination = tunnel ? undefined : readDestination(exchange);
  const url = destination instanceof Error || destination === undefined ? head.target : destination.url;
  const flow = new LiveFlow(exchange, url, tunnel ? 'tunnel' : 'exchange', parts);
  try {
    if (destination instanceof Error) throw destination;
    await flow.enter();
    exchange.cancellation.throwIfCancelled();
    if (destination === undefined) await runConnect(flow);
    else await answerRequest(flow, destination);
  } catch (error) {
    tellFailure(flow, error);
  } finally {
    flow.finish();
    if (exchange.responder.started && !exchange.responder.finished) connection.abandon();
  }
}

/** Nothing may escape: whatever goes wrong while we say what went wrong is a defect of ours, for the log. */
function tellFailure(flow: LiveFlow, thrown: unknown): void {
  try {
    answerFailure(flow, thrown);
  } catch (error) {
    flow.parts.report(error instanceof Error ? error : new Error(String(error)));
    flow.exchange.connection.abandon();
  }
}

function readDestination(exchange: Exchange): Destination | Error {
  try {
    return destinationOf(exchange.head, exchange.connection.role);
  } catch (error) {
    return toProxyError(error);
  }
}

/** Judge request → find → send → judge response → keep → tee → respond. */
async function answerRequest(flow: LiveFlow, destination: Destination): Promise<void> {
  const { exchange } = flow;
  if (isOwnPage(destination)) {
    flow.recordRequest([]);
    const { recorded } = flow.record;
    respondOwn(
      flow,
      ownPage(exchange.head, destination, { recorded, now: flow.parts.clock.wall(), authority: flow.parts.authority }),
    );
    return;
  }
  judgeRequest(flow);
  const request: CacheRequest = {
    method: exchange.head.method,
    url: destination.url,
    fields: exchange.head.fields,
    source: exchange.connection.source,
  };
  const found = askCache(flow, destination, request);
  if (found.kind === 'unsatisfiable') {
    flow.recordRequest([]);
    flow.record.decision({ find: found.decision });
    throw new ProxyError('not-cached');
  }
  if (isServable(found)) {
    flow.recordRequest([]);
    await respondCached(flow, request, found.entry, { find: found.decision });
    return;
  }
  const answer = await sendOrServeStale(flow, destination, request, found);
  if (answer === undefined) return;
  if (await servedInPlaceOf(flow, request, found, answer)) return;
  await respondUpstream(flow, request, found, answer);
}

/** What can be refused before anything is asked. */
function judgeRequest(flow: LiveFlow): void {
  const { framing } = flow.exchange;
  const limit = flow.settings.limits.requestBody;
  if (limit > 0 && framing.kind === 'length' && framing.length > limit) {
    throw new ProxyError('body-too-large', { limit });
  }
}

/** Asks the cache, unless the answer could not be its own to give. */
function askCache(flow: LiveFlow, destination: Destination, request: CacheRequest): Found {
  const reason = unaskedReason(flow, destination);
  if (reason === undefined) return flow.parts.cache.find(request, flow.parts.clock.wall());
  return { kind: 'not-asked', decision: { kind: 'not-asked', reason, because: { clause: CLAUSES[reason] } } };
}

type Unasked = 'upgrade' | 'tunnel-host';

const CLAUSES: Readonly<Record<Unasked, string>> = { upgrade: 'RFC 9110 §7.8', 'tunnel-host': 'RFC 9110 §7.4' };

function unaskedReason(flow: LiveFlow, destination: Destination): Unasked | undefined {
  if (!destination.authoritative) return 'tunnel-host';
  return offeredUpgrade(flow.exchange.head) === undefined ? undefined : 'upgrade';
}

type Servable = Extract<Found, { kind: 'hit' | 'stale' }>;

function isServable(found: Found): found is Servable {
  return found.kind === 'hit' || found.kind === 'stale';
}

type Asked = Extract<Found, { kind: 'miss' } | { kind: 'not-asked' } | { kind: 'validate' }>;

/** Asks upstream. Where that fails and a stored response may stand in, it is served and nothing is left to do. */
async function sendOrServeStale(
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
    const entry = found.kind === 'not-asked' ? undefined : found.entry;
    if (entry === undefined || !upstreamFailed) throw error;
    const stale = cache.staleOnError(entry, request, clock.wall());
    if (stale === undefined) throw error;
    await respondCached(flow, request, entry, { find: stale });
    return undefined;
  }
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
async function servedInPlaceOf(flow: LiveFlow, request: CacheRequest, found: Asked, answer: Answer): Promise<boolean> {
  const { status } = answer.head;
  if (found.kind === 'not-asked' || found.entry === undefined || !SERVER_FAILED.has(status)) return false;
  const stale = flow.parts.cache.staleOnError(found.entry, request, flow.parts.clock.wall(), status);
  if (stale === undefined) return false;
  flow.record.interim(answer.bytes);
  // Nobody gets that body, so it may as well break off.
  await drain(answer).catch(() => undefined);
  await respondCached(flow, request, found.entry, { find: stale });
  return true;
}

async function sendUpstream(flow: LiveFlow, destination: Destination, found: Asked): Promise<Answer> {
  const { exchange, parts, settings } = flow;
  const identity = routed(flow, destination.identity);
  const { via } = identity;
  const outgoing = outgoingRequest(exchange.head, destination, {
    framing: exchange.framing,
    settings,
    clientAddress: exchange.connection.remoteAddress,
    conditions: found.kind === 'validate' ? found.conditions : undefined,
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

/** A 407 of the upstream proxy is for us: the client, who asked no such proxy, could do nothing with it. */
function refuseForeignChallenge(flow: LiveFlow, answer: Answer): void {
  const via = flow.identity?.via;
  if (answer.head.status !== 407 || via === undefined || via.tunnel) return;
  flow.record.interim(answer.bytes);
  answer.abort('error');
  throw authenticationFailure(via.proxy, `407 ${answer.head.reason}`.trim());
}

async function respondUpstream(flow: LiveFlow, request: CacheRequest, found: Asked, answer: Answer): Promise<void> {
  refuseForeignChallenge(flow, answer);
  if (answer.head.status === 101) {
    if (offeredUpgrade(flow.exchange.head) === undefined) {
      answer.connection.close('error');
      throw new ProxyError('bad-response', { rule: '101 Switching Protocols, which nobody asked for', offset: 0 });
    }
    await runUpgrade(flow, answer);
    return;
  }
  const { cache, clock } = flow.parts;
  const now = clock.wall();
  const times = { requestTime: flow.requestTime, responseTime: now };
  if (answer.head.status === 304 && found.kind === 'validate') {
    const { entry, decision } = cache.validated(found.entry, request, answer.head.fields, times, now);
    flow.record.interim(answer.bytes);
    await drain(answer);
    await respondCached(flow, request, entry, { find: found.decision, store: decision });
    return;
  }
  const { fields, removed } = forwardable(answer);
  const { status, reason } = answer.head;
  const { decision } = found;
  const unasked = decision.kind === 'not-asked' && (decision.reason === 'upgrade' || decision.reason === 'tunnel-host');
  const keeping = unasked
    ? new Keeping({ kind: 'not-stored', reason: decision.reason, because: { clause: CLAUSES[decision.reason] } })
    : cache.keep(request, { status, reason, fields }, times, now);
  const invalidated = unasked ? [] : cache.invalidate(request.method, request.url, status, fields);
  const record = cacheRecord(found.decision, keeping, invalidated);
  flow.record.decision(record);
  recordAnswerHead(flow, answer, removed);
  await respond(flow, answer, fields, keeping, record);
}

/** The fields that go on: a coding that nobody could undo was read to the close, and goes with it (RFC 9112 §6.3). */
function forwardable(answer: Answer): ReturnType<typeof removeHopByHop> {
  const { fields, removed } = removeHopByHop(answer.head.fields);
  if (answer.framing.kind !== 'close' || !fields.has('transfer-encoding')) return { fields, removed };
  return { fields: fields.without(TRANSFER_ENCODING), removed: [...removed, 'Transfer-Encoding'] };
}

function cacheRecord(find: FindDecision, keeping: Keeping, invalidated: readonly string[]): CacheRecord {
  const record = { find, store: keeping.decision };
  return invalidated.length > 0 ? { ...record, invalidated } : record;
}

function recordAnswerHead(flow: LiveFlow, answer: Answer, removed: readonly string[]): void {
  const { status, fields } = answer.head;
  flow.record.responseHead(answer.bytes, status, fields.get('content-type'), removed);
}
