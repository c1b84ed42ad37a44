// Heads, trailers and chunks as latin1 text to be written; whatever came in, we speak HTTP/1.1 (RFC 9112 §2.3).
import { consistsOf, tokenOctets, valueOctets, visibleOctets } from './characters.ts';
import type { Fields } from './fields.ts';
import type { RequestHead, ResponseHead } from './head.ts';
import { WireError } from './wire-error.ts';

/** The request line, the field lines and the empty line. Throws a WireError for a method or target that would break the line. */
export function writeRequestHead(head: Pick<RequestHead, 'method' | 'target' | 'fields'>): string {
  if (!consistsOf(head.method, tokenOctets)) throw new WireError('a method that is not a token', 'RFC 9112 §3.1');
  if (!consistsOf(head.target, visibleOctets)) {
    throw new WireError('a request target with other than visible characters', 'RFC 9112 §3.2');
  }
  return `${head.method} ${head.target} HTTP/1.1\r\n${head.fields.text}\r\n`;
}

/** The status line, the field lines and the empty line. Throws a WireError for a status or reason that would break the line. */
export function writeResponseHead(head: Pick<ResponseHead, 'status' | 'reason' | 'fields'>): string {
  const { status, reason } = head;
  if (!Number.isInteger(status) || status < 100 || status > 999) {
    throw new WireError('a status code that is not of three digits', 'RFC 9112 §4');
  }
  if (reason !== '' && !consistsOf(reason, valueOctets)) {
    throw new WireError('a character in the reason phrase that must not be there', 'RFC 9112 §4');
  }
  return `HTTP/1.1 ${status} ${reason}\r\n${head.fields.text}\r\n`;
}

/** What follows the last-chunk line: the trailer lines and the empty line (RFC 9112 §7.1.2). */
export function writeTrailers(trailers: Fields): string {
  return `${trailers.text}\r\n`;
}

/** What goes before `length` bytes of content to make them a chunk (RFC 9112 §7.1); CRLF goes after them. */
export function writeChunkSize(length: number): string {
  if (!Number.isSafeInteger(length) || length <= 0) {
    throw new WireError('a chunk without content', 'RFC 9112 §7.1');
  }
  return `${length.toString(16)}\r\n`;
}

/** The end of chunked content that we frame ourselves: last-chunk line, trailers, empty line. */
export function writeLastChunk(trailers: Fields): string {
  return `0\r\n${writeTrailers(trailers)}`;
}
