// Repairs the head of a response that breaks rules which we tolerate: the slow path, taken only after a strict scan failed.
import { CR, LF } from './characters.ts';
import type { Leniency } from './leniency.ts';
import { WireError } from './wire-error.ts';

const statusLine = /^HTTP\/1\.[01] [1-9]\d\d(?: [\t\x20-\x7e\x80-\xff]*)?$/;
const fieldLine = /^([!#$%&'*+\-.^_`|~0-9A-Za-z]+)([ \t]*):[\t\x20-\x7e\x80-\xff]*$/;
/** A line that somebody may take for framing in spite of what is wrong with it. */
const perhapsFraming = /content-length|transfer-encoding/i;

/** Whether what a strict scan found may be tolerated: not NUL, not a limit, and not below something that is no status line. */
export function isRepairable(fault: WireError, received: Buffer): boolean {
  if (fault.status !== 400 || received[fault.offset] === 0) return false;
  const lineEnd = received.indexOf(LF);
  return statusLine.test(withoutReturn(received.toString('latin1', 0, lineEnd < 0 ? received.length : lineEnd)));
}

/** The position after the first empty line, whatever ends its lines; -1 where there is none yet. */
export function endOfLenientHead(received: Buffer): number {
  for (let at = received.indexOf(LF); at >= 0; at = received.indexOf(LF, at + 1)) {
    if (received[at + 1] === LF) return at + 2;
    if (received[at + 1] === CR && received[at + 2] === LF) return at + 3;
  }
  return -1;
}

/**
 * The head with proper line ends, values on one line, no whitespace before colons, and without lines that are no field
 * lines; and what was tolerated for it. `source` is all of a repairable head, latin1. Throws a WireError for NUL and for
 * damaged framing fields, the latter at the place of `fault`.
 */
export function repairHead(
  source: string,
  fault: WireError,
): { readonly text: string; readonly leniencies: ReadonlySet<Leniency> } {
  const nul = source.indexOf('\0');
  if (nul >= 0) throw new WireError('NUL in a field line', 'RFC 9110 §5.5', nul);
  const leniencies = new Set<Leniency>();
  const lines = source.split('\n').slice(0, -1);
  if (lines.some((line) => !line.endsWith('\r'))) leniencies.add('bare-lf');
  const [first = '', ...rest] = lines.slice(0, -1).map(withoutReturn);
  const hasReason = first.length > 'HTTP/1.1 200'.length;
  if (!hasReason) leniencies.add('missing-reason');
  let text = hasReason ? `${first}\r\n` : `${first} \r\n`;
  for (const line of unfolded(rest, leniencies)) text += repairLine(line, leniencies, fault);
  return { text: `${text}\r\n`, leniencies };
}

function withoutReturn(line: string): string {
  return line.endsWith('\r') ? line.slice(0, -1) : line;
}

/** The lines with those that continue another one joined to it by a space (RFC 9112 §5.2). */
function unfolded(lines: readonly string[], leniencies: Set<Leniency>): string[] {
  const whole: string[] = [];
  for (const line of lines) {
    const isContinued = line.startsWith(' ') || line.startsWith('\t');
    const last = whole.length - 1;
    if (!isContinued || last < 0) whole.push(line);
    else {
      leniencies.add('obs-fold');
      whole[last] = `${(whole[last] ?? '').trimEnd()} ${line.trim()}`;
    }
  }
  return whole;
}

function repairLine(line: string, leniencies: Set<Leniency>, fault: WireError): string {
  const parts = fieldLine.exec(line);
  if (parts === null) {
    if (perhapsFraming.test(line)) {
      throw new WireError('a damaged Content-Length or Transfer-Encoding', 'RFC 9112 §6.3', fault.offset);
    }
    leniencies.add('invalid-field-dropped');
    return '';
  }
  const [, name = '', space = ''] = parts;
  if (space === '') return `${line}\r\n`;
  leniencies.add('space-before-colon');
  return `${name}${line.slice(name.length + space.length)}\r\n`;
}
