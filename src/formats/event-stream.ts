// Finds the messages in a streamed body by position: events of `text/event-stream` (WHATWG HTML §9.2.6), or values a line.
import { parseMediaType } from './media-type.ts';

/** Told where a message lies, in bytes from the start of the body, without the line end or empty line after it. */
type Found = (from: number, to: number) => void;

/** Takes a body in any pieces. */
export interface StreamSplitter {
  push(bytes: Buffer, found: Found): void;
  /** The body has come to its end. */
  end(found: Found): void;
}

/** What a streamed body consists of. */
export type StreamKind = 'event' | 'line';

/** How the messages of a body are found; `lines-perhaps`: its type speaks of one JSON value, but it may be one a line. */
export type StreamForm = 'events' | 'lines' | 'lines-perhaps';

const LF = 0x0a;
const CR = 0x0d;
const COLON = 0x3a;
const OPENING = 0x7b;
const CLOSING = 0x7d;
const DATA = Buffer.from('data');
const BYTE_ORDER_MARK = Buffer.from([0xef, 0xbb, 0xbf]);

const lineTypes: ReadonlySet<string> = new Set([
  'application/x-ndjson',
  'application/ndjson',
  'application/jsonl',
  'application/x-jsonlines',
  'application/jsonlines',
  'application/stream+json',
  // RFC 7464: a record separator before each value and a line feed after it.
  'application/json-seq',
]);

// Rule most types out without taking them apart.
const mayBeStream = /event-stream|ndjson|jsonl|json-?seq|stream\+json/i;
const mayBeJson = /json/i;

/**
 * The form of a body of this type; undefined for bodies that are one thing. Only a body of unknown length is asked whether
 * it is JSON of a value a line under the name of plain JSON, as Docker and Kubernetes send their events.
 */
export function streamFormOf(contentType: string, hasLength: boolean): StreamForm | undefined {
  if (!mayBeStream.test(contentType) && (hasLength || !mayBeJson.test(contentType))) return undefined;
  const essence = parseMediaType(contentType)?.essence;
  if (essence === undefined) return undefined;
  if (essence === 'text/event-stream') return 'events';
  if (lineTypes.has(essence)) return 'lines';
  return essence === 'application/json' && !hasLength ? 'lines-perhaps' : undefined;
}

const unknown = -1;

function positionOf(bytes: Buffer, octet: number, from: number): number {
  const position = bytes.indexOf(octet, from);
  return position === -1 ? bytes.length : position;
}

/** Events that a browser would dispatch: blocks of lines with at least one `data` field, ended by an empty line. */
class EventSplitter implements StreamSplitter {
  /** Bytes before what is pushed next. */
  #position = 0;
  /** Bytes of the mark at the start that have come; beyond its length once that is settled. */
  #mark = 0;
  /** Where the present block begins; undefined between two. */
  #block: number | undefined;
  /** Bytes of the present line so far, and whether they are the beginning of `data`. */
  #column = 0;
  #isData = true;
  #hasData = false;
  #afterCr = false;
  /** The next line ends in what was pushed. */
  #nextLf = unknown;
  #nextCr = unknown;

  push(bytes: Buffer, found: Found): void {
    let at = this.#mark < BYTE_ORDER_MARK.length ? this.#skipMark(bytes) : 0;
    this.#nextLf = unknown;
    this.#nextCr = unknown;
    while (at < bytes.length) {
      const byte = bytes[at] as number;
      if (byte === LF || byte === CR) {
        this.#endLine(byte, this.#position + at, found);
        at += 1;
      } else if (this.#isData && this.#column <= DATA.length) {
        this.#look(byte, this.#position + at);
        at += 1;
      } else {
        at = this.#lineEnd(bytes, at);
      }
    }
    this.#position += bytes.length;
  }

  /** A block without its empty line is no event. */
  end(): void {
    this.#hasData = false;
  }

