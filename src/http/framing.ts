// Where the content of a message ends: RFC 9112 §6, strict for requests, with listed leniencies for responses.
import { equalsIgnoringCase } from './characters.ts';
import type { Fields } from './fields.ts';
import type { RequestHead, ResponseHead } from './head.ts';
import type { Leniency } from './leniency.ts';
import { splitList } from './lists.ts';
import { WireError } from './wire-error.ts';

/** How the content of a message is delimited; `length` is in bytes. */
export type Framing =
  /** No content; the message ends with its head. */
  | { readonly kind: 'none' }
  | { readonly kind: 'length'; readonly length: number }
  | { readonly kind: 'chunked' }
  /** Until the connection ends; responses only. */
  | { readonly kind: 'close' };

const none: Framing = { kind: 'none' };
const chunked: Framing = { kind: 'chunked' };
const untilClose: Framing = { kind: 'close' };

/** A Content-Length value in bytes, or -1: digits only, no list, at most 2^53 - 1 (RFC 9110 §8.6). */
export function parseContentLength(value: string): number {
  if (value.length === 0 || value.length > 16) return -1;
  let length = 0;
  for (let at = 0; at < value.length; at += 1) {
    const digit = value.charCodeAt(at) - 0x30;
    if (digit < 0 || digit > 9) return -1;
    length = length * 10 + digit;
  }
  return length <= Number.MAX_SAFE_INTEGER ? length : -1;
}

/** The framing of a request (RFC 9112 §6.3). Throws a WireError for all that two recipients could read differently. */
export function requestFraming(head: RequestHead): Framing {
  const { fields } = head;
  const encoding = fields.indexOf('transfer-encoding');
  const length = fields.indexOf('content-length');
  if (encoding >= 0) {
    checkRequestCoding(head, encoding, length);
    return chunked;
  }
  if (length < 0) return none;
  const again = fields.indexOf('content-length', length + 1);
  if (again >= 0) {
    throw new WireError('more than one Content-Length field', 'RFC 9112 §6.3', fields.offset(again));
  }
  const bytes = parseContentLength(fields.value(length));
  if (bytes < 0) {
    throw new WireError('a Content-Length that is not one decimal number', 'RFC 9110 §8.6', fields.offset(length));
  }
  if (bytes === 0) return none;
  if (head.method === 'CONNECT') throw contentOfConnect(fields.offset(length));
  return { kind: 'length', length: bytes };
}

function contentOfConnect(offset: number): WireError {
  return new WireError('a CONNECT request with content', 'RFC 9110 §9.3.6', offset);
}

function checkRequestCoding(head: RequestHead, encoding: number, length: number): void {
  const { fields } = head;
  const offset = fields.offset(encoding);
  if (length >= 0) throw new WireError('Content-Length beside Transfer-Encoding', 'RFC 9112 §6.1', offset);
  if (head.minor === 0) throw new WireError('Transfer-Encoding in HTTP/1.0', 'RFC 9112 §6.1', offset);
  const again = fields.indexOf('transfer-encoding', encoding + 1);
  if (again >= 0) throw new WireError('more than one Transfer-Encoding field', 'RFC 9112 §6.1', fields.offset(again));
  const value = fields.value(encoding);
  if (!equalsIgnoringCase(value, 'chunked')) {
    const codings = splitList(value);
    if (codings.length > 0 && codings.every((coding) => equalsIgnoringCase(coding, 'chunked'))) {
      throw new WireError('chunked applied more than once', 'RFC 9112 §6.1', offset);
    }
    if (codings.length === 0) throw new WireError('an empty Transfer-Encoding', 'RFC 9112 §6.1', offset);
    throw new WireError('a transfer coding other than chunked', 'RFC 9112 §6.1', offset, 501);
  }
  if (head.method === 'CONNECT') throw contentOfConnect(offset);
}

/** True where a response has no content whatever its fields say (RFC 9112 §6.3 items 1 and 2). */
export function hasNoContent(status: number, requestMethod: string): boolean {
  if (status < 200 || status === 204 || status === 304 || requestMethod === 'HEAD') return true;
  return requestMethod === 'CONNECT' && status < 300;
}

/**
 * The framing of a response to a request with that method (RFC 9112 §6.3), and what had to be tolerated for it.
 * Throws a WireError for what cannot be: different or unreadable lengths.
 */
export function responseFraming(
  head: ResponseHead,
  requestMethod: string,
): { readonly framing: Framing; readonly leniencies: readonly Leniency[] } {
  const { fields } = head;
  if (hasNoContent(head.status, requestMethod))
    return contradictsStatus(head, requestMethod) ? contradicted : withoutContent;
  const encoding = fields.indexOf('transfer-encoding');
  const length = fields.indexOf('content-length');
  if (encoding >= 0) return codedFraming(head, length);
  if (length < 0) return untilCloseFraming;
  const leniencies: Leniency[] = [];
  const bytes = responseLength(fields, length, leniencies);
  return { framing: bytes === 0 ? none : { kind: 'length', length: bytes }, leniencies };
}

/** True where a response that never has content announces some: no client should get to see that (RFC 9110 §8.6, RFC 9112 §6.1). */
function contradictsStatus(head: ResponseHead, requestMethod: string): boolean {
  const { fields, status } = head;
  if (status === 304 || (requestMethod === 'HEAD' && status >= 200 && status !== 204)) return false;
  if (fields.has('transfer-encoding')) return true;
  const length = fields.get('content-length');
  return length !== undefined && length !== '0';
}

const contradicted = { framing: none, leniencies: ['invalid-field-dropped'] } as const;
const withoutContent = { framing: none, leniencies: [] } as const;
const untilCloseFraming = { framing: untilClose, leniencies: [] } as const;

function codedFraming(head: ResponseHead, length: number): { framing: Framing; leniencies: Leniency[] } {
  const leniencies: Leniency[] = [];
  if (length >= 0) leniencies.push('content-length-with-transfer-encoding');
  if (head.minor === 0) leniencies.push('transfer-encoding-in-http-1.0');
  const value = head.fields.combined('transfer-encoding') ?? '';
  if (equalsIgnoringCase(value, 'chunked')) return { framing: chunked, leniencies };
  leniencies.push('unknown-transfer-coding');
  const last = splitList(value).pop() ?? '';
  return { framing: equalsIgnoringCase(last, 'chunked') ? chunked : untilClose, leniencies };
}

function responseLength(fields: Fields, first: number, leniencies: Leniency[]): number {
  if (fields.indexOf('content-length', first + 1) < 0) {
    const bytes = parseContentLength(fields.value(first));
    if (bytes >= 0) return bytes;
  }
  const lengths = (fields.combined('content-length') ?? '').split(',').map((text) => parseContentLength(text.trim()));
  const bytes = lengths[0] ?? -1;
  if (bytes < 0 || lengths.some((length) => length !== bytes)) {
    const rule =
      lengths.length > 1 ? 'different Content-Length values' : 'a Content-Length that is not a decimal number';
    throw new WireError(rule, 'RFC 9112 §6.3', fields.offset(first));
  }
  leniencies.push('duplicate-content-length');
  return bytes;
}
