// Gathers the pieces of a message and gives them to the socket in one write, since every system call costs.
import type { Socket } from 'node:net';

// Up to here copying into one buffer is cheaper than a gathering write of several.
const JOIN_BELOW = 16 * 1024;

export class Outlet {
  readonly #socket: Socket;
  #pieces: Buffer[] = [];
  #text = '';
  #size = 0;

  constructor(socket: Socket) {
    this.#socket = socket;
  }

  /** Adds head or framing text (latin1). Text may only come before the first piece or after the last. */
  text(latin1: string): void {
    if (this.#pieces.length === 0) this.#text += latin1;
    else this.bytes(Buffer.from(latin1, 'latin1'));
  }

  /** Adds bytes; they must not change until they are written. */
  bytes(piece: Buffer): void {
    this.#pieces.push(piece);
    this.#size += piece.length;
  }

  /** Writes all that was added. False where the socket wants a pause (it says `drain` later). */
  flush(): boolean {
    const pieces = this.#pieces;
    const text = this.#text;
    const size = this.#size;
    if (pieces.length === 0 && text === '') return !this.#socket.writableNeedDrain;
    this.#pieces = [];
    this.#text = '';
    this.#size = 0;
    const first = pieces[0];
    if (first === undefined) return this.#socket.write(text, 'latin1');
    if (pieces.length === 1 && text === '') return this.#socket.write(first);
    if (size + text.length <= JOIN_BELOW) return this.#socket.write(join(text, pieces, size));
    return this.#gather(text, pieces);
  }

  #gather(text: string, pieces: readonly Buffer[]): boolean {
    const socket = this.#socket;
    socket.cork();
    if (text !== '') socket.write(text, 'latin1');
    for (const piece of pieces) socket.write(piece);
    socket.uncork();
    return !socket.writableNeedDrain;
  }
}

function join(text: string, pieces: readonly Buffer[], size: number): Buffer {
  const whole = Buffer.allocUnsafe(text.length + size);
  let at = whole.write(text, 0, 'latin1');
  for (const piece of pieces) {
    whole.set(piece, at);
    at += piece.length;
  }
  return whole;
}
