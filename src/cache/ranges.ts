// Parts of a representation: what a request asks for, what is stored, and what can be cut from it (RFC 9110 §14).
import type { Fields } from '../http/fields.ts';
import { parseHttpDate } from '../http/date.ts';

/** One range of bytes as asked for; without `first` the last `last` bytes (RFC 9110 §14.1.2). */
export interface ByteRange {
  readonly first: number | undefined;
  readonly last: number | undefined;
}

/** Where the bytes of a 206 lie in the whole (RFC 9110 §14.4). */
export interface Part {
  readonly first: number;
  readonly last: number;
  readonly total: number;
}

/** A piece of a stored body, and where it lies in the whole. */
export interface Slice extends Part {
  readonly bytes: Buffer;
}

/** What a part is cut from: a whole body, or a stored part of one. */
export interface Source {
  readonly body: Buffer;
  readonly part: Part | undefined;
}

/** The one range that a request asks for. `other`: several of them, another unit, or what is no range. */
export function rangeOf(request: Fields): ByteRange | 'other' | undefined {
  const values = request.values('range');
  if (values.length === 0) return undefined;
  const match = values.length === 1 ? /^bytes=(\d{0,15})-(\d{0,15})$/i.exec(values[0] ?? '') : null;
  if (match === null || (match[1] === '' && match[2] === '')) return 'other';
  const [first, last] = [match[1], match[2]].map((digits) => (digits === '' ? undefined : Number(digits)));
  if (first !== undefined && last !== undefined && last < first) return 'other';
  return { first, last };
}

/** What a response with 206 holds; undefined for several parts, an unknown total, or what contradicts itself. */
export function partOf(fields: Fields): Part | undefined {
  const values = fields.values('content-range');
  const match = values.length === 1 ? /^bytes (\d{1,15})-(\d{1,15})\/(\d{1,15})$/i.exec(values[0] ?? '') : null;
  if (match === null) return undefined;
  const [first = 0, last = 0, total = 0] = match.slice(1).map(Number);
  return first <= last && last < total ? { first, last, total } : undefined;
}

/** Where the stored bytes lie in the whole. */
function placeOf({ body, part }: Source): Part {
  return part ?? { first: 0, last: body.length - 1, total: body.length };
}

/** Whether the stored bytes are as many as the part says: only then may it be joined with others. */
export function isExact({ body, part }: Source): boolean {
  return part === undefined || body.length === part.last - part.first + 1;
}

/** Bytes `from` to `to` (not included) of a stored body, whose first byte is number `offset` of the whole. */
function cut(body: Buffer, from: number, to: number, offset: number, total: number): Slice {
  return { bytes: body.subarray(from, to), first: offset + from, last: offset + to - 1, total };
}

/** The last bytes, from a body that reaches the end. */
function suffix({ body, part }: Source, length: number): Slice | 'unsatisfiable' | undefined {
  const total = part?.total ?? body.length;
  if (length === 0 || total === 0) return 'unsatisfiable';
  if (part !== undefined && (part.last !== total - 1 || length > body.length)) return undefined;
  return cut(body, Math.max(0, body.length - length), body.length, total - body.length, total);
}

/** What is stored of a range; `unsatisfiable` where the whole has none of it, undefined where it is not all here. */
export function sliceOf(source: Source, { first, last }: ByteRange): Slice | 'unsatisfiable' | undefined {
  if (first === undefined) return suffix(source, last ?? 0);
  const { body } = source;
  const place = placeOf(source);
  const { first: offset, total } = place;
  if (first >= total) return 'unsatisfiable';
  const end = Math.min(last ?? total - 1, total - 1);
  if (first < offset || end > place.last) return undefined;
  const from = first - offset;
  return from >= body.length ? undefined : cut(body, from, Math.min(end - offset + 1, body.length), offset, total);
}

/** An entity tag that may be compared strongly (RFC 9110 §8.8.3.2). */
export function isStrongTag(tag: string | undefined): tag is string {
  return tag?.startsWith('"') === true;
}

/** A Last-Modified counts as strong where it is at least a minute older than the Date (RFC 9110 §8.8.2.2). */
function isStrongDate(fields: Fields, nowYear: number): boolean {
  const [changed, date] = ['last-modified', 'date'].map((name) => parseHttpDate(fields.get(name) ?? '', nowYear));
  return changed !== undefined && date !== undefined && date - changed >= 60_000;
}

/** Whether If-Range lets the range of a request stand against what is stored (RFC 9110 §13.1.5). */
export function rangeStands(request: Fields, stored: Fields, now: number): boolean {
  const condition = request.get('if-range');
  if (condition === undefined) return true;
  if (condition.endsWith('"')) return isStrongTag(condition) && condition === stored.get('etag');
  return condition === stored.get('last-modified') && isStrongDate(stored, new Date(now).getUTCFullYear());
}

/**
 * Two stored bodies with the same strong validator as one (RFC 9111 §3.4), the newer bytes over the older; undefined
 * where there is a gap between them or they are not of the same whole. No `part` stands for the whole.
 */
export function combined(older: Source, newer: Source, maxBytes: number): Source | undefined {
  if (!isExact(older) || !isExact(newer)) return undefined;
  const one = placeOf(older);
  const other = placeOf(newer);
  if (one.total !== other.total) return undefined;
  if (other.first > one.last + 1 || one.first > other.last + 1) return undefined;
  const first = Math.min(one.first, other.first);
  const last = Math.max(one.last, other.last);
  if (last - first + 1 > maxBytes) return undefined;
  const body = Buffer.allocUnsafeSlow(last - first + 1);
  older.body.copy(body, one.first - first);
  newer.body.copy(body, other.first - first);
  return { body, part: last - first + 1 === one.total ? undefined : { first, last, total: one.total } };
}
