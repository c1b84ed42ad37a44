// The life of one exchange, and the only place where its order is decided.
import type { CacheRequest } from '../../cache/messages.ts';
import { ProxyError } from '../../contract/errors.ts';
import type { Exchange } from '../listen/exchange.ts';
import { askCache, isServable, sendOrServeStale, servedInPlaceOf, type Servable } from './ask.ts';
import { validateInBackground } from './background.ts';
import { destinationOf, type Destination } from './destination.ts';
import { LiveFlow, type FlowParts } from './live-flow.ts';
import { respondUpstream } from './forward.ts';
import { answeredByFollowing } from './following.ts';
import { isOwnPage, ownPage } from './own-pages.ts';
import { toProxyError } from './refusal.ts';
import { answerFailure, respondCached, respondOwn } from './respond.ts';
import { runConnect } from './tunnel.ts';

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
  let found = askCache(flow, destination, request);
  const shared = flow.parts.collapser.enter(request, found, exchange.cancellation);
  if (shared?.follows === true) {
    if (await answeredByFollowing(flow, request, found.decision, shared.leader)) return;
    found = askCache(flow, destination, request);
  } else if (shared !== undefined) flow.leader = shared.leader;
  if (found.kind === 'unsatisfiable') {
    flow.recordRequest([]);
    flow.record.decision({ find: found.decision });
    throw new ProxyError('not-cached');
  }
  if (isServable(found)) {
    await serve(flow, destination, request, found);
    return;
  }
  const answer = await sendOrServeStale(flow, destination, request, found);
  if (answer === undefined) return;
  if (await servedInPlaceOf(flow, request, found, answer)) return;
  await respondUpstream(flow, destination, request, found, answer);
}

/** Answers from the store; a response that may be stale for a while is validated meanwhile. */
async function serve(flow: LiveFlow, destination: Destination, request: CacheRequest, found: Servable): Promise<void> {
  const { decision, entry } = found;
  if (found.kind === 'stale' && found.conditions !== undefined) {
    validateInBackground(flow, { destination, request, entry, decision, conditions: found.conditions });
  }
  flow.recordRequest([]);
  await respondCached(flow, request, entry, { find: decision });
}

/** What can be refused before anything is asked. */
function judgeRequest(flow: LiveFlow): void {
  const { framing } = flow.exchange;
  const limit = flow.settings.limits.requestBody;
  if (limit > 0 && framing.kind === 'length' && framing.length > limit) {
    throw new ProxyError('body-too-large', { limit });
  }
}
