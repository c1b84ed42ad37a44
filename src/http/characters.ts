// The character classes of RFC 9110 §5.6 and RFC 9112 as lookup tables by octet, and the scans that use them.

export const CR = 0x0d;
export const LF = 0x0a;
export const SP = 0x20;
export const HTAB = 0x09;
export const COLON = 0x3a;
export const COMMA = 0x2c;
export const SEMICOLON = 0x3b;
export const EQUALS = 0x3d;
export const QUOTE = 0x22;
export const BACKSLASH = 0x5c;

function tableOf(belongs: (octet: number) => boolean): Uint8Array {
  return Uint8Array.from({ length: 256 }, (_none, octet) => (belongs(octet) ? 1 : 0));
}

function isAlphanumeric(octet: number): boolean {
  return (octet >= 0x30 && octet <= 0x39) || (octet >= 0x41 && octet <= 0x5a) || (octet >= 0x61 && octet <= 0x7a);
}

/** 1 where the octet may stand in a token, RFC 9110 §5.6.2. */
export const tokenOctets = tableOf(
  (octet) => isAlphanumeric(octet) || "!#$%&'*+-.^_`|~".includes(String.fromCharCode(octet)),
);

/** 1 where the octet may stand in a field value, RFC 9110 §5.5: tab, space, visible, obs-text. */
export const valueOctets = tableOf((octet) => octet === HTAB || (octet >= SP && octet !== 0x7f));

/** 1 where the octet is visible ASCII: all that a request target may consist of. */
export const visibleOctets = tableOf((octet) => octet > SP && octet < 0x7f);

/** 1 where the octet may stand in a registered name as we take it: `unreserved` of RFC 3986 §2.3. */
export const nameOctets = tableOf((octet) => isAlphanumeric(octet) || '-._~'.includes(String.fromCharCode(octet)));

/** The octet in lower case. */
const lowerOctets = Uint8Array.from({ length: 256 }, (_none, octet) =>
  octet >= 0x41 && octet <= 0x5a ? octet + 32 : octet,
);

/** The value of a hexadecimal digit, -1 for all other octets. */
export const hexadecimalValues = Int8Array.from({ length: 256 }, (_none, octet) =>
  isAlphanumeric(octet) && (octet | 32) <= 0x66 ? Number.parseInt(String.fromCharCode(octet), 16) : -1,
);

/** Position of the first octet from `from` on that is not in the table, or `end`. */
export function skip(bytes: Uint8Array, from: number, end: number, table: Uint8Array): number {
  let at = from;
  while (at < end && table[bytes[at] as number] !== 0) at += 1;
  return at;
}

/** True where every character of a non-empty text is in the table; characters above U+00FF never are. */
export function consistsOf(text: string, table: Uint8Array): boolean {
  for (let at = 0; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    if (code > 0xff || table[code] === 0) return false;
  }
  return text.length > 0;
}

/** True where the text from `from` on starts with `lowerCase`, ASCII case aside. */
export function startsWithIgnoringCase(text: string, from: number, lowerCase: string): boolean {
  for (let at = 0; at < lowerCase.length; at += 1) {
    if (lowerOctets[text.charCodeAt(from + at)] !== lowerCase.charCodeAt(at)) return false;
  }
  return true;
}

/** True where the texts are the same, ASCII case aside. */
export function equalsIgnoringCase(text: string, lowerCase: string): boolean {
  return text.length === lowerCase.length && startsWithIgnoringCase(text, 0, lowerCase);
}
