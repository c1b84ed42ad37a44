// Field lines (RFC 9110 §5) as received: order, case, duplicates and whitespace kept, read by position without copies.
import { HTAB, SP, consistsOf, startsWithIgnoringCase, tokenOctets, valueOctets } from './characters.ts';
import { WireError } from './wire-error.ts';

function checkLine(name: string, value: string): void {
  if (!consistsOf(name, tokenOctets)) throw new WireError('a field name that is not a token', 'RFC 9110 §5.1');
  if (value !== '' && !consistsOf(value, valueOctets)) {
    throw new WireError(`a character in ${name} that no field value may have`, 'RFC 9110 §5.5');
  }
}

function lineOf(name: string, value: string): string {
  checkLine(name, value);
  return value === '' ? `${name}:\r\n` : `${name}: ${value}\r\n`;
}

/**
 * An immutable list of field lines. All text is latin1: one character an octet, as on the wire (RFC 9110 §5.5).
 * Names to look for are given in lower case.
 */
export class Fields implements Iterable<readonly [string, string]> {
  static readonly none = new Fields('', [0]);

  /** The text that the marks point into: the whole head, where the lines come from one. */
  readonly #source: string;
  /** For each line the positions of its start and its colon, then the position after the last line. */
  readonly #marks: readonly number[];

  private constructor(source: string, marks: readonly number[]) {
    this.#source = source;
    this.#marks = marks;
  }

  /** Checks the grammar of each line (RFC 9110 §5.1, §5.5); throws a WireError, so nothing is smuggled into a message. */
  static of(lines: Iterable<readonly [name: string, value: string]>): Fields {
    let text = '';
    const marks: number[] = [];
    for (const [name, value] of lines) {
      marks.push(text.length, text.length + name.length);
      text += lineOf(name, value);
    }
    if (marks.length === 0) return Fields.none;
    marks.push(text.length);
    return new Fields(text, marks);
  }

  /**
   * For the scanner, which has checked the grammar: lines of `source` by the positions of start and colon of each,
   * followed by the position after the last.
   */
  static scanned(source: string, marks: readonly number[]): Fields {
    return marks.length === 1 ? Fields.none : new Fields(source, marks);
  }

  /** The lines, each with CRLF, without the empty line that ends a section; '' where there are none. */
  get text(): string {
    return this.#source.slice(this.#marks[0], this.#marks[this.#marks.length - 1]);
  }

