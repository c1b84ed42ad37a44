// The ways in which a flow is answered: with upstream's answer, from the cache, by the proxy itself, or not at all.
import type { Cancellation } from '../../base/cancellation.ts';
import { cacheStatus } from '../../cache/cache-status.ts';
import type { Entry } from '../../cache/entry.ts';
import type { Keeping } from '../../cache/keeping.ts';
import type { CacheRequest } from '../../cache/messages.ts';
import type { CacheRecord } from '../../contract/decisions.ts';
import { Fields } from '../../http/fields.ts';
import type { ResponseHead } from '../../http/head.ts';
import { writeResponseHead } from '../../http/writer.ts';
import type { Responder } from '../listen/responder.ts';
import type { Answer } from '../upstream/answer.ts';
import { RefusedPeer } from '../upstream/secure.ts';
import type { LiveFlow } from './live-flow.ts';
import { wrongWay } from './own-pages.ts';
import { refusal, respondWhole, toProxyError, type OwnAnswer } from './refusal.ts';
import { observeStream } from './streamed-body.ts';
import { Transfer, type ContentObserver } from './transfer.ts';

/** A stored beginning of what upstream's answer ends, and the head of the whole; `total` in bytes. */
export interface Beginning {
  readonly head: ResponseHead;
  readonly bytes: Buffer;
  readonly total: number;
}

/** Passes upstream's answer on, byte for byte where nothing had to be changed. */
export async function respond(
  flow: LiveFlow,
  answer: Answer,
  forwarded: Fields,
  keeping: Keeping,
  record: CacheRecord,
  beginning?: Beginning,
): Promise<void> {
  const { responder, cancellation } = flow.exchange;
  const { head, framing } = answer;
  const fields = flow.settings.cache.statusOnForwarded
    ? forwarded.append('Cache-Status', cacheStatus(record, head.status))
    : forwarded;
  flow.record.state('streaming');
  const raw = answer.intact && fields === head.fields ? answer.bytes : undefined;
  if (beginning === undefined) responder.begin({ ...head, fields }, framing, raw);
  else beginStored(flow, beginning, fields);
  const stream = observeStream(flow, head.fields);
  const observers = observersOf(flow, keeping, record);
  const transfer = new Transfer(answer, responder, stream === undefined ? observers : [...observers, stream]);
  const watching = cancellation.onCancel((reason) => {
    answer.abort('client-left');
    transfer.cancel(reason);
  });
  if (flow.leader !== undefined) flow.leader.onAbandoned = () => transfer.mute();
  try {
    await carry(transfer, cancellation);
  } catch (error) {
    if (!isCompleteForOthers(error, cancellation)) keeping.writer?.abandon('broken-off');
    flow.record.decision({ ...record, store: keeping.decision });
    throw error;
  } finally {
    watching.dispose();
    if (stream?.finish !== undefined) await stream.finish();
  }
}

/** What is stored of the answer goes first. */
function beginStored(flow: LiveFlow, { head, bytes, total }: Beginning, fields: Fields): void {
  const { responder } = flow.exchange;
  responder.begin({ ...head, fields }, { kind: 'length', length: total });
  responder.wire(bytes);
  flow.record.responseContent(bytes);
}

/** Whether only the client had left, while the body came whole for those who followed. */
function isCompleteForOthers(error: unknown, cancellation: Cancellation): boolean {
  return error === cancellation.heldReason && cancellation.reason === undefined;
}

/** Carries the body on; one that went on for others after its client had left fails as that client's. */
async function carry(transfer: Transfer, cancellation: Cancellation): Promise<void> {
  if (cancellation.heldReason !== undefined) transfer.mute();
  await transfer.run();
  if (cancellation.heldReason !== undefined) throw cancellation.heldReason;
}

function observersOf(flow: LiveFlow, keeping: Keeping, record: CacheRecord): readonly ContentObserver[] {
  const recording: ContentObserver = {
    content: (bytes) => flow.record.responseContent(bytes),
    end: (trailers) => flow.record.responseEnd(trailers),
  };
  const { writer } = keeping;
  if (writer === undefined) return [recording];
  const storing: ContentObserver = {
    content: (bytes) => writer.content(bytes),
    end: (trailers) => {
      const store = writer.commit(trailers);
      if (store !== record.store) flow.record.decision({ ...record, store });
    },
  };
  return [recording, storing];
}

