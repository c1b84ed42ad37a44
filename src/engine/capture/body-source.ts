// What an opened body is read from: the store's own bytes, or bytes that were made from them.
import type { TaskOutcome } from '../workers/pool.ts';
import type { Lease } from './slabs.ts';
import { readStored } from './stored-bytes.ts';

/** Decoded bodies end here: what is larger is a bomb, or for other tools. In bytes. */
export const DECODED_LIMIT = 64 * 1024 * 1024;

/** What a handle reads from. */
export interface Source {
  readonly size: number;
  /** Decoded bytes that it keeps in memory. */
  readonly held: number;
  read(offset: number, length: number): Promise<Uint8Array> | Uint8Array;
  release(): void;
}

/** Content together with what is wrong with it. */
export interface Content {
  readonly source: Source;
  readonly notes: readonly string[];
}

/** Reads `size` bytes of a lease from `from` on. */
export function leasedSource(lease: Lease, from = 0, size = lease.size): Source {
  return {
    size,
    held: 0,
    read: (offset, length) => readStored(lease.pieces, from + offset, Math.max(0, Math.min(length, size - offset))),
    release: () => lease.release(),
  };
}

export function heldSource(bytes: Uint8Array): Source {
  return {
    size: bytes.length,
    held: bytes.length,
    read: (offset, length) => bytes.slice(offset, offset + length),
    release: () => undefined,
  };
}

/** Why a body is shown as it was sent. */
export function withoutWorker(outcome: Exclude<TaskOutcome<never>, { readonly kind: 'done' }>): string {
  if (outcome.kind === 'failed') return `It is shown as it was sent: ${outcome.message}`;
  return 'It is shown as it was sent, because all workers are busy. Open it again later.';
}