  /** How many lines there are. */
  get count(): number {
    return (this.#marks.length - 1) >> 1;
  }

  /** The name of a line as received. */
  name(index: number): string {
    return this.#source.slice(this.#marks[2 * index], this.#marks[2 * index + 1]);
  }

  /** Characters in the name of a line: cheaper to compare first than the name. */
  nameLength(index: number): number {
    return (this.#marks[2 * index + 1] as number) - (this.#marks[2 * index] as number);
  }

  /** True where the line has this name. */
  isNamed(index: number, lowerCaseName: string): boolean {
    return (
      this.nameLength(index) === lowerCaseName.length &&
      startsWithIgnoringCase(this.#source, this.#marks[2 * index] as number, lowerCaseName)
    );
  }

  /** The value of a line as received, without the whitespace around it (RFC 9112 §5.1). */
  value(index: number): string {
    const source = this.#source;
    let from = (this.#marks[2 * index + 1] as number) + 1;
    let to = (this.#marks[2 * index + 2] as number) - 2;
    while (from < to && isSpace(source.charCodeAt(from))) from += 1;
    while (to > from && isSpace(source.charCodeAt(to - 1))) to -= 1;
    return source.slice(from, to);
  }

  /** Where a line starts: bytes from the start of the head that it was received in. */
  offset(index: number): number {
    return this.#marks[2 * index] as number;
  }

  /** The first line with that name from `from` on, or -1. */
  indexOf(lowerCaseName: string, from = 0): number {
    const marks = this.#marks;
    const length = lowerCaseName.length;
    for (let at = 2 * from; at < marks.length - 1; at += 2) {
      const start = marks[at] as number;
      if ((marks[at + 1] as number) - start === length && startsWithIgnoringCase(this.#source, start, lowerCaseName)) {
        return at >> 1;
      }
    }
    return -1;
  }

  /** The first line's value. */
  get(lowerCaseName: string): string | undefined {
    const index = this.indexOf(lowerCaseName);
    return index < 0 ? undefined : this.value(index);
  }

  has(lowerCaseName: string): boolean {
    return this.indexOf(lowerCaseName) >= 0;
  }

  /** The values of all lines with that name. */
  values(lowerCaseName: string): string[] {
    const values: string[] = [];
    for (let index = this.indexOf(lowerCaseName); index >= 0; index = this.indexOf(lowerCaseName, index + 1)) {
      values.push(this.value(index));
    }
    return values;
  }

  /** The values of all lines with that name as one, joined with `, ` (RFC 9110 §5.3). */
  combined(lowerCaseName: string): string | undefined {
    const first = this.indexOf(lowerCaseName);
    if (first < 0) return undefined;
    let combined = this.value(first);
    for (let index = this.indexOf(lowerCaseName, first + 1); index >= 0;) {
      combined += `, ${this.value(index)}`;
      index = this.indexOf(lowerCaseName, index + 1);
    }
    return combined;
  }

  *[Symbol.iterator](): Iterator<readonly [string, string]> {
    for (let index = 0; index < this.count; index += 1) yield [this.name(index), this.value(index)];
  }

  toArray(): [name: string, value: string][] {
    return Array.from(this, ([name, value]) => [name, value]);
  }

  /** The lines with other names, byte for byte; `this` where nothing is dropped. */
  without(lowerCaseNames: ReadonlySet<string>): Fields {
    const dropped: number[] = [];
    for (let index = 0; index < this.count; index += 1) {
      if (lowerCaseNames.has(this.name(index).toLowerCase())) dropped.push(index);
    }
    return this.withoutLines(dropped);
  }

  /** The other lines, byte for byte; `this` where nothing is dropped. The indices ascend. */
  withoutLines(indices: readonly number[]): Fields {
    if (indices.length === 0) return this;
    if (indices.length === this.count) return Fields.none;
    const marks = this.#marks;
    const kept: number[] = [];
    let text = '';
    let next = 0;
    let from = marks[0] as number;
    let moved = from;
    for (let index = 0; index < this.count; index += 1) {
      const start = marks[2 * index] as number;
      if (index === indices[next]) {
        const end = marks[2 * index + 2] as number;
        if (start > from) text += this.#source.slice(from, start);
        from = end;
        moved += end - start;
        next += 1;
      } else {
        kept.push(start - moved, (marks[2 * index + 1] as number) - moved);
      }
    }
    text += this.#source.slice(from, marks[marks.length - 1]);
    kept.push(text.length);
    return new Fields(text, kept);
  }

  /** One more line at the end. Throws a WireError as `of` does. */
  append(name: string, value: string): Fields {
    const line = lineOf(name, value);
    const text = this.text;
    const shift = this.#marks[0] as number;
    const marks = this.#marks.map((mark) => mark - shift);
    marks.push(text.length + name.length, text.length + line.length);
    return new Fields(text + line, marks);
  }

  /** The first line with that name replaced in its place and the others dropped; appended where there is none. */
  replace(name: string, value: string): Fields {
    const lowerCaseName = name.toLowerCase();
    const first = this.indexOf(lowerCaseName);
    if (first < 0) return this.append(name, value);
    const others: number[] = [];
    for (let index = this.indexOf(lowerCaseName, first + 1); index >= 0;) {
      others.push(index);
      index = this.indexOf(lowerCaseName, index + 1);
    }
    return this.replaceLine(first, name, value).withoutLines(others);
  }

  /** Another line in the place of that one. Throws a WireError as `of` does. */
  replaceLine(index: number, name: string, value: string): Fields {
    const line = lineOf(name, value);
    const start = this.#marks[2 * index] as number;
    const end = this.#marks[2 * index + 2] as number;
    const first = this.#marks[0] as number;
    const text = this.#source.slice(first, start) + line + this.#source.slice(end, this.#marks[this.#marks.length - 1]);
    const growth = line.length - (end - start);
    const marks = this.#marks.map((mark) => mark - first + (mark >= end ? growth : 0));
    marks[2 * index + 1] = start - first + name.length;
    return new Fields(text, marks);
  }
}

function isSpace(code: number): boolean {
  return code === SP || code === HTAB;
}
