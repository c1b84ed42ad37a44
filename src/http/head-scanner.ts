// Reads the head of a message, or a trailer section, octet by octet: one pass, strict, resumable after any octet.
import { COLON, CR, HTAB, LF, SP, skip, tokenOctets, valueOctets, visibleOctets } from './characters.ts';
import { WireError, type WireErrorStatus } from './wire-error.ts';

/** Limits of a head. */
export interface ParserLimits {
  /** Bytes of the request or status line without its line end; more is answered with 414. */
  readonly startLine: number;
  /** Bytes of the field lines with their line ends; more is answered with 431. */
  readonly header: number;
  /** Number of field lines; more is answered with 431. */
  readonly fieldCount: number;
}

/** What the scanner reads; a trailer section (RFC 9112 §7.1.2) has no start line. */
export type ScanKind = 'request' | 'response' | 'trailers';

/** The version, with `d` for a digit. */
const versionPattern = 'HTTP/d.d';
const DIGIT = 0x64;

type State =
  | 'method'
  | 'target'
  | 'version'
  | 'status'
  | 'reason'
  | 'start-line-feed'
  | 'line'
  | 'name'
  | 'value'
  | 'line-feed'
  | 'last-line-feed'
  | 'done';

const firstStates = { request: 'method', response: 'version', trailers: 'line' } as const;

/** Call `scan` with ever more of the same bytes until it says true; then the positions tell the parts of the head. */
export class HeadScanner {
  readonly #kind: ScanKind;
  readonly #limits: ParserLimits;
  #state: State;
  #at = 0;
  /** Where the part that is being read starts. */
  #part = 0;

  /** Positions for `Fields.scanned`. */
  marks: number[] = [];
  /** Position after the method. */
  methodEnd = 0;
  /** Position after the request target. */
  targetEnd = 0;
  minor: 0 | 1 = 1;
  status = 0;
  reasonStart = 0;
  reasonEnd = 0;
  /** Position of the first field line. */
  fieldsStart = 0;

  constructor(kind: ScanKind, limits: ParserLimits) {
    this.#kind = kind;
    this.#limits = limits;
    this.#state = firstStates[kind];
  }

  /** Once done: position after the empty line. */
  get end(): number {
    return this.#at;
  }

  reset(): void {
    this.#state = firstStates[this.#kind];
    this.#at = 0;
    this.#part = 0;
    this.marks = [];
    this.fieldsStart = 0;
  }

