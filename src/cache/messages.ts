// The requests and responses that the cache is given, and the answers that it gives, as plain values.
import type { Fields } from '../http/fields.ts';

/** A request as the cache sees it. */
export interface CacheRequest {
  readonly method: string;
  /** The effective request URI, absolute and normalised by the caller: the cache key (RFC 9111 §2). */
  readonly url: string;
  readonly fields: Fields;
  /** Where the client was started from; responses with cookies are kept apart by it. */
  readonly source: string;
}

/** The head of a response of upstream. */
export interface CacheResponse {
  readonly status: number;
  /** Reason phrase as received. */
  readonly reason: string;
  readonly fields: Fields;
}

/** A response made from a stored one, ready to be written. */
export interface CacheAnswer {
  readonly status: number;
  readonly reason: string;
  /** The stored fields with Age and Cache-Status; without fields of the connection, and with Content-Length where the status has one. */
  readonly fields: Fields;
  /** Content to write; empty for HEAD and 304. Not to be changed. */
  readonly body: Buffer;
  /** Bytes of content that a GET would have got; 0 for 304. */
  readonly contentLength: number;
}
