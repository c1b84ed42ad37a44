// Runs bytes through a parser and writes down what it tells, one line an event, so that tests read as a conversation.
import type { Fields } from '../../../src/http/fields.ts';
import type { Framing } from '../../../src/http/framing.ts';
import { RequestParser, ResponseParser, type ParserLimits } from '../../../src/http/parser.ts';
import { WireError } from '../../../src/http/wire-error.ts';

export const roomyLimits: ParserLimits = { startLine: 8192, header: 65_536, fieldCount: 100 };

/** latin1 text or bytes, whole or in the pieces in which they come. */
export type Input = string | Buffer | readonly Buffer[];

function piecesOf(input: Input): readonly Buffer[] {
  if (typeof input === 'string') return [Buffer.from(input, 'latin1')];
  return Buffer.isBuffer(input) ? [input] : input;
}

/** Cuts bytes at the positions given (in any order, any number). */
export function cutAt(bytes: Buffer, positions: readonly number[]): Buffer[] {
  const inside = positions.map((position) => position % (bytes.length + 1));
  const cuts = [...new Set([0, ...inside, bytes.length])].sort((first, second) => first - second);
  // Copies, as a socket would give them: a parser must not look beyond its piece.
  return cuts.slice(1).map((end, index) => Buffer.from(bytes.subarray(cuts[index], end)));
}

export function everyOctet(input: string | Buffer): Buffer[] {
  const bytes = Buffer.isBuffer(input) ? input : Buffer.from(input, 'latin1');
  return Array.from(bytes, (octet) => Buffer.from([octet]));
}

function shownFraming(framing: Framing): string {
  return framing.kind === 'length' ? `length ${framing.length}` : framing.kind;
}

function shownFields(fields: Fields): string {
  return fields
    .toArray()
    .map(([name, value]) => ` | ${name}: ${value}`)
    .join('');
}

/** Gathers what is told of a body, in whatever pieces, until something else is told. */
class Diary {
  readonly lines: string[] = [];
  #content = '';
  #wire = '';

  content = (bytes: Buffer): void => {
    this.#content += bytes.toString('latin1');
  };

  wire = (bytes: Buffer): void => {
    this.#wire += bytes.toString('latin1');
  };

  end = (trailers: Fields): void => this.note(`end${shownFields(trailers)}`);

  note(line: string): void {
    if (this.#content !== '') this.lines.push(`content ${JSON.stringify(this.#content)}`);
    if (this.#wire !== '' && this.#wire !== this.#content) this.lines.push(`wire ${JSON.stringify(this.#wire)}`);
    this.#content = '';
    this.#wire = '';
    this.lines.push(line);
  }
}

function run(diary: Diary, input: Input, push: (bytes: Buffer) => number, finish: () => void, ends: boolean): string[] {
  try {
    for (const piece of piecesOf(input)) {
      let rest = piece;
      while (rest.length > 0) {
        const taken = push(rest);
        if (taken === 0) {
          diary.note(`left ${JSON.stringify(rest.toString('latin1'))}`);
          break;
        }
        rest = rest.subarray(taken);
      }
    }
    if (ends) finish();
  } catch (error) {
    if (!(error instanceof WireError)) throw error;
    diary.note(`refused ${error.status} at ${error.offset}: ${error.rule} (${error.clause})`);
  }
  diary.note('');
  return diary.lines.slice(0, -1);
}

/** What a client's bytes lead to. With `ends` the client ends its direction after them. */
export function hearRequests(input: Input, limits = roomyLimits, ends = false): string[] {
  const diary = new Diary();
  const parser = new RequestParser(limits, {
    head(head, framing, bytes) {
      diary.note(
        `${head.method} ${head.target} 1.${head.minor}, ${shownFraming(framing)}, ${bytes.length}${shownFields(head.fields)}`,
      );
    },
    content: diary.content,
    wire: diary.wire,
    end: diary.end,
  });
  return run(
    diary,
    input,
    (bytes) => parser.push(bytes),
    () => parser.finish(),
    ends,
  );
}

/** What upstream's bytes lead to, as the answer to requests with these methods. */
export function hearResponses(
  input: Input,
  {
    methods = ['GET'],
    limits = roomyLimits,
    ends = false,
  }: { methods?: readonly string[]; limits?: ParserLimits; ends?: boolean } = {},
): string[] {
  const diary = new Diary();
  const left = [...methods];
  const expectNext = (): void => {
    const method = left.shift();
    if (method !== undefined) parser.expect(method);
  };
  const parser = new ResponseParser(limits, {
    interim(head, bytes) {
      diary.note(`interim ${head.status} ${head.reason}, ${bytes.length}${shownFields(head.fields)}`);
    },
    head(head, framing, bytes) {
      diary.note(
        `${head.status} ${head.reason} 1.${head.minor}, ${shownFraming(framing)}, ${bytes.length}${shownFields(head.fields)}`,
      );
    },
    content: diary.content,
    wire: diary.wire,
    end: diary.end,
    lenient(what) {
      diary.note(`lenient ${what}`);
    },
  });
  expectNext();
  const push = (bytes: Buffer): number => {
    const taken = parser.push(bytes);
    if (parser.state === 'idle' && diary.lines.at(-1)?.startsWith('end') === true) expectNext();
    return taken;
  };
  return run(diary, input, push, () => parser.finish(), ends);
}