  /**
   * Goes on from where it stopped. `bytes` start with the first byte of the head, `available` says how many are there.
   * True once the head is complete. Throws a WireError at the first octet that breaks a rule or a limit, the same one
   * however the bytes came in.
   */
  scan(bytes: Uint8Array, available: number): boolean {
    if (this.#inStartLine()) {
      const limit = this.#limits.startLine + 2;
      const end = Math.min(available, limit);
      while (this.#at < end && this.#inStartLine()) this.#startLine(bytes, end);
      if (this.#inStartLine()) {
        if (this.#at >= limit) throw this.#startLineTooLong();
        return false;
      }
    }
    const limit = this.fieldsStart + this.#limits.header + 2;
    const end = Math.min(available, limit);
    while (this.#at < end && this.#state !== 'done') this.#fieldLine(bytes, end);
    if (this.#state === 'done') return true;
    if (this.#at >= limit) {
      const rule = `more than ${this.#limits.header} bytes of field lines`;
      throw new WireError(rule, 'RFC 6585 §5', this.#at, 431);
    }
    return false;
  }

  #inStartLine(): boolean {
    return this.fieldsStart === 0 && this.#kind !== 'trailers';
  }

  #startLineTooLong(): WireError {
    const line = this.#kind === 'request' ? 'request line' : 'status line';
    const rule = `a ${line} of more than ${this.#limits.startLine} bytes`;
    return new WireError(rule, 'RFC 9112 §3', this.#at, 414);
  }

  #startLine(bytes: Uint8Array, end: number): void {
    switch (this.#state) {
      case 'method':
        return this.#method(bytes, end);
      case 'target':
        return this.#target(bytes, end);
      case 'version':
        return this.#version(bytes, end);
      case 'status':
        return this.#statusCode(bytes, end);
      case 'reason':
        return this.#reason(bytes, end);
      default:
        return this.#startLineFeed(bytes);
    }
  }

  #method(bytes: Uint8Array, end: number): void {
    const at = skip(bytes, this.#at, end, tokenOctets);
    this.#at = at;
    if (at === end) return;
    if (bytes[at] !== SP || at === 0) throw badOctet(bytes[at] as number, at, 'the method', 'RFC 9112 §3.1');
    this.methodEnd = at;
    this.#at = at + 1;
    this.#part = at + 1;
    this.#state = 'target';
  }

  #target(bytes: Uint8Array, end: number): void {
    const at = skip(bytes, this.#at, end, visibleOctets);
    this.#at = at;
    if (at === end) return;
    const octet = bytes[at] as number;
    if (octet === CR || octet === LF) throw new WireError('a request line without version', 'RFC 9112 §3', at);
    if (at === this.#part && octet === SP) throw new WireError('more than one space', 'RFC 9112 §3', at);
    if (octet !== SP) throw badOctet(octet, at, 'the request target', 'RFC 9112 §3.2');
    this.targetEnd = at;
    this.#at = at + 1;
    this.#part = at + 1;
    this.#state = 'version';
  }

  #version(bytes: Uint8Array, end: number): void {
    const from = this.#part;
    let at = this.#at;
    while (at < end && at < from + 8) {
      const octet = bytes[at] as number;
      const wanted = versionPattern.charCodeAt(at - from);
      if (wanted === DIGIT ? octet < 0x30 || octet > 0x39 : octet !== wanted) throw this.#badVersion(octet, at);
      at += 1;
    }
    this.#at = at;
    if (at < from + 8) return;
    const minor = (bytes[from + 7] as number) - 0x30;
    if (bytes[from + 5] !== 0x31 || minor > 1) {
      throw new WireError('a version other than HTTP/1.0 and HTTP/1.1', 'RFC 9112 §2.3', from, 505);
    }
    this.minor = minor === 0 ? 0 : 1;
    this.#part = at;
    this.#state = this.#kind === 'request' ? 'start-line-feed' : 'status';
  }

  #badVersion(octet: number, at: number): WireError {
    if (this.#kind === 'response') return new WireError('no status line of HTTP/1', 'RFC 9112 §4', at);
    if (at === this.#part && octet === SP) return new WireError('more than one space', 'RFC 9112 §3', at);
    return new WireError('a request line that does not end in a version', 'RFC 9112 §2.3', at);
  }

  /** Reads ` 200 `: a space, three digits, a space. */
  #statusCode(bytes: Uint8Array, end: number): void {
    const from = this.#part;
    let at = this.#at;
    while (at < end && at < from + 5) {
      const octet = bytes[at] as number;
      const isDigit = octet >= 0x30 && octet <= 0x39;
      if (at === from || at === from + 4 ? octet !== SP : !isDigit) throw badStatus(at);
      at += 1;
    }
    this.#at = at;
    if (at < from + 5) return;
    this.status = decimal(bytes, from + 1) * 100 + decimal(bytes, from + 2) * 10 + decimal(bytes, from + 3);
    if (this.status < 100) throw badStatus(from + 1);
    this.reasonStart = at;
    this.#state = 'reason';
  }

  #reason(bytes: Uint8Array, end: number): void {
    const at = skip(bytes, this.#at, end, valueOctets);
    this.#at = at;
    if (at === end) return;
    if (bytes[at] !== CR) throw badOctet(bytes[at] as number, at, 'the status line', 'RFC 9112 §4');
    this.reasonEnd = at;
    this.#part = at;
    this.#state = 'start-line-feed';
  }

  /** Reads the CRLF of the start line; the CR has been read where `#part` lies before it. */
  #startLineFeed(bytes: Uint8Array): void {
    const at = this.#at;
    const octet = bytes[at] as number;
    const wanted = at === this.#part ? CR : LF;
    if (octet !== wanted) {
      if (wanted === LF) throw new WireError('CR without LF', 'RFC 9112 §2.2', at - 1);
      throw badOctet(octet, at, 'the request line', 'RFC 9112 §3');
    }
    this.#at = at + 1;
    if (wanted === CR) return;
    this.fieldsStart = at + 1;
    this.#part = at + 1;
    this.#state = 'line';
  }

  #fieldLine(bytes: Uint8Array, end: number): void {
    switch (this.#state) {
      case 'line':
        return this.#line(bytes, end);
      case 'name':
        return this.#name(bytes, end);
      case 'value':
        return this.#value(bytes, end);
      default:
        return this.#lineFeed(bytes);
    }
  }

  #line(bytes: Uint8Array, end: number): void {
    const at = this.#at;
    if (bytes[at] === CR) {
      this.#at = at + 1;
      this.#state = 'last-line-feed';
      return;
    }
    if (this.marks.length >= 2 * this.#limits.fieldCount) {
      throw new WireError(`more than ${this.#limits.fieldCount} field lines`, 'RFC 6585 §5', at, 431);
    }
    this.#part = at;
    this.#state = 'name';
    this.#name(bytes, end);
  }

