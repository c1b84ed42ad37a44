// Flows as HAR 1.2, the format that browsers' tools and most others read.
import type { FlowDetail, MessageRecord, Timing } from '../contract/model.ts';
import type { HarWebSocketMessage } from './har-messages.ts';
import { looksOf } from './media-type.ts';

/** Bodies without their Content-Encoding, as far as they are in the record; of a WebSocket its messages. */
export interface HarBodies {
  readonly request?: Uint8Array;
  readonly response?: Uint8Array;
  readonly messages?: readonly HarWebSocketMessage[];
}

interface NameValue {
  readonly name: string;
  readonly value: string;
}

interface HarMessage {
  readonly httpVersion: string;
  readonly cookies: readonly NameValue[];
  readonly headers: readonly NameValue[];
  readonly headersSize: number;
  readonly bodySize: number;
  readonly _trailers?: readonly NameValue[];
  readonly _body?: MessageRecord['body'];
}

interface HarRequest extends HarMessage {
  readonly method: string;
  readonly url: string;
  readonly queryString: readonly NameValue[];
  readonly postData?: { readonly mimeType: string; readonly text: string; readonly encoding?: 'base64' };
}

interface HarResponse extends HarMessage {
  readonly status: number;
  readonly statusText: string;
  readonly content: {
    readonly size: number;
    readonly compression?: number;
    readonly mimeType: string;
    readonly text?: string;
    readonly encoding?: 'base64';
  };
  readonly redirectURL: string;
}

/** Times in ms; -1 where it did not happen. `connect` includes `ssl`, as the format wants it. */
interface HarTimings {
  readonly blocked: number;
  readonly dns: number;
  readonly connect: number;
  readonly ssl: number;
  readonly send: number;
  readonly wait: number;
  readonly receive: number;
}

/** An entry of `log.entries`; names with `_` are our own, as the format allows. */
export interface HarEntry {
  readonly startedDateTime: string;
  readonly time: number;
  readonly request: HarRequest;
  readonly response: HarResponse;
  readonly cache: Record<string, never>;
  readonly timings: HarTimings;
  readonly serverIPAddress?: string;
  readonly connection?: string;
  readonly _id: string;
  readonly _kind: FlowDetail['kind'];
  readonly _state: FlowDetail['state'];
  readonly _source: string;
  readonly _cache: FlowDetail['cache'];
  readonly _cacheDecision?: FlowDetail['decision'];
  readonly _connection?: FlowDetail['connection'];
  readonly _error?: FlowDetail['error'];
  readonly _leniencies?: FlowDetail['leniencies'];
  /** As Chrome's tools write them. */
  readonly _resourceType?: 'websocket';
  readonly _webSocketMessages?: readonly HarWebSocketMessage[];
}

export interface HarDocument {
  readonly log: {
    readonly version: '1.2';
    readonly creator: { readonly name: string; readonly version: string };
    readonly entries: readonly HarEntry[];
  };
}

function named(fields: MessageRecord['fields']): NameValue[] {
  return fields.map(([name, value]) => ({ name, value }));
}

function valuesOf(message: MessageRecord, lowerCaseName: string): string[] {
  return message.fields.filter(([name]) => name.toLowerCase() === lowerCaseName).map(([, value]) => value);
}

function cookie(text: string): NameValue {
  const equals = text.indexOf('=');
  if (equals < 0) return { name: '', value: text.trim() };
  return { name: text.slice(0, equals).trim(), value: text.slice(equals + 1).trim() };
}

function requestCookies(message: MessageRecord): NameValue[] {
  return valuesOf(message, 'cookie')
    .flatMap((value) => value.split(';'))
    .filter((part) => part.trim() !== '')
    .map(cookie);
}

function responseCookies(message: MessageRecord): NameValue[] {
  return valuesOf(message, 'set-cookie').map((value) => cookie(value.split(';')[0] ?? ''));
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text.replaceAll('+', ' '));
  } catch {
    return text;
  }
}

