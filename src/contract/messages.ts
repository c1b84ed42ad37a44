// The messages inside one flow, as views and exports read them: those of a WebSocket, and the events of a streamed body.
import type { DecoderLoss } from './decisions.ts';
import type { FlowId } from './model.ts';

/** `event`: one of `text/event-stream`; `line`: one line of a body that is a value a line; the others are opcodes. */
type MessageKind = 'text' | 'binary' | 'ping' | 'pong' | 'close' | 'event' | 'line';

/** One message. Sizes in bytes. */
export interface FlowMessage {
  /** Counts up from 1 within its flow, in the order in which messages began. */
  readonly number: number;
  /** ms since 1970: when its first frame came; of events and lines, when they were whole. */
  readonly at: number;
  /** `sent`: by the client. */
  readonly direction: 'sent' | 'received';
  readonly kind: MessageKind;
  /** Payload bytes, decompressed; of an event its lines in the body. */
  readonly size: number;
  /** Payload bytes in the record. */
  readonly kept: number;
  /** Payload bytes that crossed the wire, where that is another number: it was compressed. */
  readonly wireSize?: number;
  /** `partial`: its end has not come, or never came. */
  readonly state: 'complete' | 'partial' | 'truncated' | 'dropped';
  /** The beginning as text, on one line; empty where it is binary. */
  readonly preview: string;
  /** Of a close frame that says why (RFC 6455 §5.5.1). */
  readonly close?: { readonly code: number; readonly reason: string };
  /** Type and id of an event, where it names them. */
  readonly event?: string;
  readonly eventId?: string;
}

/** Where the decoder lost its way; the bytes went on, unread. */
export interface MessagesLost {
  readonly direction: FlowMessage['direction'];
  readonly reason: DecoderLoss;
}

/** A part of a flow's messages. */
export interface MessageWindow {
  /** Messages that there were. */
  readonly total: number;
  /** The oldest one that is still in the record; `total + 1` where none is. */
  readonly oldest: number;
  /** Oldest first. */
  readonly messages: readonly FlowMessage[];
  readonly lost?: MessagesLost;
}

/** At most `count` messages (up to 200) from number `from` on; without `from` the newest. */
export interface MessageChoice {
  readonly id: FlowId;
  readonly from?: number;
  readonly count: number;
}
