// Answers a request with the response that another one is getting just now, as it arrives.
import { followedStatus } from '../../cache/cache-status.ts';
import { Entry } from '../../cache/entry.ts';
import type { CacheWriter, ContentFollower } from '../../cache/keeping.ts';
import type { CacheRequest } from '../../cache/messages.ts';
import { differingField } from '../../cache/vary.ts';
import type { CacheRecord, FindDecision } from '../../contract/decisions.ts';
import { ProxyError } from '../../contract/errors.ts';
import { Fields } from '../../http/fields.ts';
import type { Framing } from '../../http/framing.ts';
import { writeResponseHead } from '../../http/writer.ts';
import type { Leader } from './collapse.ts';
import type { LiveFlow } from './live-flow.ts';

/**
 * Waits for the leader's head, and answers with what follows it. False where that is not for this request: it then asks
 * for itself.
 * @throws the reason of the cancellation, ProxyError where the leader's answer broke off.
 */
export async function answeredByFollowing(
  flow: LiveFlow,
  request: CacheRequest,
  find: FindDecision,
  leader: Leader,
): Promise<boolean> {
  try {
    const outcome = await leader.follow(flow.exchange.cancellation);
    if (outcome.kind === 'alone' || !isFor(outcome.writer, request)) return false;
    flow.parts.collapser.collapsed += 1;
    await follow(flow, outcome.writer, outcome.framing, { find, collapsed: true });
    return true;
  } finally {
    leader.leave();
  }
}

/** Whether the response that is on its way may answer this request too. */
function isFor({ head, whole }: CacheWriter, request: CacheRequest): boolean {
  if (!whole || head.status === 206) return false;
  if (head.source !== undefined && head.source !== request.source) return false;
  return differingField(head.variant, head.fields, request.fields) === undefined;
}

async function follow(flow: LiveFlow, writer: CacheWriter, framing: Framing, record: CacheRecord): Promise<void> {
  const { exchange, record: recording, parts } = flow;
  flow.recordRequest([]);
  recording.decision(record);
  const { status, reason, fields } = writer.head;
  const sized = framing.kind === 'length' || framing.kind === 'none';
  const age = Math.floor(new Entry({ ...writer.head, body: Buffer.alloc(0) }).age(parts.clock.wall()));
  const told = fields.append('Age', String(age)).append('Cache-Status', followedStatus(record.find));
  const head = {
    status,
    reason,
    minor: 1 as const,
    fields: sized ? told : told.append('Transfer-Encoding', 'chunked'),
  };
  recording.responseHead(Buffer.from(writeResponseHead(head), 'latin1'), status, fields.get('content-type'), []);
  recording.state('streaming');
  if (!exchange.requestComplete) exchange.attachBody({ content: nothing, wire: nothing, end: nothing });
  exchange.responder.begin(head, sized ? framing : { kind: 'chunked' });
  await new FollowedBody(flow, writer, !sized).run();
}

function nothing(): void {
  // What a GET carries here is nothing.
}

/** Gives the content to one client as fast as that reads; what it has not read yet is held by reference. */
class FollowedBody implements ContentFollower {
  readonly #flow: LiveFlow;
  readonly #writer: CacheWriter;
  readonly #chunked: boolean;
  readonly #waiting: Buffer[] = [];
  #heldBytes = 0;
  #ended = false;
  #fulfil: (() => void) | undefined;
  #reject: ((error: Error) => void) | undefined;

  constructor(flow: LiveFlow, writer: CacheWriter, chunked: boolean) {
    this.#flow = flow;
    this.#writer = writer;
    this.#chunked = chunked;
  }

  async run(): Promise<void> {
    const { cancellation, responder } = this.#flow.exchange;
    const done = new Promise<void>((fulfil, reject) => {
      this.#fulfil = fulfil;
      this.#reject = reject;
    });
    responder.onDrain = () => this.#write();
    const watching = cancellation.onCancel((reason) => this.#reject?.(reason));
    this.#writer.follow(this);
    try {
      await done;
    } finally {
      this.#writer.unfollow(this);
      watching.dispose();
    }
  }

  content(bytes: Buffer): void {
    // An empty chunk would be the last (RFC 9112 §7.1).
    if (bytes.length === 0) return;
    this.#waiting.push(bytes);
    this.#heldBytes += bytes.length;
    this.#write();
    // What the cache itself does not hold any more is not held for a reader that has stopped reading either.
    const limit = this.#flow.settings.cache.maxEntryBytes;
    if (this.#heldBytes > limit) this.#reject?.(new ProxyError('client-too-slow', { limit }));
  }

  end(): void {
    this.#ended = true;
    this.#write();
  }

  lost(): void {
    this.#reject?.(new ProxyError('connection-reset', {}));
  }

  #write(): void {
    const { responder } = this.#flow.exchange;
    while (!responder.needsDrain) {
      const bytes = this.#waiting.shift();
      if (bytes === undefined) break;
      this.#heldBytes -= bytes.length;
      this.#flow.record.responseContent(bytes);
      this.#give(bytes);
    }
    if (!this.#ended || this.#waiting.length > 0 || responder.finished) return;
    if (this.#chunked) responder.wire(LAST_CHUNK);
    responder.end(Fields.none);
    this.#flow.record.responseEnd(Fields.none);
    this.#fulfil?.();
  }

  #give(bytes: Buffer): void {
    const { responder } = this.#flow.exchange;
    responder.content(bytes);
    if (this.#chunked) responder.wire(Buffer.from(`${bytes.length.toString(16)}\r\n`, 'latin1'));
    responder.wire(bytes);
    if (this.#chunked) responder.wire(CRLF);
    responder.flush();
  }
}

const CRLF = Buffer.from('\r\n', 'latin1');
const LAST_CHUNK = Buffer.from('0\r\n', 'latin1');
