// The heads of messages as values: start line and field lines.
import type { Fields } from './fields.ts';

/** A request line (RFC 9112 §3) and the field lines below it. */
export interface RequestHead {
  /** Case matters: `GET` is not `get`. */
  readonly method: string;
  /** The request target as received, in any of its four forms. */
  readonly target: string;
  /** The version is HTTP/1.`minor`. */
  readonly minor: 0 | 1;
  readonly fields: Fields;
}

/** A status line (RFC 9112 §4) and the field lines below it. */
export interface ResponseHead {
  /** 100 to 999. */
  readonly status: number;
  /** The reason phrase as received, latin1; may be empty. */
  readonly reason: string;
  /** The version is HTTP/1.`minor`. */
  readonly minor: 0 | 1;
  readonly fields: Fields;
}
