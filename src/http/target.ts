// Request targets in their four forms (RFC 9112 §3.2), authorities (RFC 3986 §3.2), and the Host field.
import { COLON, nameOctets, startsWithIgnoringCase } from './characters.ts';
import type { RequestHead } from './head.ts';
import { WireError } from './wire-error.ts';

/** The schemes that we speak. */
export type Scheme = 'http' | 'https';

/** A host in lower case, IPv6 addresses without brackets, a trailing dot kept. */
export interface Authority {
  readonly host: string;
  /** 1 to 65535, where one was given. */
  readonly port?: number;
}

/** A request target by its form. */
export type Target =
  /** `http://host:port/path?query`: what a client asks a proxy for. */
  | {
      readonly form: 'absolute';
      readonly scheme: Scheme;
      /** As received. */
      readonly authority: string;
      readonly host: string;
      readonly port: number;
      /** Path and query as received, `/` where there is no path; `*` for `OPTIONS` of a whole server (RFC 9112 §3.2.4). */
      readonly path: string;
    }
  /** `/path?query`: what a client asks a server for. */
  | { readonly form: 'origin'; readonly path: string }
  /** `host:port`: CONNECT only. */
  | { readonly form: 'authority'; readonly host: string; readonly port: number }
  /** `*`: OPTIONS only. */
  | { readonly form: 'asterisk' };

const clause = 'RFC 9112 §3.2';
const SLASH = 0x2f;
const QUESTION = 0x3f;
const OPEN_BRACKET = 0x5b;

/** The port where none is given. */
function defaultPort(scheme: Scheme): number {
  return scheme === 'http' ? 80 : 443;
}

/** The target of a request with that method. Throws a WireError for what is no target, or one that two could read differently. */
export function parseTarget(method: string, target: string): Target {
  if (target.includes('#')) throw new WireError('a fragment in the request target', clause);
  if (method === 'CONNECT') {
    const { host, port } = parseAuthority(target);
    if (port === undefined) throw new WireError('CONNECT without a port', 'RFC 9110 §9.3.6');
    return { form: 'authority', host, port };
  }
  if (target.charCodeAt(0) === SLASH) return { form: 'origin', path: target };
  if (target === '*') {
    if (method === 'OPTIONS') return { form: 'asterisk' };
    throw new WireError('the target * with a method other than OPTIONS', 'RFC 9112 §3.2.4');
  }
  return parseAbsolute(method, target);
}

function parseAbsolute(method: string, target: string): Target {
  const scheme = schemeOf(target);
  const from = scheme.length + 3;
  let to = from;
  while (to < target.length && target.charCodeAt(to) !== SLASH && target.charCodeAt(to) !== QUESTION) to += 1;
  const authority = target.slice(from, to);
  const { host, port } = parseAuthority(authority);
  let path = target.slice(to);
  if (path === '') path = method === 'OPTIONS' ? '*' : '/';
  else if (path.charCodeAt(0) === QUESTION) path = `/${path}`;
  return { form: 'absolute', scheme, authority, host, port: port ?? defaultPort(scheme), path };
}

function schemeOf(target: string): Scheme {
  if (startsWithIgnoringCase(target, 0, 'http://')) return 'http';
  if (startsWithIgnoringCase(target, 0, 'https://')) return 'https';
  if (/^https?:/i.test(target)) throw new WireError('a URL without //', 'RFC 9110 §4.2');
  const other = /^([a-z][a-z0-9+.-]*):\/\//i.exec(target)?.[1];
  if (other === undefined) throw new WireError('a target that is neither a URL nor a path', clause);
  throw new WireError(`the scheme ${other.toLowerCase()}`, clause, 0, 501);
}

/**
 * `host` or `host:port`. Throws a WireError for userinfo, an empty host, a port that is not 1 to 65535 in plain decimal,
 * percent-encoded and other unusual names, and bad IPv6 addresses.
 */
export function parseAuthority(text: string): Authority {
  if (text.includes('@')) throw new WireError('user information before the host', 'RFC 9110 §4.2.4');
  if (text.charCodeAt(0) === OPEN_BRACKET) return parseAddressAuthority(text);
  const colon = text.indexOf(':');
  const end = colon < 0 ? text.length : colon;
  if (end === 0) throw new WireError('an empty host', 'RFC 9110 §4.2.1');
  if (end > 255) throw new WireError('a host name of more than 255 characters', 'RFC 3986 §3.2.2');
  for (let at = 0; at < end; at += 1) {
    const code = text.charCodeAt(at);
    if (code > 0xff || nameOctets[code] === 0) {
      throw new WireError('a character in the host that no name has', 'RFC 3986 §3.2.2');
    }
  }
  const host = text.slice(0, end).toLowerCase();
  return colon < 0 ? { host } : { host, port: parsePort(text, colon + 1) };
}

