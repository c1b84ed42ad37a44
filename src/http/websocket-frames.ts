// Reads WebSocket frames (RFC 6455 §5.2) from bytes in any pieces: a pure state machine for one direction.

/** Why frames cannot be read any further. Each breaks a MUST, so what follows could be anything. */
export type FrameFault =
  /** A reserved bit that no negotiated extension explains (§5.2). */
  | 'reserved-bits'
  /** An opcode that means nothing (§5.2). */
  | 'reserved-opcode'
  /** The client's frames are masked and the server's are not (§5.1). */
  | 'masking'
  /** A control frame in fragments, or one of more than 125 bytes (§5.5). */
  | 'control-frame'
  /** A continuation of nothing, or a new message before the end of the last (§5.4). */
  | 'fragmentation'
  /** A length not in its shortest form, or beyond 2^53 (§5.2). */
  | 'length';

/** Hears of whole control frames, and of data messages piece by piece; fragments are joined. */
export interface FrameEvents {
  /** `compressed`: the message's bytes are to be inflated (RFC 7692 §6). */
  begin(opcode: DataOpcode, compressed: boolean): void;
  /** Unmasked bytes of the message; they may be a part of what was pushed. */
  payload(bytes: Buffer): void;
  end(): void;
  control(opcode: ControlOpcode, payload: Buffer): void;
}

export type DataOpcode = 1 | 2;
export type ControlOpcode = 8 | 9 | 10;

export interface FrameRules {
  /** Whether this direction is the client's. */
  readonly masked: boolean;
  /** Whether permessage-deflate was agreed on, which uses RSV1. */
  readonly deflate: boolean;
}

// Two bytes, a length of up to eight, a key of four.
const LARGEST_HEADER = 14;
const LARGEST_CONTROL = 125;
const empty = Buffer.alloc(0);

export class FrameReader {
  readonly #events: FrameEvents;
  readonly #rules: FrameRules;
  readonly #header = Buffer.alloc(LARGEST_HEADER);
  #headerBytes = 0;
  /** Bytes of the present frame's payload that are still to come; undefined while its header is read. */
  #remaining: number | undefined;
  #opcode = 0;
  #final = false;
  #masked = false;
  #maskAt = 0;
  #inMessage = false;
  #control: Buffer[] = [];
  #fault: FrameFault | undefined;

  constructor(events: FrameEvents, rules: FrameRules) {
    this.#events = events;
    this.#rules = rules;
  }

  /** Takes the next bytes, which are not changed. After a fault nothing is read any more, and it is returned again. */
  push(bytes: Buffer): FrameFault | undefined {
    let at = 0;
    while (at < bytes.length && this.#fault === undefined) {
      at = this.#remaining === undefined ? this.#readHeader(bytes, at) : this.#readPayload(bytes, at);
    }
    return this.#fault;
  }

  #readHeader(bytes: Buffer, from: number): number {
    let at = from;
    while (at < bytes.length) {
      this.#header[this.#headerBytes] = bytes[at] as number;
      this.#headerBytes += 1;
      at += 1;
      this.#fault = this.#headerBytes === 2 ? this.#judge() : undefined;
      if (this.#fault !== undefined) return at;
      if (this.#headerBytes >= 2 && this.#headerBytes === this.#headerSize()) {
        this.#beginFrame();
        return at;
      }
    }
    return at;
  }

  /** Judges the two bytes that every frame begins with. */
  #judge(): FrameFault | undefined {
    const [first = 0, second = 0] = this.#header;
    const opcode = first & 0x0f;
    if (opcode > 10 || (opcode > 2 && opcode < 8)) return 'reserved-opcode';
    if ((first & this.#reservedBits(opcode)) !== 0) return 'reserved-bits';
    if (second >= 0x80 !== this.#rules.masked) return 'masking';
    const isWhole = first >= 0x80;
    if (opcode >= 8) return isWhole && (second & 0x7f) <= LARGEST_CONTROL ? undefined : 'control-frame';
    return (opcode === 0) === this.#inMessage ? undefined : 'fragmentation';
  }

  /** RFC 7692 §6: only the first frame of a data message may say that it is compressed. */
  #reservedBits(opcode: number): number {
    return this.#rules.deflate && (opcode === 1 || opcode === 2) ? 0x30 : 0x70;
  }

  #lengthBytes(): number {
    const length = (this.#header[1] as number) & 0x7f;
    return length === 127 ? 8 : length === 126 ? 2 : 0;
  }

  #headerSize(): number {
    return 2 + this.#lengthBytes() + (this.#rules.masked ? 4 : 0);
  }

  /** The payload's length; undefined where it is not in its shortest form or too large to count. */
  #length(): number | undefined {
    const short = (this.#header[1] as number) & 0x7f;
    if (short < 126) return short;
    if (short === 126) {
      const length = this.#header.readUInt16BE(2);
      return length < 126 ? undefined : length;
    }
    const length = this.#header.readUInt32BE(2) * 2 ** 32 + this.#header.readUInt32BE(6);
    return length > 0xffff && Number.isSafeInteger(length) ? length : undefined;
  }

  #beginFrame(): void {
    const length = this.#length();
    if (length === undefined) {
      this.#fault = 'length';
      return;
    }
    const first = this.#header[0] as number;
    this.#opcode = first & 0x0f;
    this.#final = (first & 0x80) !== 0;
    this.#masked = this.#rules.masked && this.#header.readUInt32BE(this.#headerBytes - 4) !== 0;
    this.#maskAt = 0;
    this.#remaining = length;
    if (this.#opcode === 1 || this.#opcode === 2) {
      this.#inMessage = true;
      this.#events.begin(this.#opcode, (first & 0x40) !== 0);
    }
    if (length === 0) this.#endFrame();
  }

  #readPayload(bytes: Buffer, from: number): number {
    const remaining = this.#remaining as number;
    const to = Math.min(bytes.length, from + remaining);
    const piece = this.#unmask(bytes.subarray(from, to));
    if (this.#opcode >= 8) this.#control.push(piece);
    else this.#events.payload(piece);
    this.#remaining = remaining - (to - from);
    if (this.#remaining === 0) this.#endFrame();
    return to;
  }

  /** Whoever forwards the bytes may still be writing them: a masked piece is copied. */
  #unmask(piece: Buffer): Buffer {
    if (!this.#masked) return piece;
    const key = this.#headerBytes - 4;
    const header = this.#header;
    const plain = Buffer.allocUnsafe(piece.length);
    let at = this.#maskAt;
    for (let index = 0; index < piece.length; index += 1) {
      plain[index] = (piece[index] as number) ^ (header[key + (at & 3)] as number);
      at += 1;
    }
    this.#maskAt = at & 3;
    return plain;
  }

  #endFrame(): void {
    const opcode = this.#opcode;
    this.#remaining = undefined;
    this.#headerBytes = 0;
    if (opcode === 8 || opcode === 9 || opcode === 10) {
      const [only = empty] = this.#control;
      const payload = this.#control.length > 1 ? Buffer.concat(this.#control) : only;
      this.#control = [];
      this.#events.control(opcode, payload);
    } else if (this.#final) {
      this.#inMessage = false;
      this.#events.end();
    }
  }
}
