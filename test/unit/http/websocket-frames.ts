// Makes WebSocket frames with the library `ws`, and writes down what a reader tells of them.
import * as library from 'ws';
import { FrameReader, type FrameRules } from '../../../src/http/websocket-frames.ts';

interface FrameOptions {
  readonly opcode: number;
  readonly fin: boolean;
  readonly mask: boolean;
  readonly rsv1: boolean;
  readonly readOnly: boolean;
}

// Its types leave this class out.
const { Sender } = library as unknown as {
  readonly Sender: { frame(data: Buffer, options: FrameOptions): Buffer[] };
};

export function frame(opcode: number, payload: string | Buffer, options: Partial<FrameOptions> = {}): Buffer {
  const whole = { opcode, fin: true, mask: false, rsv1: false, readOnly: true, ...options };
  return Buffer.concat(Sender.frame(Buffer.from(payload), whole));
}

/** What the reader tells, one line a message; the last line is the fault, where there is one. */
export function hearFrames(pieces: readonly Buffer[], rules: FrameRules = { masked: false, deflate: false }): string[] {
  const lines: string[] = [];
  let payload: Buffer[] = [];
  const reader = new FrameReader(
    {
      begin: (opcode, compressed) => lines.push(`begin ${opcode}${compressed ? ' compressed' : ''}`),
      payload: (bytes) => payload.push(Buffer.from(bytes)),
      end: () => {
        lines.push(`end ${Buffer.concat(payload).toString('latin1')}`);
        payload = [];
      },
      control: (opcode, bytes) => lines.push(`control ${opcode} ${bytes.toString('latin1')}`),
    },
    rules,
  );
  let fault: string | undefined;
  for (const piece of pieces) fault = reader.push(piece);
  return fault === undefined ? lines : [...lines, `fault ${fault}`];
}
