// Header lists of HTTP/2 (RFC 9113 §8) read as heads of the proxy, strictly: what HTTP/1.1 could take for something else is refused.
import { consistsOf, equalsIgnoringCase, visibleOctets } from './characters.ts';
import { Fields } from './fields.ts';
import { hasNoContent, parseContentLength, type Framing } from './framing.ts';
import type { RequestHead, ResponseHead } from './head.ts';
import { isToken } from './lists.ts';
import { parseAuthority, sameAuthority, type Scheme } from './target.ts';
import { indexOfForbiddenTrailer, withoutForbiddenTrailers } from './trailers.ts';
import { WireError } from './wire-error.ts';

/** Names and values in turns, in order as received, pseudo-header fields among them; latin1, one character an octet. */
export type HeaderList = readonly string[];

/** The fields of one connection of HTTP/1.1, which HTTP/2 must not have (RFC 9113 §8.2.2); TE is judged by its value. */
const FORBIDDEN: ReadonlySet<string> = new Set([
  'connection',
  'keep-alive',
  'proxy-connection',
  'transfer-encoding',
  'upgrade',
]);

const REQUEST_PSEUDO: ReadonlySet<string> = new Set([':method', ':scheme', ':authority', ':path', ':protocol']);
const RESPONSE_PSEUDO: ReadonlySet<string> = new Set([':status']);
const NO_PSEUDO: ReadonlySet<string> = new Set();

const CHUNKED = ['Transfer-Encoding', 'chunked'] as const;

type Line = readonly [name: string, value: string];

/** A header list by its parts. */
interface Parts {
  readonly pseudo: ReadonlyMap<string, string>;
  readonly lines: Line[];
}

function malformed(rule: string, clause = 'RFC 9113 §8.1.1'): WireError {
  return new WireError(rule, clause);
}

/** RFC 9113 §8.2.1, §8.2.2; the grammar of name and value is checked by `Fields.of`. */
function checkLine(name: string, value: string): void {
  if (/[A-Z]/.test(name)) throw malformed('a field name in upper case', 'RFC 9113 §8.2.1');
  if (/^[ \t]|[ \t]$/.test(value)) throw malformed(`whitespace around the value of ${name}`, 'RFC 9113 §8.2.1');
  if (FORBIDDEN.has(name)) throw malformed(`the field ${name}, which HTTP/2 does not have`, 'RFC 9113 §8.2.2');
  if (name === 'te' && !equalsIgnoringCase(value, 'trailers')) {
    throw malformed('TE with other than trailers', 'RFC 9113 §8.2.2');
  }
}

/** RFC 9113 §8.3: pseudo-header fields come first, each once, and none that the message cannot have. */
function partsOf(list: HeaderList, known: ReadonlySet<string>): Parts {
  const pseudo = new Map<string, string>();
  const lines: Line[] = [];
  for (let at = 0; at + 1 < list.length; at += 2) {
    const name = list[at] as string;
    const value = list[at + 1] as string;
    if (!name.startsWith(':')) {
      checkLine(name, value);
      lines.push([name, value]);
      continue;
    }
    if (lines.length > 0) throw malformed(`${name} after a regular field`, 'RFC 9113 §8.3');
    if (!known.has(name)) throw malformed(`the pseudo-header field ${name}`, 'RFC 9113 §8.3');
    if (pseudo.has(name)) throw malformed(`${name} more than once`, 'RFC 9113 §8.3');
    pseudo.set(name, value);
  }
  return { pseudo, lines };
}

/** The length that a message announces, undefined where it announces none. Throws for all but one decimal number. */
function announcedLength(lines: readonly Line[]): number | undefined {
  const values = lines.filter(([name]) => name === 'content-length');
  if (values.length === 0) return undefined;
  const length = parseContentLength(values[0]?.[1] ?? '');
  if (values.length > 1) throw malformed('more than one Content-Length field', 'RFC 9113 §8.1.1');
  if (length < 0) throw malformed('a Content-Length that is not one decimal number', 'RFC 9110 §8.6');
  return length;
}

/** How the content would be delimited in HTTP/1.1; `ended`: the stream ended with its header list. */
function framingOf(lines: readonly Line[], ended: boolean): Framing {
  const length = announcedLength(lines);
  if (ended) {
    if (length !== undefined && length > 0) throw malformed('a Content-Length without content');
    return { kind: 'none' };
  }
  if (length === undefined) return { kind: 'chunked' };
  return length === 0 ? { kind: 'none' } : { kind: 'length', length };
}

/** RFC 9113 §8.2.3: cookies may come in pieces, which HTTP/1.1 must get as one line. */
function withOneCookie(lines: readonly Line[]): readonly Line[] {
  const cookies = lines.filter(([name]) => name === 'cookie');
  if (cookies.length < 2) return lines;
  const first = lines.indexOf(cookies[0] as Line);
  const joined: Line = ['cookie', cookies.map(([, value]) => value).join('; ')];
  return lines.flatMap((line, index) => (index === first ? [joined] : line[0] === 'cookie' ? [] : [line]));
}

