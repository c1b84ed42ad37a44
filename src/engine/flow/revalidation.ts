// Asks upstream about a stored response when somebody wants to know now: a flow like any other, but for its client.
import type { Disposable } from '../../base/disposable.ts';
import type { Entry } from '../../cache/entry.ts';
import { hostOf } from '../../cache/hosts.ts';
import { revalidationOf } from '../../cache/revalidating.ts';
import type { RevalidationResult } from '../../contract/engine.ts';
import { ProxyError } from '../../contract/errors.ts';
import type { FlowRecording } from '../capture/recorder.ts';
import type { Exchange } from '../listen/exchange.ts';
import { exchangeForNobody } from '../listen/nobody.ts';
import { runFlow } from './flow.ts';
import type { FlowParts } from './live-flow.ts';

export class Revalidations implements Disposable {
  readonly #parts: FlowParts;
  readonly #running = new Set<Exchange>();

  constructor(parts: FlowParts) {
    this.#parts = parts;
  }

  /** Sends the request for an entry the way of every request, and resolves at the end of its flow; never rejects. */
  async revalidate(entry: Entry): Promise<RevalidationResult> {
    const parts = this.#parts;
    const request = revalidationOf(entry, hostOf(entry.url));
    const exchange = exchangeForNobody({ method: 'GET', ...request }, parts.clock);
    let recording: FlowRecording | undefined;
    const recorder: FlowParts['recorder'] = { begin: (start) => (recording = parts.recorder.begin(start)) };
    this.#running.add(exchange);
    try {
      await runFlow(exchange, { ...parts, recorder });
    } finally {
      this.#running.delete(exchange);
      const { socket, boundOrigins, id } = exchange.connection;
      socket.destroy();
      if (boundOrigins.size > 0) parts.pool.closeBoundTo(id);
    }
    return outcomeOf(recording);
  }

  /** Breaks off what is under way, because the proxy stops. */
  dispose(): void {
    for (const exchange of this.#running) exchange.cancellation.cancel(new ProxyError('stopping'));
  }
}

function outcomeOf(recording: FlowRecording | undefined): RevalidationResult {
  if (recording === undefined) return { kind: 'done' };
  const { id, recorded, outcome } = recording;
  return { kind: 'done', ...(recorded ? { flow: id } : {}), ...outcome };
}
