// Records the messages of a WebSocket from the bytes that were forwarded: a passive observer, which the pipe never waits for.
import type { FlowMessage } from '../../contract/messages.ts';
import type { Fields } from '../../http/fields.ts';
import { frameFormatOf, isWebSocket, type FrameFormat } from '../../http/websocket-extensions.ts';
import { FrameReader, type ControlOpcode, type DataOpcode, type FrameEvents } from '../../http/websocket-frames.ts';
import type { MessageRecorder, OpenMessage } from '../capture/message-recorder.ts';
import { MessageInflater } from './inflater.ts';
import type { LiveFlow } from './live-flow.ts';

type Direction = FlowMessage['direction'];

interface Parts {
  readonly recorder: MessageRecorder;
  /** ms since 1970. */
  readonly now: () => number;
}

const controlKinds = { 8: 'close', 9: 'ping', 10: 'pong' } as const satisfies Record<ControlOpcode, string>;

/** The messages of one direction. */
class DirectionReader implements FrameEvents {
  readonly #direction: Direction;
  readonly #parts: Parts;
  readonly #frames: FrameReader;
  readonly #inflater: MessageInflater | undefined;
  #open: OpenMessage | undefined;
  #compressed = false;
  #lost = false;

  constructor(direction: Direction, format: Exclude<FrameFormat, { kind: 'unknown' }>, parts: Parts) {
    this.#direction = direction;
    this.#parts = parts;
    const isClient = direction === 'sent';
    this.#frames = new FrameReader(this, { masked: isClient, deflate: format.kind === 'deflate' });
    if (format.kind === 'plain') return;
    const { clientTakeover, serverTakeover } = format.deflation;
    this.#inflater = new MessageInflater({
      takeover: isClient ? clientTakeover : serverTakeover,
      payload: (message, bytes) => parts.recorder.payload(message, bytes),
      end: (message, wireSize) => parts.recorder.end(message, wireSize),
      failed: (reason) => {
        this.#lost = true;
        parts.recorder.lost({ direction, reason });
      },
    });
  }

  push(bytes: Buffer): void {
    if (this.#lost) return;
    const fault = this.#frames.push(bytes);
    if (fault === undefined) return;
    this.#lost = true;
    this.#parts.recorder.lost({ direction: this.#direction, reason: fault });
  }

  /** Resolves when all that came is in the record. */
  async finish(): Promise<void> {
    await this.#inflater?.finish();
  }

  begin(opcode: DataOpcode, compressed: boolean): void {
    const kind = opcode === 1 ? 'text' : 'binary';
    this.#open = this.#parts.recorder.begin(this.#direction, kind, this.#parts.now());
    this.#compressed = compressed;
    if (compressed && this.#open !== undefined) this.#inflater?.begin(this.#open);
  }

  payload(bytes: Buffer): void {
    if (this.#open === undefined) return;
    if (this.#compressed) this.#inflater?.push(bytes);
    else this.#parts.recorder.payload(this.#open, bytes);
  }

  end(): void {
    if (this.#open === undefined) return;
    if (this.#compressed) this.#inflater?.end();
    else this.#parts.recorder.end(this.#open);
    this.#open = undefined;
  }

  control(opcode: ControlOpcode, payload: Buffer): void {
    this.#parts.recorder.control(this.#direction, controlKinds[opcode], payload, this.#parts.now());
  }
}

/** Reads both directions. */
class WebSocketObserver {
  readonly #sent: DirectionReader;
  readonly #received: DirectionReader;

  constructor(format: Exclude<FrameFormat, { kind: 'unknown' }>, parts: Parts) {
    this.#sent = new DirectionReader('sent', format, parts);
    this.#received = new DirectionReader('received', format, parts);
  }

  /** Bytes of the client; they are not changed. */
  sent(bytes: Buffer): void {
    this.#sent.push(bytes);
  }

  /** Bytes of the server; they are not changed. */
  received(bytes: Buffer): void {
    this.#received.push(bytes);
  }

  /** No more bytes come. Resolves when what came is in the record. */
  async end(): Promise<void> {
    await Promise.all([this.#sent.finish(), this.#received.finish()]);
  }
}

/**
 * An observer for the messages of a flow that was switched with an answer of these fields. Undefined where the flow is not
 * recorded, speaks something else, or agreed on extensions that we don't know, which the record then says.
 */
export function observeMessages(flow: LiveFlow, answer: Fields): WebSocketObserver | undefined {
  const recorder = isWebSocket(answer) ? flow.record.messages() : undefined;
  if (recorder === undefined) return undefined;
  const format = frameFormatOf(answer);
  if (format.kind === 'unknown') {
    recorder.lost({ direction: 'received', reason: 'unknown-extension' });
    return undefined;
  }
  return new WebSocketObserver(format, { recorder, now: () => flow.parts.clock.wall() });
}
