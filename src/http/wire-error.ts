// The one error of this folder: bytes that break a rule of HTTP/1.1, with the rule, its clause and the place.

/** The status that a refused request is answered with. */
export type WireErrorStatus = 400 | 413 | 414 | 431 | 501 | 505;

/** Thrown for bytes (or values that would become bytes) that break a rule. */
export class WireError extends Error {
  /** The broken rule as a sentence without full stop, for example `two different Content-Length fields`. */
  readonly rule: string;
  /** Where the rule stands, for example `RFC 9112 §6.3`. */
  readonly clause: string;
  /** Where it was broken: bytes from the first byte of the message. */
  readonly offset: number;
  /** What a refused request is answered with; without meaning for responses. */
  readonly status: WireErrorStatus;

  constructor(rule: string, clause: string, offset = 0, status: WireErrorStatus = 400) {
    super(`${rule} (byte ${offset}, ${clause})`);
    this.name = 'WireError';
    this.rule = rule;
    this.clause = clause;
    this.offset = offset;
    this.status = status;
  }
}
