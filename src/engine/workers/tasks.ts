// Entry file of the worker threads: the work that would hold up the data path, each piece a function of plain values.
import { readSync } from 'node:fs';
import { prettyJson as layOut } from '../../formats/pretty-json.ts';
import type { StoredPiece } from '../capture/slabs.ts';
import { decodeContent } from './decode.ts';

/** Bytes in shared memory, so that nothing is copied between threads, and what is wrong with them, in sentences. */
export interface TaskBytes {
  readonly bytes: Uint8Array;
  readonly notes: readonly string[];
}

/** Name → argument and result of every task. */
export interface TaskMap {
  /** Undoes Content-Encoding; at most `limit` bytes come out. */
  decodeBody: {
    readonly argument: {
      readonly pieces: readonly StoredPiece[];
      readonly contentEncoding: string;
      readonly limit: number;
    };
    readonly result: TaskBytes;
  };
  /** Lays out JSON in any encoding that keeps ASCII; what is not JSON, or becomes larger than `limit`, comes back as it is. */
  prettyJson: {
    readonly argument: { readonly bytes: Uint8Array; readonly limit: number };
    readonly result: TaskBytes;
  };
}

type Task<Name extends keyof TaskMap> = (
  argument: TaskMap[Name]['argument'],
) => TaskMap[Name]['result'] | Promise<TaskMap[Name]['result']>;

function shared(size: number): Buffer {
  return Buffer.from(new SharedArrayBuffer(size));
}

function gather(pieces: readonly StoredPiece[]): Buffer {
  const whole = Buffer.allocUnsafe(pieces.reduce((sum, piece) => sum + piece.length, 0));
  let at = 0;
  for (const piece of pieces) {
    if (piece.kind === 'memory') whole.set(new Uint8Array(piece.memory, piece.offset, piece.length), at);
    else if (readSync(piece.descriptor, whole, at, piece.length, piece.position) < piece.length) {
      throw new Error('The temporary file is shorter than it should be.');
    }
    at += piece.length;
  }
  return whole;
}

export const decodeBody: Task<'decodeBody'> = async ({ pieces, contentEncoding, limit }) => {
  const { bytes, notes } = await decodeContent(gather(pieces), contentEncoding, limit);
  const result = shared(bytes.length);
  result.set(bytes);
  return { bytes: result, notes };
};

export const prettyJson: Task<'prettyJson'> = ({ bytes, limit }) => {
  const source = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const { text, note } = layOut(source.toString('latin1'));
  if (note !== undefined) return { bytes, notes: [note] };
  if (text.length > limit) return { bytes, notes: ['Laid out it would be too large, so it is shown as it was sent.'] };
  const result = shared(text.length);
  result.write(text, 'latin1');
  return { bytes: result, notes: [] };
};
