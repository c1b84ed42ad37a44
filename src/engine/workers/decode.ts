// Undoes Content-Encoding (RFC 9110 §8.4) as far as the bytes allow, and says where they do not.
import {
  constants,
  createBrotliDecompress,
  createGunzip,
  createInflate,
  createInflateRaw,
  createZstdDecompress,
} from 'node:zlib';
import type { Transform } from 'node:stream';

/** What came out, with a sentence for everything that is wrong with it. */
export interface Decoded {
  readonly bytes: Buffer;
  readonly notes: readonly string[];
}

// Pieces in which the input is fed, so that a small bomb is stopped early.
const STEP = 64 * 1024;

/** Whether the first bytes are a zlib header (RFC 1950 §2.2); some servers send raw deflate under the same name. */
function hasZlibHeader(bytes: Buffer): boolean {
  const [first = 0, second = 0] = bytes;
  return (first & 0x0f) === 8 && ((first << 8) | second) % 31 === 0;
}

/** A decoder for a coding in lower case, by the first bytes that it will be given; undefined for unknown ones. */
export function decoderFor(coding: string, bytes: Buffer): Transform | undefined {
  switch (coding) {
    case 'gzip':
    case 'x-gzip':
      return createGunzip();
    case 'deflate':
      return hasZlibHeader(bytes) ? createInflate() : createInflateRaw();
    case 'br':
      return createBrotliDecompress();
    case 'zstd':
      return createZstdDecompress({ params: { [constants.ZSTD_d_windowLogMax]: 27 } });
    default:
      return undefined;
  }
}

type Ending = 'complete' | 'broken' | 'limit';

/** Runs bytes through a decoder, up to `limit` bytes of output; keeps what came before an error. */
function drain(decoder: Transform, bytes: Buffer, limit: number): Promise<{ output: Buffer; ending: Ending }> {
  return new Promise((resolve) => {
    const pieces: Buffer[] = [];
    let size = 0;
    const end = (ending: Ending): void => {
      decoder.removeAllListeners();
      decoder.on('error', () => undefined);
      decoder.destroy();
      resolve({ output: Buffer.concat(pieces, Math.min(size, limit)), ending });
    };
    decoder.on('data', (piece: Buffer) => {
      pieces.push(piece);
      size += piece.length;
      if (size > limit) end('limit');
    });
    decoder.on('end', () => end('complete'));
    decoder.on('error', () => end('broken'));
    let at = 0;
    const feed = (): void => {
      while (at < bytes.length) {
        const piece = bytes.subarray(at, at + STEP);
        at += piece.length;
        if (!decoder.write(piece)) {
          decoder.once('drain', feed);
          return;
        }
      }
      decoder.end();
    };
    feed();
  });
}

/** The names in a Content-Encoding value, in the order in which they were applied. */
export function codingsOf(contentEncoding: string): string[] {
  return contentEncoding
    .split(',')
    .map((coding) => coding.trim().toLowerCase())
    .filter((coding) => coding !== '' && coding !== 'identity');
}

/**
 * Decodes bytes, last coding first. Input that ends early or is damaged gives what could be decoded; more than `limit`
 * bytes are cut off; an unknown coding stops there. Never rejects.
 */
export async function decodeContent(bytes: Buffer, contentEncoding: string, limit: number): Promise<Decoded> {
  const notes: string[] = [];
  let current = bytes;
  for (const coding of codingsOf(contentEncoding).reverse()) {
    if (current.length === 0) break;
    const decoder = decoderFor(coding, current);
    if (decoder === undefined) {
      notes.push(`Content-Encoding ${coding} is not known here, so the bytes are shown as they are.`);
      break;
    }
    const { output, ending } = await drain(decoder, current, limit);
    current = output;
    if (ending === 'limit') {
      notes.push(`Decoding stopped after ${limit} bytes.`);
      break;
    }
    if (ending === 'broken') {
      notes.push(`The ${coding} data ends early or is damaged; this is what could be decoded.`);
    }
  }
  return { bytes: current, notes };
}
