// Strings that do not keep larger ones alive.

const scratch = Buffer.allocUnsafeSlow(16 * 1024);

/** The same text in memory of its own: a string cut out of a head would keep the whole head alive. */
export function detached(text: string): string {
  // V8 copies shorter cuts anyway. In UTF-8 a UTF-16 unit takes three bytes at the most.
  if (text.length < 13 || text.length * 3 > scratch.length) return text;
  return scratch.toString('utf8', 0, scratch.write(text, 0, 'utf8'));
}