  /** The next line end from `at` on, or the end of the bytes. Each of them is searched once. */
  #lineEnd(bytes: Buffer, at: number): number {
    if (this.#nextLf < at) this.#nextLf = positionOf(bytes, LF, at);
    if (this.#nextCr < at) this.#nextCr = positionOf(bytes, CR, at);
    return Math.min(this.#nextLf, this.#nextCr);
  }

  /** One mark at the start of the stream belongs to no line. Returns how many bytes of it these are. */
  #skipMark(bytes: Buffer): number {
    for (let at = 0; at < bytes.length; at += 1) {
      if (bytes[at] !== BYTE_ORDER_MARK[this.#mark]) {
        if (this.#mark > 0) {
          this.#block = 0;
          this.#column = this.#mark;
          this.#isData = false;
        }
        this.#mark = BYTE_ORDER_MARK.length;
        return at;
      }
      this.#mark += 1;
      if (this.#mark === BYTE_ORDER_MARK.length) return at + 1;
    }
    return bytes.length;
  }

  /** Compares the beginning of a line with `data`, and what comes after it with a colon. */
  #look(byte: number, position: number): void {
    this.#block ??= position;
    this.#afterCr = false;
    if (byte !== (this.#column === DATA.length ? COLON : DATA[this.#column])) this.#isData = false;
    this.#column += 1;
  }

  #endLine(byte: number, position: number, found: Found): void {
    const isSecondHalf = byte === LF && this.#afterCr;
    this.#afterCr = byte === CR;
    if (isSecondHalf) return;
    if (this.#column === 0) {
      if (this.#hasData && this.#block !== undefined) found(this.#block, position);
      this.#hasData = false;
      this.#block = undefined;
    } else if (this.#isData && this.#column >= DATA.length) {
      this.#hasData = true;
    }
    this.#column = 0;
    this.#isData = true;
  }
}

/** Lines that hold anything but whitespace; the last one needs no line end. */
class LineSplitter implements StreamSplitter {
  #position = 0;
  #line = 0;
  #blank = true;

  push(bytes: Buffer, found: Found): void {
    for (let at = 0; at < bytes.length;) {
      const lf = bytes.indexOf(LF, at);
      const end = lf === -1 ? bytes.length : lf;
      for (; this.#blank && at < end; at += 1) this.#blank = isBlank(bytes[at] as number);
      if (lf === -1) break;
      this.#endLine(this.#position + lf, found);
      at = lf + 1;
    }
    this.#position += bytes.length;
  }

  end(found: Found): void {
    if (this.#line < this.#position) this.#endLine(this.#position, found);
  }

  #endLine(position: number, found: Found): void {
    if (!this.#blank) found(this.#line, position);
    this.#line = position + 1;
    this.#blank = true;
  }
}

type Verdict = 'first-line' | 'second-line' | 'yes' | 'no';

/** Lines too, but only where a line that is an object is followed by another that begins as one. */
class PerhapsLineSplitter implements StreamSplitter {
  readonly #lines = new LineSplitter();
  #verdict: Verdict = 'first-line';
  #begun = false;
  /** The last byte of the first line that is not blank. */
  #last = 0;
  /** What was found before the verdict. */
  #held: (readonly [from: number, to: number])[] = [];

  push(bytes: Buffer, found: Found): void {
    if (this.#verdict === 'yes') {
      this.#lines.push(bytes, found);
      return;
    }
    if (this.#verdict === 'no' || bytes.length === 0) return;
    this.#lines.push(bytes, (from, to) => this.#held.push([from, to]));
    this.#verdict = this.#judge(bytes);
    if (this.#verdict === 'yes') for (const [from, to] of this.#held) found(from, to);
    if (this.#verdict !== 'second-line') this.#held = [];
  }

  end(found: Found): void {
    if (this.#verdict === 'yes') this.#lines.end(found);
  }

  #judge(bytes: Buffer): Verdict {
    if (this.#verdict === 'second-line') return secondLine(bytes, 0);
    if (!this.#begun && bytes[0] !== OPENING) return 'no';
    this.#begun = true;
    const end = positionOf(bytes, LF, 0);
    let last = end - 1;
    while (last >= 0 && isBlank(bytes[last] as number)) last -= 1;
    if (last >= 0) this.#last = bytes[last] as number;
    if (end === bytes.length) return 'first-line';
    return this.#last === CLOSING ? secondLine(bytes, end + 1) : 'no';
  }
}

/** Judges by the first byte of the second line that is not blank. */
function secondLine(bytes: Buffer, from: number): Verdict {
  let at = from;
  while (at < bytes.length && (bytes[at] === LF || isBlank(bytes[at] as number))) at += 1;
  if (at === bytes.length) return 'second-line';
  return bytes[at] === OPENING ? 'yes' : 'no';
}

/** Space, tab, CR and the record separator of RFC 7464. */
function isBlank(byte: number): boolean {
  return byte === 0x20 || byte === 0x09 || byte === CR || byte === 0x1e;
}

export function splitterOf(form: StreamForm): StreamSplitter {
  switch (form) {
    case 'events':
      return new EventSplitter();
    case 'lines':
      return new LineSplitter();
    case 'lines-perhaps':
      return new PerhapsLineSplitter();
  }
}

/** An event's fields, as a browser takes them from its lines. */
export interface StreamEvent {
  /** Its `data` lines, joined. */
  readonly data: string;
  /** `message` where it is not named. */
  readonly event?: string;
  readonly id?: string;
}

/** A line as a field; its name is empty where it is a comment. */
function fieldOf(line: string): readonly [name: string, value: string] {
  const colon = line.indexOf(':');
  return colon < 0 ? [line, ''] : [line.slice(0, colon), line.slice(colon + 1).replace(/^ /, '')];
}

/** Reads the lines of one event. */
export function parseEvent(text: string): StreamEvent {
  const data: string[] = [];
  let event = '';
  let id = '';
  for (const line of text.split(/\r\n|\n|\r/)) {
    const [name, value] = fieldOf(line);
    if (name === 'data') data.push(value);
    else if (name === 'event') event = value;
    else if (name === 'id' && !value.includes('\0')) id = value;
  }
  return { data: data.join('\n'), ...(event === '' ? {} : { event }), ...(id === '' ? {} : { id }) };
}
