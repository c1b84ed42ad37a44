// Makes visible what a terminal or an editor would hide or obey: control characters, escape sequences, odd directions.

const named: Readonly<Record<string, string>> = { '\n': '\\n', '\r': '\\r', '\t': '\\t' };

// C0, DEL, C1, invisible and direction-changing characters, line and paragraph separators, lone surrogates, specials.
const hidden =
  // eslint-disable-next-line no-control-regex
  /[\u0000-\u001f\u007f-\u009f\u00ad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\uffff]|[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g;

function escapeCharacter(character: string): string {
  const code = character.charCodeAt(0);
  return (
    named[character] ??
    (code < 0x100 ? `\\x${code.toString(16).padStart(2, '0')}` : `\\u${code.toString(16).padStart(4, '0')}`)
  );
}

/** Whether a text holds anything that is not seen as itself. */
export function hasHidden(text: string): boolean {
  return text.search(hidden) >= 0;
}

/** One line that is safe to print: every character that is not seen as itself is written as `\n`, `\x1b` or `\u202e`. */
export function escapeText(text: string): string {
  return text.replace(hidden, escapeCharacter);
}

/**
 * Bytes as ASCII text: printable ones as they are, others as `\x9f`, a backslash as `\\`. Lines break after LF, so that a
 * refused request reads like one; the escapes stay, so no byte is lost.
 */
export function escapeBytes(bytes: Uint8Array): string {
  let text = '';
  for (const byte of bytes) {
    const character = String.fromCharCode(byte);
    if (byte === 0x5c) text += '\\\\';
    else if (byte >= 0x20 && byte < 0x7f) text += character;
    else text += escapeCharacter(character) + (byte === 0x0a ? '\n' : '');
  }
  return text;
}
