// Bytes as the canonical hexdump: offset, sixteen bytes in hexadecimal, the same as ASCII.

/** Bytes of a line. */
export const hexdumpWidth = 16;

const column = 3 * hexdumpWidth + 1;
const hex = Array.from({ length: 256 }, (_value, byte) => byte.toString(16).padStart(2, '0'));

/** The dump's length in characters for so many bytes from offset 0 on, every line ending in LF. Below 4 GiB. */
export function hexdumpLength(bytes: number): number {
  const full = Math.floor(bytes / hexdumpWidth);
  const rest = bytes % hexdumpWidth;
  const frame = 8 + 2 + column + 1 + 2 + 1;
  return full * (frame + hexdumpWidth) + (rest === 0 ? 0 : frame + rest);
}

function line(bytes: Uint8Array, from: number, to: number, offset: number): string {
  let left = '';
  let right = '';
  for (let at = from; at < to; at += 1) {
    const byte = bytes[at] as number;
    if (at - from === hexdumpWidth / 2) left += ' ';
    left += `${hex[byte]} `;
    right += byte >= 0x20 && byte < 0x7f ? String.fromCharCode(byte) : '.';
  }
  return `${offset.toString(16).padStart(8, '0')}  ${left.padEnd(column)} |${right}|\n`;
}

/**
 * The dump of `bytes`, which start at `offset` of the whole. A whole that is cut at multiples of sixteen bytes gives the
 * same lines as one dump, so large bodies can be dumped range by range.
 */
export function hexdump(bytes: Uint8Array, offset = 0): string {
  const lines: string[] = [];
  for (let from = 0; from < bytes.length; from += hexdumpWidth) {
    lines.push(line(bytes, from, Math.min(bytes.length, from + hexdumpWidth), offset + from));
  }
  return lines.join('');
}
