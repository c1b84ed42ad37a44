// Reads a whole body for a document, as far as an editor can show it.
import type { BodySource, FlowStore } from '../model/flow-store.ts';

/** VS Code opens no larger documents of extensions. */
const largestDocument = 50 * 1024 * 1024;

export type BodyReading =
  | { readonly kind: 'read'; readonly bytes: Uint8Array; readonly note: string | undefined }
  | { readonly kind: 'too-large'; readonly size: number }
  | { readonly kind: 'cancelled' }
  /** There is no such body, or no longer. */
  | { readonly kind: 'gone' };

/** How reading goes, and how it is stopped. */
export interface Reading {
  /** Called with the share that is read by now, from 0 to 1. */
  readonly onProgress?: (share: number) => void;
  readonly isCancelled?: () => boolean;
}

export async function readBody(flows: FlowStore, choice: BodySource, reading: Reading = {}): Promise<BodyReading> {
  const result = await flows.withBody<BodyReading>(choice, async ({ size, note, pieces }) => {
    if (size > largestDocument) return { kind: 'too-large', size };
    const parts: Uint8Array[] = [];
    let length = 0;
    for await (const piece of pieces) {
      if (reading.isCancelled?.() === true) return { kind: 'cancelled' };
      parts.push(piece);
      length += piece.byteLength;
      reading.onProgress?.(size === 0 ? 1 : Math.min(1, length / size));
    }
    return { kind: 'read', bytes: Buffer.concat(parts), note };
  });
  return result ?? { kind: 'gone' };
}