/** Reads an answer to its end and drops it; for a 304, which has no body. */
export async function drain(answer: Answer): Promise<void> {
  await new Promise<void>((fulfil, reject) => {
    answer.attach({
      content: () => undefined,
      wire: () => undefined,
      flush: () => undefined,
      end: () => fulfil(),
      failed: reject,
    });
  });
}

// A stored body beyond this is written in pieces of this size, in bytes.
const PIECE = 256 * 1024;

/**
 * Answers with a stored response. A large one goes out as fast as the client reads it, so that one who reads slowly is
 * told from one who does not read at all.
 * @throws the reason of the cancellation.
 */
export async function respondCached(
  flow: LiveFlow,
  request: CacheRequest,
  entry: Entry,
  record: CacheRecord,
): Promise<void> {
  // Whoever waits for this answer finds it in the store as well.
  flow.leader?.end();
  const { cache, clock } = flow.parts;
  const { status, reason, fields, body } = cache.answer(entry, request, record.find, clock.wall());
  flow.record.decision(record);
  const head: ResponseHead = { status, reason, minor: 1, fields };
  if (body.length <= PIECE || flow.exchange.head.method === 'HEAD') respondOwn(flow, { head, body });
  else await respondInPieces(flow, { head, body });
}

async function respondInPieces(flow: LiveFlow, answer: OwnAnswer): Promise<void> {
  const { exchange, record } = flow;
  const { responder, cancellation } = exchange;
  const { head, body } = answer;
  beginOwn(flow, head);
  record.state('streaming');
  responder.begin(head, { kind: 'length', length: body.length });
  for (let at = 0; at < body.length; at += PIECE) {
    const piece = body.subarray(at, at + PIECE);
    responder.content(piece);
    responder.wire(piece);
    responder.flush();
    record.responseContent(piece);
    if (responder.needsDrain) await drained(responder, cancellation);
  }
  responder.end(Fields.none);
  record.responseEnd(Fields.none);
}

async function drained(responder: Responder, cancellation: Cancellation): Promise<void> {
  await new Promise<void>((fulfil, reject) => {
    const watching = cancellation.onCancel(reject);
    responder.onDrain = () => {
      watching.dispose();
      fulfil();
    };
  });
}

function beginOwn(flow: LiveFlow, head: ResponseHead): void {
  const { exchange, record } = flow;
  record.responseHead(Buffer.from(writeResponseHead(head), 'latin1'), head.status, head.fields.get('content-type'), []);
  if (!exchange.requestComplete) exchange.attachBody(discarded);
}

/** Answers with something that is whole already. */
export function respondOwn(flow: LiveFlow, answer: OwnAnswer): void {
  const { exchange, record } = flow;
  const { head, body } = answer;
  beginOwn(flow, head);
  const headOnly = exchange.head.method === 'HEAD';
  respondWhole(exchange.responder, answer, headOnly);
  if (body.length > 0 && !headOnly) record.responseContent(body);
  record.responseEnd(Fields.none);
}

const discarded = { content: (): void => undefined, wire: (): void => undefined, end: (): void => undefined };

/** Tells the client what failed, if it may still be told; breaks the connection off otherwise. */
export function answerFailure(flow: LiveFlow, thrown: unknown): void {
  const error = toProxyError(thrown);
  const { exchange, record, parts } = flow;
  const { responder, connection, head } = exchange;
  record.fail(error.toRecord());
  if (error.cause instanceof RefusedPeer) record.refusedTls(error.cause.tls);
  if (error.code === 'internal') parts.report(error);
  if (responder.started) {
    responder.abort();
    return;
  }
  flow.recordRequest([]);
  if (error.entry.status === 0 || connection.gone) {
    connection.abandon();
    return;
  }
  const direct = error.code === 'bad-target' && connection.role.kind === 'forward' && head.target.startsWith('/');
  const now = parts.clock.wall();
  respondOwn(flow, direct ? wrongWay(head, now) : refusal(error, head.fields.get('accept'), now));
}