  #name(bytes: Uint8Array, end: number): void {
    const at = skip(bytes, this.#at, end, tokenOctets);
    this.#at = at;
    if (at === end) return;
    if (bytes[at] !== COLON || at === this.#part) throw this.#badName(bytes[at] as number, at);
    this.marks.push(this.#part, at);
    this.#at = at + 1;
    this.#state = 'value';
    this.#value(bytes, end);
  }

  #badName(octet: number, at: number): WireError {
    const isSpace = octet === SP || octet === HTAB;
    if (at > this.#part) {
      if (isSpace) return new WireError('whitespace between field name and colon', 'RFC 9112 §5.1', at);
      if (octet === CR) return new WireError('a field line without colon', 'RFC 9112 §5', at);
    } else {
      if (octet === COLON) return new WireError('an empty field name', 'RFC 9112 §5', at);
      if (isSpace && this.marks.length > 0) return new WireError('a folded field line', 'RFC 9112 §5.2', at);
      if (isSpace) return new WireError('whitespace before the first field line', 'RFC 9112 §2.2', at);
    }
    return badOctet(octet, at, 'a field name', 'RFC 9110 §5.1');
  }

  #value(bytes: Uint8Array, end: number): void {
    const at = skip(bytes, this.#at, end, valueOctets);
    this.#at = at;
    if (at === end) return;
    if (bytes[at] !== CR) throw badOctet(bytes[at] as number, at, 'a field value', 'RFC 9110 §5.5');
    this.#at = at + 1;
    this.#state = 'line-feed';
  }

  #lineFeed(bytes: Uint8Array): void {
    const at = this.#at;
    if (bytes[at] !== LF) throw new WireError('CR without LF', 'RFC 9112 §2.2', at - 1);
    this.#at = at + 1;
    if (this.#state === 'line-feed') {
      this.#state = 'line';
      return;
    }
    this.marks.push(at - 1);
    this.#state = 'done';
  }
}

function decimal(bytes: Uint8Array, at: number): number {
  return (bytes[at] as number) - 0x30;
}

function badStatus(at: number): WireError {
  return new WireError('a status line without a status code of three digits', 'RFC 9112 §4', at);
}

/** The error for an octet that may not stand where it was found. */
function badOctet(octet: number, at: number, where: string, clause: string, status: WireErrorStatus = 400): WireError {
  if (octet === LF) return new WireError('LF without CR', 'RFC 9112 §2.2', at);
  if (octet === CR) return new WireError(`a line end in ${where}`, clause, at);
  if (octet === 0) return new WireError(`NUL in ${where}`, 'RFC 9110 §5.5', at);
  if (octet === SP || octet === HTAB) return new WireError(`whitespace in ${where}`, clause, at);
  const shown =
    octet > SP && octet < 0x7f ? `"${String.fromCharCode(octet)}"` : `0x${octet.toString(16).padStart(2, '0')}`;
  return new WireError(`the character ${shown} in ${where}`, clause, at, status);
}