/** What a request asks for, once its pseudo-header fields have been judged. */
interface Asked {
  readonly method: string;
  readonly scheme: Scheme;
  readonly authority: string;
  readonly path: string;
}

function schemeOf(value: string | undefined): Scheme {
  if (value === undefined) throw malformed('a request without :scheme', 'RFC 9113 §8.3.1');
  const scheme = value.toLowerCase();
  if (scheme === 'http' || scheme === 'https') return scheme;
  throw new WireError('a scheme other than http and https', 'RFC 9113 §8.3.1', 0, 501);
}

function pathOf(value: string | undefined, method: string): string {
  if (value === undefined || value === '') throw malformed('a request without :path', 'RFC 9113 §8.3.1');
  if (!consistsOf(value, visibleOctets)) throw malformed('a :path with other than visible characters');
  if (value.includes('#')) throw malformed('a fragment in :path', 'RFC 9113 §8.3.1');
  const wholeServer = value === '*' && method === 'OPTIONS';
  if (!value.startsWith('/') && !wholeServer) throw malformed('a :path that does not begin with /', 'RFC 9113 §8.3.1');
  return value;
}

/** RFC 9113 §8.3.1: Host must not name another than :authority; one of them has to be there. */
function authorityOf(parts: Parts, scheme: Scheme): string {
  const hosts = parts.lines.filter(([name]) => name === 'host').map(([, value]) => value);
  if (hosts.length > 1) throw malformed('more than one Host field', 'RFC 9110 §7.2');
  const [host] = hosts;
  const authority = parts.pseudo.get(':authority') ?? host;
  if (authority === undefined) throw malformed('a request with neither :authority nor Host', 'RFC 9113 §8.3.1');
  const parsed = parseAuthority(authority);
  if (host !== undefined && !sameAuthority(parseAuthority(host), parsed, scheme)) {
    throw malformed('Host and :authority name different servers', 'RFC 9113 §8.3.1');
  }
  return authority;
}

function methodOf(parts: Parts): string {
  const method = parts.pseudo.get(':method');
  if (method === undefined) throw malformed('a request without :method', 'RFC 9113 §8.3.1');
  if (!isToken(method)) throw malformed('a method that is not a token', 'RFC 9110 §9.1');
  return method;
}

/** A request as the proxy goes on with it. */
export interface Http2Request {
  readonly head: RequestHead;
  readonly framing: Framing;
  /** What an extended CONNECT (RFC 8441) opens, such as `websocket`. */
  readonly protocol?: string;
}

/** Settles what an extended CONNECT becomes in HTTP/1.1 and which form the target takes. */
export interface ReadOptions {
  /** The stream ended with this list. */
  readonly ended: boolean;
  /** `absolute` on a proxy port; `origin` where the client takes us for its server. */
  readonly form: 'absolute' | 'origin';
  /** A Sec-WebSocket-Key for an upgrade (RFC 6455 §4.1), which HTTP/2 has none of (RFC 8441 §5). */
  readonly webSocketKey: () => string;
}

/**
 * Reads the header list of a request as the head that it would have in HTTP/1.1: with Host, with Transfer-Encoding where
 * its length is unknown, as an upgrade where it is an extended CONNECT.
 * @throws WireError for what is malformed (RFC 9113 §8.1.1).
 */
export function readHttp2Request(list: HeaderList, options: ReadOptions): Http2Request {
  const parts = partsOf(list, REQUEST_PSEUDO);
  const method = methodOf(parts);
  const protocol = parts.pseudo.get(':protocol');
  if (method === 'CONNECT' && protocol === undefined) return readConnect(parts, options.ended);
  if (protocol !== undefined && method !== 'CONNECT') throw malformed(':protocol without CONNECT', 'RFC 8441 §4');
  const scheme = schemeOf(parts.pseudo.get(':scheme'));
  const asked = {
    method,
    scheme,
    authority: authorityOf(parts, scheme),
    path: pathOf(parts.pseudo.get(':path'), method),
  };
  if (protocol !== undefined) return readExtended(parts, asked, protocol, options);
  const framing = framingOf(parts.lines, options.ended);
  const fields = requestFields(parts, asked.authority, framing.kind === 'chunked' ? [CHUNKED] : []);
  return { head: { method, target: targetOf(asked, options.form), minor: 1, fields }, framing };
}

function requestFields(parts: Parts, authority: string, more: readonly Line[]): Fields {
  const rest = withOneCookie(parts.lines.filter(([name]) => name !== 'host'));
  return Fields.of([['Host', authority], ...rest, ...more]);
}

function targetOf(asked: Asked, form: ReadOptions['form']): string {
  if (form === 'origin') return asked.path;
  return `${asked.scheme}://${asked.authority}${asked.path === '*' ? '' : asked.path}`;
}

