// Which fields must not stand in a trailer section (RFC 9110 §6.5.1): those that somebody needs before the content.
import type { Fields } from './fields.ts';

/** Framing, routing, request modifiers, authentication, response control data, and how to process the content. */
const forbidden: ReadonlySet<string> = new Set([
  'age',
  'authorization',
  'cache-control',
  'connection',
  'content-encoding',
  'content-length',
  'content-range',
  'content-type',
  'cookie',
  'date',
  'expect',
  'expires',
  'host',
  'if-match',
  'if-modified-since',
  'if-none-match',
  'if-range',
  'if-unmodified-since',
  'keep-alive',
  'location',
  'max-forwards',
  'pragma',
  'proxy-authenticate',
  'proxy-authorization',
  'proxy-connection',
  'range',
  'retry-after',
  'set-cookie',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
  'vary',
  'www-authenticate',
]);

/** The first trailer field that must not be one, or -1. */
export function indexOfForbiddenTrailer(trailers: Fields): number {
  for (let index = 0; index < trailers.count; index += 1) {
    if (forbidden.has(trailers.name(index).toLowerCase())) return index;
  }
  return -1;
}

/** The trailer fields that may be ones; the same instance where all may. */
export function withoutForbiddenTrailers(trailers: Fields): Fields {
  return trailers.without(forbidden);
}
