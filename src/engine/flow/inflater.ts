// Inflates the messages of one direction of a WebSocket (RFC 7692 §7.2.2), one after the other, on zlib's own threads.
import { createInflateRaw, type InflateRaw } from 'node:zlib';
import type { DecoderLoss } from '../../contract/decisions.ts';
import type { OpenMessage } from '../capture/message-recorder.ts';

/** What it tells of: payload in order, the end of each message, and the end of all. */
interface InflaterOptions {
  /** Whether a message may refer to those before it. */
  readonly takeover: boolean;
  /** The bytes must be copied. */
  readonly payload: (message: OpenMessage, bytes: Buffer) => void;
  /** `wireSize`: its bytes before they were inflated. */
  readonly end: (message: OpenMessage, wireSize: number) => void;
  /** Nothing more can be inflated. */
  readonly failed: (reason: DecoderLoss) => void;
}

// What the sender leaves away from the end of each message (RFC 7692 §7.2.1).
const TAIL = Buffer.from([0x00, 0x00, 0xff, 0xff]);
// Compressed bytes that wait at most, and bytes that one message becomes at most.
const BACKLOG = 8 * 1024 * 1024;
const LARGEST = 256 * 1024 * 1024;

type Step =
  | { readonly kind: 'begin'; readonly message: OpenMessage }
  | { readonly kind: 'bytes'; readonly bytes: Buffer }
  | { readonly kind: 'end' };

export class MessageInflater {
  readonly #options: InflaterOptions;
  #steps: Step[] = [];
  #waiting = 0;
  #zlib: InflateRaw | undefined;
  #message: OpenMessage | undefined;
  #wireSize = 0;
  #size = 0;
  /** What zlib works on. */
  #current: Step | undefined;
  /** The rest of the present message is not looked at. */
  #skipping = false;
  #stopped = false;
  #idle: (() => void) | undefined;

  constructor(options: InflaterOptions) {
    this.#options = options;
  }

  begin(message: OpenMessage): void {
    this.#add({ kind: 'begin', message });
  }

  /** Takes a part of the message; the bytes must not change. */
  push(bytes: Buffer): void {
    this.#waiting += bytes.length;
    if (this.#waiting > BACKLOG) this.#fail('behind');
    else this.#add({ kind: 'bytes', bytes });
  }

  end(): void {
    this.#add({ kind: 'end' });
  }

  /** Resolves when all that was taken is inflated; nothing may come after it. */
  async finish(): Promise<void> {
    if (this.#current !== undefined) {
      await new Promise<void>((fulfil) => {
        this.#idle = fulfil;
      });
    }
    this.#stop();
  }

  #add(step: Step): void {
    if (this.#stopped) return;
    this.#steps.push(step);
    if (this.#current === undefined) this.#next();
  }

  /** Takes one step after the other, until zlib has one to do or none is left. */
  #next(): void {
    do {
      this.#current = this.#steps.shift();
      if (this.#current === undefined) {
        this.#idle?.();
        return;
      }
    } while (!this.#take(this.#current));
  }

  /** False where the step is done at once. */
  #take(step: Step): boolean {
    if (step.kind === 'begin') {
      this.#message = step.message;
      this.#wireSize = 0;
      this.#size = 0;
      return false;
    }
    if (step.kind === 'bytes') this.#wireSize += step.bytes.length;
    if (this.#skipping) {
      this.#done(step);
      return false;
    }
    const zlib = (this.#zlib ??= this.#create());
    const goOn = (): void => {
      if (zlib !== this.#zlib) return;
      this.#done(step);
      if (step.kind === 'end' && !this.#options.takeover) zlib.reset();
      this.#next();
    };
    if (step.kind === 'bytes') {
      zlib.write(step.bytes, goOn);
    } else {
      zlib.write(TAIL);
      zlib.flush(goOn);
    }
    return true;
  }

  #done(step: Step): void {
    if (step.kind === 'bytes') this.#waiting -= step.bytes.length;
    if (step.kind !== 'end' || this.#message === undefined) return;
    this.#options.end(this.#message, this.#wireSize);
    this.#message = undefined;
    this.#skipping = false;
  }

  #create(): InflateRaw {
    const zlib = createInflateRaw();
    zlib.on('data', (bytes: Buffer) => {
      if (this.#message === undefined || zlib !== this.#zlib) return;
      this.#size += bytes.length;
      if (this.#size > LARGEST) this.#fail('too-large');
      else this.#options.payload(this.#message, bytes);
    });
    zlib.on('error', () => this.#fail('not-decodable'));
    zlib.on('end', () => this.#renew(zlib));
    return zlib;
  }

  /** A block that says it is the last one (RFC 7692 §7.2.3.4) ends zlib's stream, which then calls nobody back. */
  #renew(zlib: InflateRaw): void {
    if (zlib !== this.#zlib) return;
    const step = this.#current;
    this.#zlib = undefined;
    zlib.close();
    this.#skipping = true;
    if (step !== undefined) this.#done(step);
    this.#next();
  }

  #fail(reason: DecoderLoss): void {
    if (this.#stopped) return;
    this.#stop();
    this.#options.failed(reason);
    this.#idle?.();
  }

  #stop(): void {
    this.#stopped = true;
    this.#steps = [];
    this.#current = undefined;
    const zlib = this.#zlib;
    this.#zlib = undefined;
    zlib?.close();
  }
}
