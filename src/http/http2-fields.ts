// Field lines as HTTP/2 sends them (RFC 9113 §8.2): names in lower case, nothing that is meant for a connection of HTTP/1.1.
import { equalsIgnoringCase } from './characters.ts';
import type { Fields } from './fields.ts';
import { splitList } from './lists.ts';

/** Values by lower-case name; an array where the field has several lines. Without a prototype. */
export type Http2Fields = Record<string, string | string[]>;

/** RFC 9113 §8.2.2 and the fields that became pseudo-header fields or settings of the connection. */
const DROPPED: ReadonlySet<string> = new Set([
  'connection',
  'host',
  'http2-settings',
  'keep-alive',
  'proxy-connection',
  'transfer-encoding',
  'upgrade',
]);

/** Fields that node:http2 sends in one line only: several of them are joined, as RFC 9110 §5.3 lets us. */
const SINGLE: ReadonlySet<string> = new Set([
  'access-control-allow-credentials',
  'access-control-max-age',
  'access-control-request-method',
  'age',
  'authorization',
  'content-encoding',
  'content-language',
  'content-length',
  'content-location',
  'content-md5',
  'content-range',
  'content-type',
  'date',
  'dnt',
  'etag',
  'expires',
  'from',
  'if-match',
  'if-modified-since',
  'if-none-match',
  'if-range',
  'if-unmodified-since',
  'last-modified',
  'location',
  'max-forwards',
  'proxy-authorization',
  'range',
  'referer',
  'retry-after',
  'tk',
  'upgrade-insecure-requests',
  'user-agent',
  'x-content-type-options',
]);

/** Names that Connection gives to this connection alone (RFC 9110 §7.6.1). */
function namedByConnection(fields: Fields): ReadonlySet<string> | undefined {
  const value = fields.combined('connection');
  return value === undefined ? undefined : new Set(splitList(value).map((option) => option.toLowerCase()));
}

function isDropped(name: string, value: string, named: ReadonlySet<string> | undefined): boolean {
  if (DROPPED.has(name) || name.startsWith(':')) return true;
  if (name === 'te') return !equalsIgnoringCase(value, 'trailers');
  return named?.has(name) === true;
}

function merged(name: string, before: string | string[], value: string): string | string[] {
  // Lines that agree on a length are one (RFC 9110 §8.6); those that don't never come so far.
  if (name === 'content-length') return before;
  if (SINGLE.has(name)) return `${String(before)}, ${value}`;
  return typeof before === 'string' ? [before, value] : [...before, value];
}

/** The lines to send, in order of their first appearance, after the pseudo-header fields `first`. */
export function http2Fields(fields: Fields, first: Readonly<Record<string, string>> = {}): Http2Fields {
  const sent = Object.create(null) as Http2Fields;
  Object.assign(sent, first);
  const named = namedByConnection(fields);
  for (const [received, value] of fields) {
    const name = received.toLowerCase();
    if (isDropped(name, value, named)) continue;
    const before = sent[name];
    sent[name] = before === undefined ? value : merged(name, before, value);
  }
  return sent;
}
