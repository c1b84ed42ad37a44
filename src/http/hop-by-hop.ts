// Removes the fields that are meant for one connection only, and what Connection names (RFC 9110 §7.6.1).
import { equalsIgnoringCase } from './characters.ts';
import type { Fields } from './fields.ts';
import type { RequestHead } from './head.ts';
import { splitList } from './lists.ts';
import { hasConnectionOption } from './persistence.ts';

/**
 * What may stay, because the same is true of the next connection:
 * `upgrade`: Upgrade, and the option of that name in Connection, for a switch that both sides see (RFC 9110 §7.8);
 * `keep-alive`: the option of that name in Connection, never the Keep-Alive field, whose times are the other hop's;
 * `proxy-authentication`: what is said between a client and the proxy behind this one (RFC 9110 §11.7).
 */
export type KeptHopByHop = 'upgrade' | 'keep-alive' | 'proxy-authentication';

/**
 * Fields that Connection must not name (RFC 9110 §7.6.1: none that is meant for all recipients). Removing them would
 * change where a message goes, where it ends, what it means, or who may store it.
 */
const endToEnd: ReadonlySet<string> = new Set([
  'authorization',
  'cache-control',
  'content-encoding',
  'content-length',
  'content-range',
  'content-type',
  'cookie',
  'date',
  'etag',
  'expires',
  'host',
  'location',
  'set-cookie',
  'trailer',
  'transfer-encoding',
  'vary',
]);

/** What one look at the field lines found. */
interface Findings {
  /** Lines to remove, by index. */
  readonly removed: number[];
  /** Lines with the name Connection, by index. */
  readonly connection: number[];
}

/**
 * The fields to forward and the names of those removed, as received; the same instance where nothing is to be removed.
 *
 * Removed are Connection and what it names, Keep-Alive, Proxy-Connection, Upgrade, HTTP2-Settings, Proxy-Authenticate,
 * Proxy-Authentication-Info, Proxy-Authorization, and TE but for a lone `trailers`, which stays because trailers are
 * forwarded. Transfer-Encoding and Trailer stay: the framing is forwarded as received. Connection stays, byte for byte,
 * where all of its options stay; else it is written anew with those that do.
 */
export function removeHopByHop(
  fields: Fields,
  options?: { readonly keep?: readonly KeptHopByHop[] },
): { readonly fields: Fields; readonly removed: readonly string[] } {
  const keep = options?.keep ?? nothing;
  const { removed, connection } = findLines(fields, keep);
  const kept = connection.length === 0 ? nothing : judgeOptions(fields, connection, keep, removed);
  if (removed.length === 0) return { fields, removed: nothing };
  const names = removed.map((index) => fields.name(index));
  const [first = -1] = connection;
  if (kept.length === 0 || !removed.includes(first)) return { fields: fields.withoutLines(removed), removed: names };
  const others = removed.filter((index) => index !== first);
  return { fields: fields.replaceLine(first, 'Connection', kept.join(', ')).withoutLines(others), removed: names };
}

const nothing: readonly never[] = [];

function findLines(fields: Fields, keep: readonly KeptHopByHop[]): Findings {
  const removed: number[] = [];
  const connection: number[] = [];
  for (let index = 0; index < fields.count; index += 1) {
    const candidates = candidatesByLength[fields.nameLength(index)];
    if (candidates === undefined) continue;
    const name = nameAmong(fields, index, candidates);
    if (name === 'connection') connection.push(index);
    else if (name !== undefined && isHopByHop(fields, index, name, keep)) removed.push(index);
  }
  return { removed, connection };
}

/** The names by their length, so that most lines cost one look. */
const candidatesByLength: readonly (readonly string[] | undefined)[] = byLength([
  'connection',
  'http2-settings',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authentication-info',
  'proxy-authorization',
  'proxy-connection',
  'te',
  'upgrade',
]);

function byLength(names: readonly string[]): (readonly string[] | undefined)[] {
  const lists = Array.from({ length: 64 }, (): string[] | undefined => undefined);
  for (const name of names) lists[name.length] = [...(lists[name.length] ?? []), name];
  return lists;
}

function nameAmong(fields: Fields, index: number, candidates: readonly string[]): string | undefined {
  for (const candidate of candidates) if (fields.isNamed(index, candidate)) return candidate;
  return undefined;
}

function isHopByHop(fields: Fields, index: number, name: string, keep: readonly KeptHopByHop[]): boolean {
  switch (name) {
    case 'te':
      return !equalsIgnoringCase(fields.value(index), 'trailers');
    case 'upgrade':
      return !keep.includes('upgrade');
    case 'proxy-authenticate':
    case 'proxy-authentication-info':
    case 'proxy-authorization':
      return !keep.includes('proxy-authentication');
    default:
      return true;
  }
}

/** Judges the options of Connection: the answer has those that stay, `removed` gets the lines that go, in order. */
function judgeOptions(
  fields: Fields,
  connection: readonly number[],
  keep: readonly KeptHopByHop[],
  removed: number[],
): readonly string[] {
  const [only = -1] = connection;
  if (connection.length === 1 && isPersistence(fields.value(only)) && !keep.includes('keep-alive')) {
    insert(removed, only);
    return nothing;
  }
  const kept: string[] = [];
  const named = new Set<string>();
  let isWhole = true;
  for (const index of connection) {
    for (const option of optionsOf(fields.value(index))) {
      const name = option.toLowerCase();
      if (staysAsOption(fields, name, keep)) kept.push(option);
      else {
        isWhole = false;
        named.add(name);
      }
    }
  }
  if (kept.length === 0 || !isWhole) removed.push(...connection);
  named.delete('close');
  named.delete('keep-alive');
  if (named.size > 0) removeNamed(fields, named, removed);
  removed.sort((first, second) => first - second);
  return kept;
}

/** The options that nearly all messages have, and which name no field to remove. */
function isPersistence(value: string): boolean {
  return equalsIgnoringCase(value, 'keep-alive') || equalsIgnoringCase(value, 'close');
}

/** Puts an index where it belongs in an ascending list. */
function insert(indices: number[], index: number): void {
  let at = indices.length;
  while (at > 0 && (indices[at - 1] as number) > index) at -= 1;
  indices.splice(at, 0, index);
}

function optionsOf(value: string): readonly string[] {
  return value.includes(',') ? splitList(value) : value === '' ? nothing : [value];
}

function staysAsOption(fields: Fields, name: string, keep: readonly KeptHopByHop[]): boolean {
  if (name === 'keep-alive') return keep.includes('keep-alive');
  if (name === 'upgrade') return keep.includes('upgrade') && fields.has('upgrade');
  return name === 'te' && equalsIgnoringCase(fields.combined('te') ?? '', 'trailers');
}

function removeNamed(fields: Fields, named: ReadonlySet<string>, removed: number[]): void {
  for (let index = 0; index < fields.count; index += 1) {
    const name = fields.name(index).toLowerCase();
    if (named.has(name) && !endToEnd.has(name) && !removed.includes(index)) removed.push(index);
  }
}

/**
 * The protocols that a request offers to switch to, as received, where it does so validly (RFC 9110 §7.8). HTTP/2 in
 * clear text is no such offer: it was taken back in RFC 9113 §3.1, and we could not follow it.
 */
export function offeredUpgrade(head: RequestHead): string | undefined {
  const upgrade = head.fields.combined('upgrade');
  if (upgrade === undefined || head.minor === 0 || !hasConnectionOption(head.fields, 'upgrade')) return undefined;
  return splitList(upgrade).some((name) => equalsIgnoringCase(name, 'h2c')) ? undefined : upgrade;
}
