// Records the messages of a WebSocket from the bytes that were forwarded: a passive observer, which the pipe never waits for.
import type { FlowMessage } from '../../contract/messages.ts';
import type { Fields } from '../../http/fields.ts';
import { frameFormatOf, isWebSocket, type FrameFormat } from '../../http/websocket-extensions.ts';
import { FrameReader, type ControlOpcode, type DataOpcode, type FrameEvents } from '../../http/websocket-frames.ts';
import type { MessageRecorder, OpenMessage } from '../capture/message-recorder.ts';
import { MessageInflater } from './inflater.ts';
import type { LiveFlow } from './live-flow.ts';
import type { PipeObserver } from './pipe-observer.ts';

type KnownFormat = Exclude<FrameFormat, { kind: 'unknown' }>;
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

  constructor(direction: Direction, format: KnownFormat, parts: Parts) {
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

/** An observer that may have to finish what it was given, when no more bytes come. */
interface UpgradeObserver extends PipeObserver {
  /** Resolves when all that came is in the record. */
  finish(): Promise<void>;
}

/** Reads both directions, beside the observer that counts. */
class WebSocketObserver implements UpgradeObserver {
  readonly #counting: PipeObserver;
  readonly #sent: DirectionReader;
  readonly #received: DirectionReader;

  constructor(format: KnownFormat, parts: Parts, counting: PipeObserver) {
    this.#counting = counting;
    this.#sent = new DirectionReader('sent', format, parts);
    this.#received = new DirectionReader('received', format, parts);
  }

  sent(bytes: Buffer): void {
    this.#counting.sent(bytes);
    this.#sent.push(bytes);
  }

  received(bytes: Buffer): void {
    this.#counting.received(bytes);
    this.#received.push(bytes);
  }

  async finish(): Promise<void> {
    await Promise.all([this.#sent.finish(), this.#received.finish()]);
  }
}

/** What a connection was switched to: the protocol's name, and the fields of the answer that agreed. */
interface Switched {
  readonly protocol: string | undefined;
  readonly fields: Fields;
}

/**
 * An observer for a connection that was switched. It reads messages where that is WebSocket and the flow is recorded, unless
 * extensions were agreed on that we don't know, which the record then says; else it counts alone.
 */
export function observeUpgrade(
  flow: LiveFlow,
  { protocol, fields }: Switched,
  counting: PipeObserver,
): UpgradeObserver {
  const recorder = isWebSocket(protocol) ? flow.record.messages() : undefined;
  const format = recorder === undefined ? undefined : frameFormatOf(fields);
  if (format?.kind === 'unknown') recorder?.lost({ direction: 'received', reason: 'unknown-extension' });
  if (recorder === undefined || format === undefined || format.kind === 'unknown') {
    return { ...counting, finish: () => Promise.resolve() };
  }
  return new WebSocketObserver(format, { recorder, now: () => flow.parts.clock.wall() }, counting);
}
