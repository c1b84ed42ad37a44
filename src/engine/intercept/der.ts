// The little of DER (ITU-T X.690) that certificates are made of: values in, bytes out, and a walk over what is there.

function lengthOf(size: number): Buffer {
  if (size < 0x80) return Buffer.from([size]);
  const octets: number[] = [];
  for (let rest = size; rest > 0; rest = Math.floor(rest / 256)) octets.unshift(rest % 256);
  return Buffer.from([0x80 | octets.length, ...octets]);
}

function tagged(tag: number, ...parts: readonly Uint8Array[]): Buffer {
  const size = parts.reduce((sum, part) => sum + part.length, 0);
  return Buffer.concat([Buffer.from([tag]), lengthOf(size), ...parts]);
}

export const der = {
  sequence: (...parts: readonly Uint8Array[]): Buffer => tagged(0x30, ...parts),
  set: (...parts: readonly Uint8Array[]): Buffer => tagged(0x31, ...parts),
  true: Buffer.from([0x01, 0x01, 0xff]),
  octets: (content: Uint8Array): Buffer => tagged(0x04, content),
  text: (text: string): Buffer => tagged(0x0c, Buffer.from(text, 'utf8')),
  /** A positive number, most significant octet first. */
  integer(content: Uint8Array): Buffer {
    let from = 0;
    while (from < content.length - 1 && content[from] === 0) from += 1;
    const shortest = content.subarray(from);
    return (shortest[0] ?? 0) < 0x80 ? tagged(0x02, shortest) : tagged(0x02, Buffer.from([0]), shortest);
  },
  /** `unused` is how many bits at the end do not count. */
  bits: (content: Uint8Array, unused = 0): Buffer => tagged(0x03, Buffer.from([unused]), content),
  identifier(dotted: string): Buffer {
    const [first = 0, second = 0, ...rest] = dotted.split('.').map(Number);
    const octets: number[] = [];
    for (const arc of [first * 40 + second, ...rest]) {
      const groups = [arc & 0x7f];
      for (let left = arc >>> 7; left > 0; left >>>= 7) groups.unshift(0x80 | (left & 0x7f));
      octets.push(...groups);
    }
    return tagged(0x06, Buffer.from(octets));
  },
  /** RFC 5280 §4.1.2.5: two digits of the year until 2049, four from 2050 on. `at` in ms since 1970. */
  time(at: number): Buffer {
    const digits = new Date(at).toISOString().replace(/[-:T]|\.\d+/g, '');
    return digits < '2050' ? tagged(0x17, Buffer.from(digits.slice(2))) : tagged(0x18, Buffer.from(digits));
  },
  /** A context-specific tag around whole values. */
  around: (number: number, ...parts: readonly Uint8Array[]): Buffer => tagged(0xa0 | number, ...parts),
  /** A context-specific tag in place of a value's own. */
  instead: (number: number, content: Uint8Array): Buffer => tagged(0x80 | number, content),
};

/** The values inside a constructed one, each with its tag and length. */
export function partsOf(value: Buffer): readonly Buffer[] {
  const parts: Buffer[] = [];
  let at = headOf(value, 0).content;
  while (at < value.length) {
    const { content, length } = headOf(value, at);
    parts.push(value.subarray(at, content + length));
    at = content + length;
  }
  return parts;
}

function headOf(value: Buffer, at: number): { readonly content: number; readonly length: number } {
  const first = value[at + 1] ?? 0;
  if (first < 0x80) return { content: at + 2, length: first };
  const octets = first & 0x7f;
  return { content: at + 2 + octets, length: value.readUIntBE(at + 2, octets) };
}
