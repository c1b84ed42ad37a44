// Header text as people read it: UTF-8 where it is that, and nothing in it that an editor would obey.
import { escapeText } from '../../formats/escape.ts';

const utf8 = new TextDecoder('utf-8', { fatal: true });

/** Field values come as one character an octet; many servers send UTF-8 in them although RFC 9110 §5.5 speaks of ASCII. */
export function decodeOctets(text: string): string {
  if (!/[\u0080-\u00ff]/.test(text)) return text;
  try {
    return utf8.decode(Buffer.from(text, 'latin1'));
  } catch {
    return text;
  }
}

/** On one line, with control characters written out. */
export function readable(text: string): string {
  return escapeText(decodeOctets(text));
}
