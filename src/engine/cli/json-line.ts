// One finished flow as one line of JSON, for other programs to read.
import type { TlsRecord } from '../../contract/decisions.ts';
import type { FlowDetail } from '../../contract/model.ts';

function tlsOf({ connection, refusedTls }: FlowDetail): TlsRecord | null {
  return connection?.tls ?? refusedTls ?? null;
}

/**
 * Sizes in bytes, as on the wire; durations in ms; `start` in ISO 8601. What a flow does not have is null, so that every
 * line has the same names: `status` of a flow without a response, `connection` of one that the cache answered, `messages`
 * (their number) of one that is neither a WebSocket nor a stream.
 */
export function jsonLine(flow: FlowDetail): string {
  return JSON.stringify({
    id: flow.id,
    kind: flow.kind,
    start: new Date(flow.startedAt).toISOString(),
    duration: flow.duration ?? null,
    method: flow.method,
    url: flow.url,
    status: flow.status ?? null,
    mediaType: flow.mediaType ?? null,
    sizes: { request: flow.requestBytes, response: flow.responseBytes },
    timings: flow.timing,
    connection: flow.connection === undefined ? null : { ...flow.connection, tls: undefined },
    tls: tlsOf(flow),
    cache: { word: flow.cache, find: flow.decision?.find ?? null, store: flow.decision?.store ?? null },
    messages: flow.messages ?? null,
    error: flow.error ?? null,
  });
}
