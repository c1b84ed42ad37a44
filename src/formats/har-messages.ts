// Messages of a WebSocket in a HAR entry, in the form that Chrome's tools write and read.
import type { FlowMessage } from '../contract/messages.ts';

/** `time` in seconds since 1970; `data` is text for opcode 1 and base64 for all others, as far as it is in the record. */
export interface HarWebSocketMessage {
  readonly type: 'send' | 'receive';
  readonly time: number;
  readonly opcode: number;
  readonly data: string;
  /** Our own, where `data` is not all of it. Size in bytes. */
  readonly _message?: { readonly size: number; readonly state: FlowMessage['state'] };
}

const opcodes: Readonly<Record<FlowMessage['kind'], number>> = {
  text: 1,
  event: 1,
  line: 1,
  binary: 2,
  close: 8,
  ping: 9,
  pong: 10,
};

/** `payload` is undefined where it is not in the record, or left out. */
export function harWebSocketMessage(message: FlowMessage, payload: Uint8Array | undefined): HarWebSocketMessage {
  const { kind, size, state } = message;
  const bytes = payload === undefined ? Buffer.alloc(0) : Buffer.from(payload);
  const isAll = state === 'complete' && bytes.length === size;
  return {
    type: message.direction === 'sent' ? 'send' : 'receive',
    time: message.at / 1000,
    opcode: opcodes[kind],
    data: bytes.toString(opcodes[kind] === 1 ? 'utf8' : 'base64'),
    ...(isAll ? {} : { _message: { size, state: state === 'complete' ? 'dropped' : state } }),
  };
}
