// The comma lists, tokens and quoted strings of RFC 9110 §5.6 as values.
import { BACKSLASH, COMMA, HTAB, QUOTE, SP, consistsOf, tokenOctets } from './characters.ts';

/** True for a token, RFC 9110 §5.6.2. */
export function isToken(text: string): boolean {
  return consistsOf(text, tokenOctets);
}

function trimmed(text: string, start: number, end: number): string {
  let from = start;
  let to = end;
  while (from < to && isSpace(text.charCodeAt(from))) from += 1;
  while (to > from && isSpace(text.charCodeAt(to - 1))) to -= 1;
  return text.slice(from, to);
}

function isSpace(code: number): boolean {
  return code === SP || code === HTAB;
}

/** The position of the quote that closes the string opened at `open`, or the end of the text where none does. */
function endOfQuoted(text: string, open: number): number {
  let at = open + 1;
  while (at < text.length && text.charCodeAt(at) !== QUOTE) at += text.charCodeAt(at) === BACKSLASH ? 2 : 1;
  return Math.min(at, text.length);
}

/**
 * The members of a list (RFC 9110 §5.6.1), without the whitespace around them and without empty members. Commas inside
 * quoted strings divide nothing; an unclosed string reaches to the end.
 */
export function splitList(value: string, separator = COMMA): string[] {
  const members: string[] = [];
  let from = 0;
  for (let at = 0; at <= value.length; at += 1) {
    const code = at < value.length ? value.charCodeAt(at) : separator;
    if (code === separator) {
      const member = trimmed(value, from, at);
      if (member !== '') members.push(member);
      from = at + 1;
    } else if (code === QUOTE) {
      at = Math.min(endOfQuoted(value, at), value.length - 1);
    }
  }
  return members;
}

/** The content of a quoted string (RFC 9110 §5.6.4) with its escapes resolved; other text comes back as it is. */
export function unquote(text: string): string {
  if (text.length < 2 || text.charCodeAt(0) !== QUOTE || endOfQuoted(text, 0) !== text.length - 1) return text;
  return text.slice(1, -1).replace(/\\(.)/gs, '$1');
}

/** Text as a token where it is one, else as a quoted string (RFC 9110 §5.6.4). */
export function quoteUnlessToken(text: string): string {
  return isToken(text) ? text : `"${text.replace(/["\\]/g, '\\$&')}"`;
}
