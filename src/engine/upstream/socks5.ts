// The client's side of SOCKS5 (RFC 1928) with user name and password (RFC 1929): bytes in, bytes out, names resolved there.
import { isIPv4, isIPv6 } from 'node:net';

const VERSION = 5;
const NO_AUTHENTICATION = 0;
const PASSWORD = 2;
const NONE_ACCEPTABLE = 0xff;

/** RFC 1928 §6. */
const REPLIES: Readonly<Record<number, string>> = {
  1: 'general failure',
  2: 'not allowed by its rules',
  3: 'network unreachable',
  4: 'host unreachable',
  5: 'connection refused',
  6: 'the time to live expired',
  7: 'command not supported',
  8: 'address type not supported',
};

export interface SocksTarget {
  readonly host: string;
  readonly port: number;
}

export interface SocksCredentials {
  readonly username: string;
  readonly password: string;
}

/** What the bytes so far came to. */
export type SocksEvent =
  | { readonly kind: 'more' }
  | { readonly kind: 'send'; readonly bytes: Buffer }
  /** Connected; what follows `consumed` bytes of the last piece comes from the target. */
  | { readonly kind: 'open'; readonly consumed: number }
  | { readonly kind: 'failed'; readonly why: 'authentication' | 'refused' | 'protocol'; readonly cause: string };

const more: SocksEvent = { kind: 'more' };

function addressBytes(host: string): Buffer {
  if (isIPv4(host)) return Buffer.from([1, ...host.split('.').map(Number)]);
  if (isIPv6(host)) return Buffer.concat([Buffer.from([4]), address6(host)]);
  const name = Buffer.from(host, 'latin1').subarray(0, 255);
  return Buffer.concat([Buffer.from([3, name.length]), name]);
}

function address6(host: string): Buffer {
  // The URL parser writes an address in its shortest form, without dotted parts.
  const [before = '', after] = new URL(`http://[${host.replace(/%.*$/, '')}]`).hostname.slice(1, -1).split('::');
  const groups = (text: string | undefined): string[] => (text === undefined || text === '' ? [] : text.split(':'));
  const [front, back] = [groups(before), groups(after)];
  const all = [...front, ...Array.from({ length: 8 - front.length - back.length }, () => '0'), ...back];
  const bytes = Buffer.alloc(16);
  for (const [index, group] of all.entries()) bytes.writeUInt16BE(Number.parseInt(group, 16), index * 2);
  return bytes;
}

function connectRequest({ host, port }: SocksTarget): Buffer {
  return Buffer.concat([Buffer.from([VERSION, 1, 0]), addressBytes(host), Buffer.from([port >> 8, port & 0xff])]);
}

function passwordRequest({ username, password }: SocksCredentials): Buffer {
  const [user, secret] = [Buffer.from(username).subarray(0, 255), Buffer.from(password).subarray(0, 255)];
  return Buffer.concat([Buffer.from([1, user.length]), user, Buffer.from([secret.length]), secret]);
}

/** Where the reply's bound address ends; undefined where its type is unknown. */
function replyLength(bytes: Buffer): number | undefined {
  switch (bytes[3]) {
    case 1:
      return 10;
    case 3:
      return 7 + (bytes[4] ?? 0);
    case 4:
      return 22;
    default:
      return undefined;
  }
}

/** One handshake: send `greeting`, then `push` what comes until it is open or failed. */
export class SocksHandshake {
  readonly greeting: Buffer;
  readonly #target: SocksTarget;
  readonly #credentials: SocksCredentials | undefined;
  #state: 'method' | 'password' | 'reply' = 'method';
  #held = Buffer.alloc(0);

  constructor(target: SocksTarget, credentials: SocksCredentials | undefined) {
    this.#target = target;
    this.#credentials = credentials;
    const methods = credentials === undefined ? [NO_AUTHENTICATION] : [NO_AUTHENTICATION, PASSWORD];
    this.greeting = Buffer.from([VERSION, methods.length, ...methods]);
  }

  push(chunk: Buffer): SocksEvent {
    const before = this.#held.length;
    this.#held = Buffer.concat([this.#held, chunk]);
    if (this.#state === 'reply') return this.#reply(before);
    if (this.#held.length < 2) return more;
    const [version, answer] = this.#held;
    const answered = this.#state;
    // Nothing may follow before we have sent the next message.
    const surplus = this.#held.length > 2;
    this.#held = Buffer.alloc(0);
    if (surplus) return { kind: 'failed', why: 'protocol', cause: 'it does not speak SOCKS5' };
    return answered === 'method' ? this.#method(version, answer) : this.#password(answer);
  }

  #method(version: number | undefined, method: number | undefined): SocksEvent {
    if (version !== VERSION) return { kind: 'failed', why: 'protocol', cause: 'it does not speak SOCKS5' };
    if (method === NO_AUTHENTICATION) return this.#ask();
    if (method === PASSWORD && this.#credentials !== undefined) {
      this.#state = 'password';
      return { kind: 'send', bytes: passwordRequest(this.#credentials) };
    }
    const cause = method === NONE_ACCEPTABLE ? 'no method acceptable' : `method ${method}`;
    return { kind: 'failed', why: 'authentication', cause };
  }

  #password(status: number | undefined): SocksEvent {
    if (status === 0) return this.#ask();
    return { kind: 'failed', why: 'authentication', cause: `status ${status}` };
  }

  #ask(): SocksEvent {
    this.#state = 'reply';
    return { kind: 'send', bytes: connectRequest(this.#target) };
  }

  #reply(before: number): SocksEvent {
    const held = this.#held;
    if (held.length < 2) return more;
    if (held[0] !== VERSION) return { kind: 'failed', why: 'protocol', cause: 'it does not speak SOCKS5' };
    const code = held[1] ?? 0;
    if (code !== 0) return { kind: 'failed', why: 'refused', cause: REPLIES[code] ?? `reply ${code}` };
    if (held.length < 5) return more;
    const length = replyLength(held);
    if (length === undefined) return { kind: 'failed', why: 'protocol', cause: 'its reply has an unknown address' };
    return held.length < length ? more : { kind: 'open', consumed: length - before };
  }
}
