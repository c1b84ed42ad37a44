// Reads leased pieces from memory and from the spill file, whole or a range of them.
import { read } from 'node:fs';
import type { StoredPiece } from './slabs.ts';

function readInto(descriptor: number, target: Buffer, position: number): Promise<void> {
  return new Promise((resolve, reject) => {
    read(descriptor, target, 0, target.length, position, (error, count) => {
      if (error !== null) reject(error);
      else if (count < target.length) reject(new Error('The temporary file is shorter than it should be.'));
      else resolve();
    });
  });
}

/** Copies up to `length` bytes from `offset` on. Rejects where the spill file cannot be read. */
export async function readStored(pieces: readonly StoredPiece[], offset: number, length: number): Promise<Buffer> {
  const size = pieces.reduce((sum, piece) => sum + piece.length, 0);
  const target = Buffer.allocUnsafe(Math.max(0, Math.min(length, size - offset)));
  let at = 0;
  let start = 0;
  for (const piece of pieces) {
    const skip = Math.max(0, offset - start);
    start += piece.length;
    const count = Math.min(piece.length - skip, target.length - at);
    if (count <= 0) continue;
    if (piece.kind === 'memory') target.set(new Uint8Array(piece.memory, piece.offset + skip, count), at);
    else await readInto(piece.descriptor, target.subarray(at, at + count), piece.position + skip);
    at += count;
  }
  return target;
}
