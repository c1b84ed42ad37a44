// Decides how a body is shown: as text in some language, by a viewer of VS Code, or as a hexdump.
import { hexdump } from '../../formats/hexdump.ts';
import { looksOf, parseMediaType } from '../../formats/media-type.ts';
import { formatBytes } from '../../formats/numbers.ts';
import type { BodyChoice } from '../../contract/engine.ts';
import type { DocumentKind } from './addresses.ts';

type BodyKind = Exclude<DocumentKind, 'flow'>;

/** Bytes that a hexdump shows; it is four times as long as what it shows. */
const dumpedBytes = 4 * 1024 * 1024;
/** Bytes that are looked at to tell text from the rest. */
const judgedBytes = 8192;

/** How a body of this type is read; whether it is text after all, its bytes say. */
export function expectedKind(mediaType: string | undefined): BodyKind {
  const essence = mediaType === undefined ? undefined : parseMediaType(mediaType)?.essence;
  const viewed = essence !== undefined && /^(image|audio|video)\//.test(essence) && !looksOf(mediaType).isText;
  return viewed ? 'media' : 'text';
}

/** Control characters that no text has; ESC is left out, because coloured logs have it. */
function looksLikeText(bytes: Uint8Array): boolean {
  const start = Buffer.from(bytes.subarray(0, judgedBytes));
  // UTF-16 is full of NULs, and its mark says what it is.
  if (start[0] === 0xff && start[1] === 0xfe) return true;
  if (start[0] === 0xfe && start[1] === 0xff) return true;
  return start.every((byte) => byte >= 0x20 || byte === 0x1b || (byte >= 0x09 && byte <= 0x0d));
}

/** What the bytes turn out to be, whatever their type said. */
export function kindOfBytes(expected: BodyKind, bytes: Uint8Array): BodyKind {
  return expected === 'text' && !looksLikeText(bytes) ? 'bytes' : expected;
}

/** The form in which the engine gives the body for a kind of document. */
export function bodyForm(kind: DocumentKind): BodyChoice['form'] {
  return kind === 'text' ? 'pretty' : 'decoded';
}

/** The file extension, with its dot, for the name of the document. */
export function documentExtension(kind: BodyKind, mediaType: string | undefined): string {
  const looks = looksOf(mediaType);
  if (kind === 'bytes') return `${looks.extension}.hex.txt`;
  return kind === 'text' && !looks.isText ? '.txt' : looks.extension;
}

/** Editors show UTF-8; what was sent in another charset is converted. */
function toUtf8(bytes: Uint8Array, charset: string | undefined): Uint8Array {
  if (charset === undefined || charset === 'utf-8' || charset === 'utf8' || charset === 'us-ascii') return bytes;
  try {
    return Buffer.from(new TextDecoder(charset).decode(bytes));
  } catch {
    // A charset that nobody knows: the bytes are shown as they are.
    return bytes;
  }
}

/** The contents of the document. */
export function documentBytes(kind: BodyKind, bytes: Uint8Array, mediaType: string | undefined): Uint8Array {
  switch (kind) {
    case 'media':
      return bytes;
    case 'text':
      return toUtf8(bytes, looksOf(mediaType).charset);
    case 'bytes': {
      const rest = bytes.byteLength - dumpedBytes;
      const dump = hexdump(bytes.subarray(0, dumpedBytes));
      return Buffer.from(rest > 0 ? `${dump}… ${formatBytes(rest)}\n` : dump);
    }
  }
}

/** The language that VS Code shows the text in. */
export function languageOfBody(mediaType: string | undefined): string {
  return looksOf(mediaType).language ?? 'plaintext';
}
