// Lays JSON out in lines without touching a token: numbers, duplicate names, escapes and order stay as they were sent.

/** What became of a text. `note` says why it was left as it was. */
export interface PrettyText {
  readonly text: string;
  readonly note?: string;
}

// Deeper levels are not indented any further, or a few kilobytes of brackets would become gigabytes of spaces.
const DEEPEST_INDENT = 64;

const PARTS = 4096;

const simple = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null/y;
const plainCharacters = /[^"\\\u0000-\u001f]*/y; // eslint-disable-line no-control-regex
const escapes = /(?:\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})){1,500}/y;
const space = /[ \t\n\r]*/y;
// As a character, or as the three bytes of its UTF-8 form read as latin1.
const byteOrderMark = /^(?:\ufeff|\u00ef\u00bb\u00bf)/;

/** Where a match that must start at `from` ends, or -1. */
function endOf(pattern: RegExp, text: string, from: number): number {
  pattern.lastIndex = from;
  return pattern.test(text) ? pattern.lastIndex : -1;
}

/** Where the string that starts at `from` ends, or -1. A loop, since one expression overflows on millions of escapes. */
function endOfString(text: string, from: number): number {
  let at = from + 1;
  while (at > 0) {
    at = endOf(plainCharacters, text, at);
    if (text.charCodeAt(at) === 0x22) return at + 1;
    at = endOf(escapes, text, at);
  }
  return -1;
}

/** Where the next token starts. */
function afterSpace(text: string, from: number): number {
  return text.charCodeAt(from) > 0x20 ? from : endOf(space, text, from);
}

const indents = Array.from({ length: DEEPEST_INDENT + 1 }, (_none, depth) => `\n${'  '.repeat(depth)}`);

/** What the grammar (RFC 8259 §2) lets come next. */
type Expected = 'value' | 'value-or-end' | 'name' | 'name-or-end' | 'colon' | 'comma-or-end' | 'nothing';

/** Follows the grammar and writes the tokens down, with a stack of its own instead of recursion. */
class Layout {
  readonly #chunks: string[] = [];
  #parts: string[] = [];
  #closers: string[] = [];
  #expected: Expected = 'value';

  get complete(): boolean {
    return this.#expected === 'nothing';
  }

  /** Takes the token that starts at `at`. Returns where it ends, or -1 where no token or none of its kind may stand. */
  take(text: string, at: number): number {
    const allowed = this.#mark(text[at]);
    if (allowed === undefined) return this.#scalar(text, at);
    return allowed ? at + 1 : -1;
  }

  /** Whether a mark may stand here; undefined where the character is none. */
  #mark(character: string | undefined): boolean | undefined {
    switch (character) {
      case '{':
        return this.#open('{', '}', 'name-or-end');
      case '[':
        return this.#open('[', ']', 'value-or-end');
      case ',':
        return this.#comma();
      case ':':
        return this.#colon();
      case '}':
      case ']':
        return this.#close(character);
      default:
        return undefined;
    }
  }

  /** All that was written. */
  text(): string {
    return this.#chunks.join('') + this.#parts.join('');
  }

  // Joined now and then, since millions of small strings take many times the room of their text.
  #write(part: string): void {
    this.#parts.push(part);
    if (this.#parts.length < PARTS) return;
    this.#chunks.push(this.#parts.join(''));
    this.#parts = [];
  }

  #startLine(): void {
    this.#write(indents[Math.min(this.#closers.length, DEEPEST_INDENT)] ?? '');
  }

  #place(text: string): void {
    if (this.#expected === 'value-or-end' || this.#expected === 'name-or-end') this.#startLine();
    this.#write(text);
  }

  #wantsValue(): boolean {
    return this.#expected === 'value' || this.#expected === 'value-or-end';
  }

  #afterValue(): void {
    this.#expected = this.#closers.length === 0 ? 'nothing' : 'comma-or-end';
  }

  #scalar(text: string, at: number): number {
    const isString = text[at] === '"';
    const isName = isString && (this.#expected === 'name' || this.#expected === 'name-or-end');
    if (!isName && !this.#wantsValue()) return -1;
    const end = isString ? endOfString(text, at) : endOf(simple, text, at);
    if (end < 0) return -1;
    this.#place(text.slice(at, end));
    if (isName) this.#expected = 'colon';
    else this.#afterValue();
    return end;
  }

  #open(opener: string, closer: string, expected: Expected): boolean {
    if (!this.#wantsValue()) return false;
    this.#place(opener);
    this.#closers.push(closer);
    this.#expected = expected;
    return true;
  }

  #close(closer: '}' | ']'): boolean {
    const isEmpty = this.#expected === 'value-or-end' || this.#expected === 'name-or-end';
    if (!isEmpty && this.#expected !== 'comma-or-end') return false;
    if (this.#closers.pop() !== closer) return false;
    if (!isEmpty) this.#startLine();
    this.#write(closer);
    this.#afterValue();
    return true;
  }

  #comma(): boolean {
    if (this.#expected !== 'comma-or-end') return false;
    this.#write(',');
    this.#startLine();
    this.#expected = this.#closers.at(-1) === '}' ? 'name' : 'value';
    return true;
  }

  #colon(): boolean {
    if (this.#expected !== 'colon') return false;
    this.#write(': ');
    this.#expected = 'value';
    return true;
  }
}

/**
 * Indents JSON (RFC 8259) by two spaces. What is not valid comes back as it was, with a note naming the character where
 * it breaks. Every token is copied, so bytes read as latin1 can be formatted too and keep their encoding.
 */
export function prettyJson(text: string): PrettyText {
  const mark = byteOrderMark.exec(text)?.[0] ?? '';
  const layout = new Layout();
  let at = afterSpace(text, mark.length);
  while (!layout.complete) {
    const end = layout.take(text, at);
    if (end < 0) break;
    at = afterSpace(text, end);
  }
  if (!layout.complete || at < text.length) {
    return { text, note: `Not valid JSON at character ${at + 1}, so it is shown as it was sent.` };
  }
  return { text: mark + layout.text() };
}
