// SOCKS 4, 4a and 5 (RFC 1928) as a pure push state machine: bytes in, what to answer and whom to reach out.
import { isIPv6 } from 'node:net';

/** Whom the client wants to reach, with the bytes that came behind its request. */
export interface SocksRequest {
  readonly version: 4 | 5;
  /** A name or an address, lower case; IPv6 without brackets. */
  readonly host: string;
  readonly port: number;
  readonly rest: Buffer;
}

export type SocksStep =
  | { readonly kind: 'more' }
  /** To be written before the client goes on. */
  | { readonly kind: 'reply'; readonly reply: Buffer }
  | { readonly kind: 'request'; readonly request: SocksRequest }
  /** `reply` is the last word; then the connection ends. */
  | { readonly kind: 'refused'; readonly reply: Buffer; readonly rule: string };

/** Why a tunnel could not be opened, for the reply. */
export type SocksFailure = 'refused' | 'unreachable' | 'name' | 'not-allowed' | 'other';

const NO_AUTHENTICATION = 0;
const NONE_ACCEPTABLE = 0xff;
const CONNECT = 1;
/** The longest request that can be meant: a user id and a name of 255 octets each. */
const LONGEST = 600;

/** RFC 1928 §6. */
const REPLIES_5: Readonly<Record<SocksFailure, number>> = {
  refused: 5,
  unreachable: 3,
  name: 4,
  'not-allowed': 2,
  other: 1,
};
const COMMAND_NOT_SUPPORTED = 7;
const ADDRESS_TYPE_NOT_SUPPORTED = 8;

function reply5(code: number): Buffer {
  // The address that we are bound to is nobody's business: 0.0.0.0:0, as most servers say.
  return Buffer.from([5, code, 0, 1, 0, 0, 0, 0, 0, 0]);
}

function reply4(granted: boolean): Buffer {
  return Buffer.from([0, granted ? 90 : 91, 0, 0, 0, 0, 0, 0]);
}

/** The tunnel is open. */
export function socksGranted(version: 4 | 5): Buffer {
  return version === 5 ? reply5(0) : reply4(true);
}

/** The tunnel could not be opened. */
export function socksFailed(version: 4 | 5, failure: SocksFailure): Buffer {
  return version === 5 ? reply5(REPLIES_5[failure]) : reply4(false);
}

/** A request under way: how far it reaches in the bytes, and whom it names. */
interface Target {
  readonly host: string;
  readonly port: number;
  readonly end: number;
}

const NOT_YET = 'more';
type Reading<T> = T | typeof NOT_YET;

function readableName(bytes: Buffer): string {
  return bytes.toString('latin1').toLowerCase();
}

function isName(name: string): boolean {
  return /^[\w.-]+$/.test(name) || isIPv6(name);
}

function refuse5(code: number, rule: string): SocksStep {
  return { kind: 'refused', reply: reply5(code), rule };
}

/** Takes bytes until the request is whole; then it must get no more. After a reply it is to be asked again, with nothing. */
export class SocksParser {
  #bytes: Buffer = Buffer.alloc(0);
  #greeted = false;

  push(chunk: Buffer): SocksStep {
    this.#bytes = this.#bytes.length === 0 ? chunk : Buffer.concat([this.#bytes, chunk]);
    const four = !this.#greeted && this.#bytes[0] === 4;
    const step = four ? this.#four() : this.#five();
    // Pipelined bytes behind a whole request are not counted.
    if (step.kind !== 'more' || this.#bytes.length <= LONGEST) return step;
    const reply = four ? reply4(false) : reply5(1);
    return { kind: 'refused', reply, rule: 'a SOCKS request beyond all measure' };
  }

  /** Version, command, port, address, user id, zero; in 4a a name and another zero. */
  #four(): SocksStep {
    const bytes = this.#bytes;
    if (bytes.length < 9) return { kind: 'more' };
    if (bytes[1] !== CONNECT)
      return { kind: 'refused', reply: reply4(false), rule: 'a SOCKS command other than CONNECT' };
    const target = this.#target4();
    if (target === NOT_YET) return { kind: 'more' };
    if (target.port === 0 || !isName(target.host)) {
      return { kind: 'refused', reply: reply4(false), rule: 'a SOCKS request without a usable name and port' };
    }
    return this.#asked(4, target);
  }

