// Which hosts a list of patterns names: NO_PROXY, exceptions from verification, client certificates; compiled once.

/**
 * What a bare name such as `example.com` fits: itself alone, or its subdomains too, which is what NO_PROXY means by it.
 */
type NameRule = 'exact' | 'with-subdomains';

interface Compiled {
  /** Undefined fits every port. */
  readonly port: number | undefined;
  fits(host: string, address: readonly number[] | undefined): boolean;
}

/** An IPv4 address as four numbers. */
function parseAddress4(text: string): number[] | undefined {
  const parts = text.split('.');
  if (parts.length !== 4 || !parts.every((part) => /^(0|[1-9]\d{0,2})$/.test(part) && Number(part) <= 255)) {
    return undefined;
  }
  return parts.map(Number);
}

function groupsOf(text: string): number[] | undefined {
  if (text === '') return [];
  const bytes: number[] = [];
  const parts = text.split(':');
  for (const [index, part] of parts.entries()) {
    const four = index === parts.length - 1 && part.includes('.') ? parseAddress4(part) : undefined;
    if (four !== undefined) bytes.push(...four);
    else if (/^[0-9a-f]{1,4}$/i.test(part))
      bytes.push(Number.parseInt(part, 16) >> 8, Number.parseInt(part, 16) & 0xff);
    else return undefined;
  }
  return bytes;
}

function parseAddress6(text: string): number[] | undefined {
  const halves = text.replace(/%.*$/, '').split('::');
  const before = groupsOf(halves[0] ?? '');
  const after = halves.length === 2 ? groupsOf(halves[1] ?? '') : [];
  if (before === undefined || after === undefined || halves.length > 2) return undefined;
  const missing = 16 - before.length - after.length;
  if (halves.length === 2 ? missing < 2 : missing !== 0) return undefined;
  return [...before, ...Array.from({ length: missing }, () => 0), ...after];
}

const MAPPED = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff];

/** The bytes of an address, four or sixteen; an IPv4 address inside IPv6 is the IPv4 address (RFC 4291 §2.5.5.2). */
function parseAddress(text: string): readonly number[] | undefined {
  if (!text.includes(':')) return parseAddress4(text);
  const six = parseAddress6(text);
  return six !== undefined && MAPPED.every((byte, index) => six[index] === byte) ? six.slice(12) : six;
}

function isWithin(address: readonly number[], network: readonly number[], bits: number): boolean {
  if (address.length !== network.length) return false;
  for (const [index, byte] of network.entries()) {
    const left = bits - index * 8;
    if (left <= 0) return true;
    const mask = left >= 8 ? 0xff : (0xff << (8 - left)) & 0xff;
    if (((address[index] ?? 0) & mask) !== (byte & mask)) return false;
  }
  return true;
}

function compileNetwork(text: string): Compiled | undefined {
  const [network = '', length = ''] = text.split('/');
  const address = parseAddress(network.replace(/^\[|\]$/g, ''));
  if (address === undefined || !/^\d{1,3}$/.test(length)) return undefined;
  // The length of a mapped network counts the 96 bits before the IPv4 address too.
  const bits = address.length === 4 && network.includes(':') ? Number(length) - 96 : Number(length);
  if (bits < 0 || bits > address.length * 8) return undefined;
  return { port: undefined, fits: (_host, asked) => asked !== undefined && isWithin(asked, address, bits) };
}

/** Splits a port off: behind a name, behind an IPv4 address, behind brackets. */
function splitPort(text: string): { readonly host: string; readonly port: number | undefined } {
  const [, host = text, port] = /^(\[[^\]]*\]|[^:[\]]*)(?::(\d{1,5}))?$/.exec(text) ?? [];
  return { host: host.replace(/^\[|\]$/g, ''), port: port === undefined ? undefined : Number(port) };
}

function withoutDot(name: string): string {
  return name.endsWith('.') ? name.slice(0, -1) : name;
}

function compileName(name: string, port: number | undefined, rule: NameRule): Compiled {
  if (name.startsWith('.') || (rule === 'with-subdomains' && !name.includes('*'))) {
    const base = name.replace(/^\./, '');
    const suffix = `.${base}`;
    const alone = rule === 'with-subdomains';
    return { port, fits: (host) => (alone && host === base) || host.endsWith(suffix) };
  }
  if (!name.includes('*')) return { port, fits: (host) => host === name };
  const escaped = name.replace(/[.+?^${}()|[\]\\]/g, '\\$&').replace(/\*+/g, '.*');
  const expression = new RegExp(`^${escaped}$`);
  return { port, fits: (host) => expression.test(host) };
}

function compile(pattern: string, rule: NameRule): Compiled | undefined {
  const text = pattern.trim().toLowerCase();
  if (text === '') return undefined;
  if (text === '<local>')
    return { port: undefined, fits: (host, address) => address === undefined && !host.includes('.') };
  if (text.startsWith('<')) return undefined;
  if (text.includes('/')) return compileNetwork(text);
  const { host, port } = splitPort(text);
  const address = parseAddress(host);
  if (address !== undefined)
    return { port, fits: (_host, asked) => asked !== undefined && isWithin(asked, address, 128) };
  return host === '' ? undefined : compileName(withoutDot(host), port, rule);
}

/**
 * Patterns: `*`, `example.com`, `.example.com` and `*.example.com` (subdomains), `api-*.test`, addresses, networks such
 * as `10.0.0.0/8` and `fd00::/8`, `<local>` (names without a dot), each but networks with `:port` where it is meant for
 * one port. What is none of these fits nothing.
 */
export class HostPatterns {
  readonly #patterns: readonly Compiled[];

  constructor(patterns: readonly string[], rule: NameRule) {
    this.#patterns = patterns.map((pattern) => compile(pattern, rule)).filter((pattern) => pattern !== undefined);
  }

  /** `host`: a name, or an address without brackets. */
  has(host: string, port: number): boolean {
    if (this.#patterns.length === 0) return false;
    const name = withoutDot(host.toLowerCase());
    const address = parseAddress(name);
    return this.#patterns.some(
      (pattern) => (pattern.port === undefined || pattern.port === port) && pattern.fits(name, address),
    );
  }
}