function queryOf(url: string): NameValue[] {
  const query = /\?([^#]*)/.exec(url)?.[1] ?? '';
  return query
    .split('&')
    .filter((part) => part !== '')
    .map((part) => {
      const equals = part.indexOf('=');
      if (equals < 0) return { name: decoded(part), value: '' };
      return { name: decoded(part.slice(0, equals)), value: decoded(part.slice(equals + 1)) };
    });
}

/** Text where the media type says so and the bytes are UTF-8, base64 otherwise: no byte is lost. */
function textOf(bytes: Uint8Array, mediaType: string | undefined): { text: string; encoding?: 'base64' } {
  const own = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (looksOf(mediaType).isText) {
    const text = own.toString('utf8');
    if (Buffer.from(text, 'utf8').equals(own)) return { text };
  }
  return { text: own.toString('base64'), encoding: 'base64' };
}

/** Stands for a message that there was none of, which the format has no word for. */
const noMessage: MessageRecord = {
  startLine: '',
  fields: [],
  trailers: [],
  body: { size: -1, kept: 0, state: 'complete' },
};

function isThere(body: Uint8Array | undefined): body is Uint8Array {
  return body !== undefined && body.length > 0;
}

/** The first group that matches, or nothing. */
function cut(text: string, pattern: RegExp): string {
  return pattern.exec(text)?.[1] ?? '';
}

function messageOf(message: MessageRecord, httpVersion: string, cookies: readonly NameValue[]): HarMessage {
  return {
    httpVersion,
    cookies,
    headers: named(message.fields),
    headersSize: -1,
    bodySize: message.body.size,
    ...(message.trailers.length === 0 ? {} : { _trailers: named(message.trailers) }),
    ...(message.body.state === 'complete' ? {} : { _body: message.body }),
  };
}

function harRequest(detail: FlowDetail, body: Uint8Array | undefined): HarRequest {
  const message = detail.request ?? noMessage;
  const mediaType = valuesOf(message, 'content-type')[0];
  return {
    method: detail.method,
    url: detail.url,
    queryString: queryOf(detail.url),
    ...messageOf(message, cut(message.startLine, / (HTTP\/\d(?:\.\d)?)$/), requestCookies(message)),
    ...(isThere(body) ? { postData: { mimeType: mediaType ?? '', ...textOf(body, mediaType) } } : {}),
  };
}

function harContent(message: MessageRecord, body: Uint8Array | undefined): HarResponse['content'] {
  const [mediaType] = valuesOf(message, 'content-type');
  const { size, state } = message.body;
  const mimeType = mediaType ?? '';
  if (!isThere(body)) return { size: Math.max(0, size), mimeType };
  const isCompressed = valuesOf(message, 'content-encoding').length > 0 && state === 'complete';
  return {
    size: body.length,
    ...(isCompressed ? { compression: body.length - size } : {}),
    mimeType,
    ...textOf(body, mediaType),
  };
}

function harResponse(detail: FlowDetail, body: Uint8Array | undefined): HarResponse {
  const message = detail.response ?? noMessage;
  return {
    status: detail.status ?? 0,
    statusText: cut(message.startLine, /^\S+ \d+ (.*)$/),
    ...messageOf(message, cut(message.startLine, /^(HTTP\/\d(?:\.\d)?)/), responseCookies(message)),
    content: harContent(message, body),
    redirectURL: valuesOf(message, 'location')[0] ?? '',
  };
}

/** The sum of those that are there, or -1. */
function sum(...times: readonly (number | undefined)[]): number {
  const there = times.filter((time) => time !== undefined);
  return there.length === 0 ? -1 : there.reduce((all, time) => all + time, 0);
}

function harTimings(timing: Timing): HarTimings {
  return {
    blocked: sum(timing.queued, timing.waited),
    dns: sum(timing.dns),
    connect: sum(timing.connect, timing.tls),
    ssl: sum(timing.tls),
    // The format wants these three to be there.
    send: timing.sent ?? 0,
    wait: timing.firstByte ?? 0,
    receive: timing.download ?? 0,
  };
}

/** One flow. Secrets are not masked: whoever exports is asked before. */
export function harEntry(detail: FlowDetail, bodies: HarBodies): HarEntry {
  const timings = harTimings(detail.timing);
  const parts = [timings.blocked, timings.dns, timings.connect, timings.send, timings.wait, timings.receive];
  const { connection } = detail;
  const address = /^\[?(.*?)\]?:\d+$/.exec(connection?.remote ?? '')?.[1];
  return {
    startedDateTime: new Date(detail.startedAt).toISOString(),
    time: parts.reduce((all, part) => all + Math.max(0, part), 0),
    request: harRequest(detail, bodies.request),
    response: harResponse(detail, bodies.response),
    cache: {},
    timings,
    ...(address === undefined ? {} : { serverIPAddress: address }),
    ...(connection === undefined ? {} : { connection: String(connection.id), _connection: connection }),
    _id: detail.id,
    _kind: detail.kind,
    _state: detail.state,
    _source: detail.source,
    _cache: detail.cache,
    ...(detail.decision === undefined ? {} : { _cacheDecision: detail.decision }),
    ...(detail.error === undefined ? {} : { _error: detail.error }),
    ...(detail.leniencies.length === 0 ? {} : { _leniencies: detail.leniencies }),
    ...(bodies.messages === undefined
      ? {}
      : { _resourceType: 'websocket' as const, _webSocketMessages: bodies.messages }),
  };
}

/** The whole file as a value for JSON.stringify; `version` is that of Wirelens. */
export function harDocument(entries: readonly HarEntry[], version: string): HarDocument {
  return { log: { version: '1.2', creator: { name: 'Wirelens', version }, entries } };
}
