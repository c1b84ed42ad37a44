// Reads heads back from the record, only to show them: whatever went over the wire gives lines, nothing is refused here.
import type { MessageRecord } from '../../contract/model.ts';

/** A head as it is shown. */
export interface StoredHead {
  /** Request line or status line, without its end. */
  readonly startLine: string;
  readonly fields: MessageRecord['fields'];
}

function trimmed(value: string): string {
  return value.replace(/^[ \t]+|[ \t]+$/g, '');
}

/** Field lines in order; a line that continues the one before (obs-fold, RFC 9112 §5.2) is joined to it with a space. */
export function readFields(lines: readonly string[]): MessageRecord['fields'] {
  const fields: [name: string, value: string][] = [];
  for (const line of lines) {
    const last = fields.at(-1);
    if (last !== undefined && /^[ \t]/.test(line)) {
      last[1] = `${last[1]} ${trimmed(line)}`;
      continue;
    }
    // The names of pseudo-header fields begin with a colon (RFC 9113 §8.3).
    const colon = line.indexOf(':', 1);
    if (colon < 0) fields.push([line, '']);
    else fields.push([line.slice(0, colon), trimmed(line.slice(colon + 1))]);
  }
  return fields;
}

/** The lines of a section, without the empty one that ends it. */
export function linesOf(bytes: Buffer): string[] {
  const lines = bytes.toString('latin1').split(/\r?\n/);
  while (lines.at(-1) === '') lines.pop();
  return lines;
}

export function readHead(bytes: Buffer): StoredHead {
  const [startLine = '', ...rest] = linesOf(bytes);
  return { startLine, fields: readFields(rest) };
}

/** Several heads, one after the other. */
export function readHeads(bytes: Buffer): StoredHead[] {
  return bytes
    .toString('latin1')
    .split(/\r?\n\r?\n/)
    .filter((head) => head !== '')
    .map((head) => readHead(Buffer.from(head, 'latin1')));
}