function parseAddressAuthority(text: string): Authority {
  const close = text.indexOf(']');
  const address = close < 0 ? '' : text.slice(1, close);
  if (!isAddress6(address)) throw new WireError('a bad IPv6 address', 'RFC 3986 §3.2.2');
  const host = address.toLowerCase();
  if (close === text.length - 1) return { host };
  if (text.charCodeAt(close + 1) !== COLON) throw new WireError('characters after the IPv6 address', 'RFC 3986 §3.2');
  return { host, port: parsePort(text, close + 2) };
}

function parsePort(text: string, from: number): number {
  let port = 0;
  for (let at = from; at < text.length && port <= 65535; at += 1) {
    const digit = text.charCodeAt(at) - 0x30;
    // A leading zero is refused with what is no digit: it means octal to some.
    if (digit < 0 || digit > 9 || (digit === 0 && port === 0)) port = Number.POSITIVE_INFINITY;
    else port = port * 10 + digit;
  }
  if (port < 1 || port > 65535) throw new WireError('a port that is not a number from 1 to 65535', 'RFC 3986 §3.2.3');
  return port;
}

/** True for an IPv6 address as in RFC 3986 §3.2.2, without a zone. */
function isAddress6(text: string): boolean {
  const halves = text.split('::');
  if (halves.length > 2) return false;
  const [before = '', after] = halves;
  const groups = groupsOf(before, after === undefined) + (after === undefined ? 0 : groupsOf(after, true));
  return after === undefined ? groups === 8 : groups <= 7;
}

/** How many groups of 16 bits the text has; NaN where it is malformed. */
function groupsOf(text: string, mayEndInAddress4: boolean): number {
  if (text === '') return 0;
  const parts = text.split(':');
  const last = parts[parts.length - 1] ?? '';
  const hasAddress4 = mayEndInAddress4 && last.includes('.');
  const groups = hasAddress4 ? parts.slice(0, -1) : parts;
  if (!groups.every((group) => /^[0-9a-f]{1,4}$/i.test(group))) return Number.NaN;
  if (hasAddress4 && !isAddress4(last)) return Number.NaN;
  return groups.length + (hasAddress4 ? 2 : 0);
}

function isAddress4(text: string): boolean {
  const parts = text.split('.');
  return parts.length === 4 && parts.every((part) => /^(0|[1-9]\d{0,2})$/.test(part) && Number(part) <= 255);
}

/** The authority as text: brackets around IPv6 addresses, the scheme's default port left out. */
export function formatAuthority(host: string, port: number | undefined, scheme?: Scheme): string {
  const name = host.includes(':') ? `[${host}]` : host;
  return port === undefined || (scheme !== undefined && port === defaultPort(scheme)) ? name : `${name}:${port}`;
}

/** True where both mean the same host and port: case and an explicit default port make no difference (RFC 9110 §4.2.3). */
export function sameAuthority(first: Authority, second: Authority, scheme: Scheme): boolean {
  return (
    first.host.toLowerCase() === second.host.toLowerCase() &&
    (first.port ?? defaultPort(scheme)) === (second.port ?? defaultPort(scheme))
  );
}

/** Throws a WireError unless the request has one valid Host, or is an HTTP/1.0 request without (RFC 9112 §3.2). */
export function checkHost(head: RequestHead): void {
  const { fields } = head;
  const index = fields.indexOf('host');
  if (index < 0) {
    if (head.minor === 0) return;
    throw new WireError('HTTP/1.1 without Host', 'RFC 9112 §3.2');
  }
  const again = fields.indexOf('host', index + 1);
  if (again >= 0) throw new WireError('more than one Host field', 'RFC 9112 §3.2', fields.offset(again));
  try {
    parseAuthority(fields.value(index));
  } catch (error) {
    if (!(error instanceof WireError)) throw error;
    throw new WireError(`a bad Host: ${error.rule}`, 'RFC 9112 §3.2', fields.offset(index));
  }
}
