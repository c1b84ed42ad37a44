// Reads a body of the record whole.
import type { BodyChoice } from '../../contract/engine.ts';
import type { BodyReader } from '../capture/body-reader.ts';

export type ReadableBodies = Pick<BodyReader, 'openBody' | 'readBody' | 'closeBody'>;

/** Undefined where it has left the record. */
export async function wholeBody(bodies: ReadableBodies, choice: BodyChoice): Promise<Uint8Array | undefined> {
  const opened = await bodies.openBody(choice);
  if (opened === undefined) return undefined;
  try {
    const whole = Buffer.allocUnsafe(opened.size);
    let at = 0;
    while (at < opened.size) {
      const piece = await bodies.readBody(opened.handle, at);
      if (piece.length === 0) return whole.subarray(0, at);
      whole.set(piece, at);
      at += piece.length;
    }
    return whole;
  } finally {
    bodies.closeBody(opened.handle);
  }
}