  #target4(): Reading<Target> {
    const bytes = this.#bytes;
    const port = bytes.readUInt16BE(2);
    const userEnd = bytes.indexOf(0, 8);
    if (userEnd < 0) return NOT_YET;
    const address = bytes.subarray(4, 8);
    // SOCKS 4a: the address 0.0.0.x stands for a name behind the user id.
    const named = address[0] === 0 && address[1] === 0 && address[2] === 0 && address[3] !== 0;
    if (!named) return { host: address.join('.'), port, end: userEnd + 1 };
    const nameEnd = bytes.indexOf(0, userEnd + 1);
    if (nameEnd < 0) return NOT_YET;
    return { host: readableName(bytes.subarray(userEnd + 1, nameEnd)), port, end: nameEnd + 1 };
  }

  #five(): SocksStep {
    return this.#greeted ? this.#request5() : this.#greeting5();
  }

  /** RFC 1928 §3. */
  #greeting5(): SocksStep {
    const bytes = this.#bytes;
    const count = bytes[1];
    if (count === undefined || bytes.length < 2 + count) return { kind: 'more' };
    const methods = bytes.subarray(2, 2 + count);
    if (!methods.includes(NO_AUTHENTICATION)) {
      const reply = Buffer.from([5, NONE_ACCEPTABLE]);
      return { kind: 'refused', reply, rule: 'SOCKS with a password, which this proxy has none of' };
    }
    this.#bytes = bytes.subarray(2 + count);
    this.#greeted = true;
    return { kind: 'reply', reply: Buffer.from([5, NO_AUTHENTICATION]) };
  }

  /** RFC 1928 §4: version, command, reserved, kind of address, address, port. */
  #request5(): SocksStep {
    const bytes = this.#bytes;
    if (bytes.length < 5) return { kind: 'more' };
    if (bytes[0] !== 5) return refuse5(1, 'a SOCKS 5 request of another version');
    if (bytes[1] !== CONNECT) return refuse5(COMMAND_NOT_SUPPORTED, 'a SOCKS command other than CONNECT');
    const target = this.#target5();
    if (target === NOT_YET) return { kind: 'more' };
    if (target === undefined)
      return refuse5(ADDRESS_TYPE_NOT_SUPPORTED, 'a kind of address that SOCKS 5 does not have');
    if (target.port === 0 || !isName(target.host)) return refuse5(1, 'a SOCKS request without a usable name and port');
    return this.#asked(5, target);
  }

  #target5(): Reading<Target | undefined> {
    const bytes = this.#bytes;
    const kind = bytes[3];
    const sizes: Readonly<Record<number, number>> = { 1: 4, 3: 1 + (bytes[4] ?? 0), 4: 16 };
    const size = kind === undefined ? undefined : sizes[kind];
    if (size === undefined) return undefined;
    const end = 4 + size;
    if (bytes.length < end + 2) return NOT_YET;
    const port = bytes.readUInt16BE(end);
    const address = bytes.subarray(4, end);
    return {
      host: kind === 1 ? address.join('.') : kind === 3 ? readableName(address.subarray(1)) : sixOf(address),
      port,
      end: end + 2,
    };
  }

  #asked(version: 4 | 5, { host, port, end }: Target): SocksStep {
    return { kind: 'request', request: { version, host, port, rest: this.#bytes.subarray(end) } };
  }
}

function sixOf(address: Buffer): string {
  const groups = Array.from({ length: 8 }, (_unused, index) => address.readUInt16BE(index * 2).toString(16));
  return new URL(`http://[${groups.join(':')}]`).hostname.slice(1, -1);
}