/** RFC 9113 §8.5: an authority and nothing else. */
function readConnect(parts: Parts, ended: boolean): Http2Request {
  const { pseudo, lines } = parts;
  if (pseudo.has(':scheme') || pseudo.has(':path')) throw malformed('CONNECT with :scheme or :path', 'RFC 9113 §8.5');
  if (lines.some(([name]) => name === 'content-length')) throw malformed('CONNECT with a length', 'RFC 9110 §9.3.6');
  if (ended) throw malformed('CONNECT on a stream that has ended', 'RFC 9113 §8.5');
  const authority = pseudo.get(':authority');
  if (authority === undefined) throw malformed('CONNECT without :authority', 'RFC 9113 §8.5');
  parseAuthority(authority);
  const fields = requestFields(parts, authority, []);
  return { head: { method: 'CONNECT', target: authority, minor: 1, fields }, framing: { kind: 'none' } };
}

/** RFC 8441 §4, §5: only WebSocket has a form in HTTP/1.1 that everybody knows. */
function readExtended(parts: Parts, asked: Asked, protocol: string, options: ReadOptions): Http2Request {
  if (protocol !== 'websocket') {
    throw new WireError('an extended CONNECT for other than websocket', 'RFC 8441 §4', 0, 501);
  }
  if (options.ended) throw malformed('CONNECT on a stream that has ended', 'RFC 8441 §4');
  if (parts.lines.some(([name]) => name === 'content-length')) throw malformed('CONNECT with a length', 'RFC 8441 §4');
  const kept = parts.lines.filter(([name]) => name !== 'sec-websocket-key');
  const fields = requestFields({ ...parts, lines: kept }, asked.authority, [
    ['Connection', 'Upgrade'],
    ['Upgrade', 'websocket'],
    ['Sec-WebSocket-Key', options.webSocketKey()],
  ]);
  const head: RequestHead = { method: 'GET', target: targetOf(asked, options.form), minor: 1, fields };
  return { head, framing: { kind: 'none' }, protocol };
}

function statusOf(parts: Parts): number {
  const text = parts.pseudo.get(':status') ?? '';
  if (!/^[1-9]\d\d$/.test(text)) throw malformed('an answer without a :status of three digits', 'RFC 9113 §8.3.2');
  if (text === '101') throw malformed('101 Switching Protocols, which HTTP/2 does not have', 'RFC 9113 §8.6');
  return Number(text);
}

/** The head of an interim answer. Throws a WireError as `readHttp2Response` does. */
export function readHttp2Interim(list: HeaderList): ResponseHead {
  const parts = partsOf(list, RESPONSE_PSEUDO);
  return { status: statusOf(parts), reason: '', minor: 1, fields: Fields.of(parts.lines) };
}

/**
 * Reads the header list of the final answer to a request with that method as the head that it would have in HTTP/1.1:
 * with Transfer-Encoding where its length is unknown.
 * @throws WireError for what is malformed (RFC 9113 §8.1.1).
 */
export function readHttp2Response(
  list: HeaderList,
  ended: boolean,
  requestMethod: string,
): { readonly head: ResponseHead; readonly framing: Framing } {
  const parts = partsOf(list, RESPONSE_PSEUDO);
  const status = statusOf(parts);
  const framing = responseFraming(parts.lines, ended, hasNoContent(status, requestMethod));
  const more = framing.kind === 'chunked' ? [CHUNKED] : [];
  return { head: { status, reason: '', minor: 1, fields: Fields.of([...parts.lines, ...more]) }, framing };
}

function responseFraming(lines: readonly Line[], ended: boolean, withoutContent: boolean): Framing {
  if (!withoutContent) return framingOf(lines, ended);
  // The length tells what a GET would get (RFC 9110 §8.6), and the stream may still end with trailers.
  announcedLength(lines);
  return { kind: 'none' };
}

/** The trailers of a request. Throws a WireError for a field that must not be one. */
export function readHttp2RequestTrailers(list: HeaderList): Fields {
  const trailers = Fields.of(partsOf(list, NO_PSEUDO).lines);
  const index = indexOfForbiddenTrailer(trailers);
  if (index < 0) return trailers;
  throw new WireError(`${trailers.name(index)} in the trailer section`, 'RFC 9110 §6.5.1');
}

/** The trailers of an answer, without fields that must not be one. Throws a WireError for what is malformed. */
export function readHttp2Trailers(list: HeaderList): Fields {
  return withoutForbiddenTrailers(Fields.of(partsOf(list, NO_PSEUDO).lines));
}

function textOf(startLine: string, list: HeaderList): string {
  let text = `${startLine}\r\n`;
  for (let at = 0; at + 1 < list.length; at += 2) text += `${list[at]}: ${list[at + 1]}\r\n`;
  return `${text}\r\n`;
}

function valueOf(list: HeaderList, name: string): string {
  for (let at = 0; at + 1 < list.length; at += 2) if (list[at] === name) return list[at + 1] as string;
  return '';
}

/** A request's list as text for the record: a start line for the eye, then every line as it came. */
export function http2RequestText(list: HeaderList): string {
  const path = valueOf(list, ':path');
  return textOf(`${valueOf(list, ':method')} ${path === '' ? valueOf(list, ':authority') : path} HTTP/2`, list);
}

/** An answer's list as text for the record. */
export function http2ResponseText(list: HeaderList): string {
  return textOf(`HTTP/2 ${valueOf(list, ':status')}`, list);
}
