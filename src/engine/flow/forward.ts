// What becomes of upstream's answer: passed on and kept, or used to bring a stored response up to date.
import type { CacheRecord, FindDecision } from '../../contract/decisions.ts';
import { fieldsOfWhole, restOf } from '../../cache/completing.ts';
import { Keeping } from '../../cache/keeping.ts';
import type { CacheRequest } from '../../cache/messages.ts';
import type { ExchangeTimes } from '../../cache/policy.ts';
import { merged } from '../../cache/refreshing.ts';
import { ProxyError } from '../../contract/errors.ts';
import { offeredUpgrade, removeHopByHop } from '../../http/hop-by-hop.ts';
import type { FlowRecording } from '../capture/recorder.ts';
import type { Answer } from '../upstream/answer.ts';
import type { UpstreamIdentity } from '../upstream/identity.ts';
import { authenticationFailure } from '../upstream/through-proxy.ts';
import { CLAUSES, sendUpstream, type Asked } from './ask.ts';
import type { Destination } from './destination.ts';
import type { LiveFlow } from './live-flow.ts';
import { drain, respond, respondCached, type Beginning } from './respond.ts';
import { runUpgrade } from './tunnel.ts';

const TRANSFER_ENCODING: ReadonlySet<string> = new Set(['transfer-encoding']);

/** Judge the response → keep → tee → respond. */
export async function respondUpstream(
  flow: LiveFlow,
  destination: Destination,
  request: CacheRequest,
  found: Asked,
  answer: Answer,
): Promise<void> {
  refuseForeignChallenge(flow.record, flow.identity, answer);
  const { status } = answer.head;
  if (status === 101) {
    await switchProtocols(flow, answer);
    return;
  }
  const now = flow.parts.clock.wall();
  const times = { requestTime: flow.requestTime, responseTime: now };
  if (found.kind === 'validate' && status === 304) {
    if (await respondValidated(flow, request, found, answer, times)) return;
  } else if (found.kind !== 'complete' || (status !== 206 && status !== 416)) {
    await passOn(flow, request, found.decision, answer, times);
    return;
  } else if (await respondCompleted(flow, request, found, answer, times)) return;
  await askAgain(flow, destination, request, found, answer);
}

/** A 407 of the upstream proxy is for us: the client, who asked no such proxy, could do nothing with it. */
export function refuseForeignChallenge(
  record: Pick<FlowRecording, 'interim'>,
  identity: UpstreamIdentity | undefined,
  answer: Answer,
): void {
  const via = identity?.via;
  if (answer.head.status !== 407 || via === undefined || via.tunnel) return;
  record.interim(answer.bytes);
  answer.abort('error');
  throw authenticationFailure(via.proxy, `407 ${answer.head.reason}`.trim());
}

async function switchProtocols(flow: LiveFlow, answer: Answer): Promise<void> {
  if (offeredUpgrade(flow.exchange.head) === undefined) {
    answer.connection.close('error');
    throw new ProxyError('bad-response', { rule: '101 Switching Protocols, which nobody asked for', offset: 0 });
  }
  const { cancellation } = flow.exchange;
  // A client that left while the 101 came is not heard of again, and its tunnel would stay open.
  if (cancellation.reason !== undefined) answer.connection.close('client-left');
  cancellation.throwIfCancelled();
  await runUpgrade(flow, answer);
}

/** The stored response was of no use after all: the request goes to upstream as the client sent it. */
async function askAgain(
  flow: LiveFlow,
  destination: Destination,
  request: CacheRequest,
  { decision }: Asked,
  answer: Answer,
): Promise<void> {
  flow.record.interim(answer.bytes);
  await drain(answer);
  const plain: Asked = { kind: 'miss', decision };
  await respondUpstream(flow, destination, request, plain, await sendUpstream(flow, destination, plain));
}

/** A 304 for our own conditions; false where it is about something else than what is stored. */
async function respondValidated(
  flow: LiveFlow,
  request: CacheRequest,
  found: Extract<Asked, { kind: 'validate' }>,
  answer: Answer,
  times: ExchangeTimes,
): Promise<boolean> {
  const { entry: stored, decision: find } = found;
  const { fields } = answer.head;
  const validated = flow.parts.cache.validated(stored, request, fields, times, times.responseTime);
  if (validated === undefined) return false;
  const { entry, decision } = validated;
  flow.record.interim(answer.bytes);
  await drain(answer);
  await respondCached(flow, request, entry, { find, store: decision, validated: true });
  return true;
}

/** The rest of what is stored in part; false where they must not be joined. */
async function respondCompleted(
  flow: LiveFlow,
  request: CacheRequest,
  found: Extract<Asked, { kind: 'complete' }>,
  answer: Answer,
  times: ExchangeTimes,
): Promise<boolean> {
  const { entry } = found;
  const { fields, removed } = forwardable(answer);
  const { status, reason } = answer.head;
  const rest = answer.framing.kind === 'length' ? restOf(entry, { status, reason, fields }) : undefined;
  if (rest === undefined) return false;
  const keeping = flow.parts.cache.keep(request, { status, reason, fields }, times, times.responseTime);
  const record = { find: found.decision, store: keeping.decision };
  flow.record.decision(record);
  recordAnswerHead(flow, answer, removed);
  const whole = fieldsOfWhole(merged(entry.fields, fields), rest.total);
  const beginning: Beginning = {
    head: { status: 200, reason: 'OK', minor: 1, fields: whole },
    bytes: entry.body,
    total: rest.total,
  };
  await respond(flow, answer, whole, keeping, record, beginning);
  return true;
}

async function passOn(
  flow: LiveFlow,
  request: CacheRequest,
  find: FindDecision,
  answer: Answer,
  times: ExchangeTimes,
): Promise<void> {
  const { cache } = flow.parts;
  const { fields, removed } = forwardable(answer);
  const { status, reason } = answer.head;
  const unasked = unaskedOf(find);
  // What the request changed is forgotten first: its answer may be what is stored in that place (RFC 9110 §9.3.3).
  const invalidated = unasked === undefined ? cache.invalidate(request.method, request.url, status, fields) : [];
  const keeping =
    unasked === undefined
      ? cache.keep(request, { status, reason, fields }, times, times.responseTime)
      : new Keeping({ kind: 'not-stored', reason: unasked, because: { clause: CLAUSES[unasked] } });
  if (keeping.writer !== undefined) flow.parts.collapser.storable(request.url);
  flow.leader?.answered(keeping.writer, answer.framing);
  const record = cacheRecord(find, keeping, invalidated);
  flow.record.decision(record);
  recordAnswerHead(flow, answer, removed);
  await respond(flow, answer, fields, keeping, record);
}

/** Why the cache has no part in this exchange at all; undefined where it may store the answer. */
function unaskedOf(find: FindDecision): keyof typeof CLAUSES | undefined {
  const reason = find.kind === 'not-asked' ? find.reason : undefined;
  return reason === 'upgrade' || reason === 'tunnel-host' || reason === 'request-content' ? reason : undefined;
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
