// Values of the suite's tests made real: dates relative to now, locations relative to a test's address.
import type { TestField, TestRequest } from './suite.ts';

const DATES: ReadonlySet<string> = new Set([
  'date',
  'expires',
  'last-modified',
  'if-modified-since',
  'if-unmodified-since',
]);
const LOCATIONS: ReadonlySet<string> = new Set(['location', 'content-location']);
const LONG_DAYS = ['Sunday', 'Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday'];

/** `Sunday, 06-Nov-94 08:49:37 GMT` (RFC 9110 §5.6.7) */
function rfc850(time: number): string {
  const date = new Date(time);
  const [, day, month, year, clock] = date.toUTCString().split(' ');
  return `${LONG_DAYS[date.getUTCDay()]}, ${day}-${month}-${year?.slice(-2)} ${clock} GMT`;
}

/** A field's value as it goes over the wire; `now` in ms since 1970, `base` the path that the origin saw. */
export function valueOf([name, value]: TestField, request: TestRequest, now: number, base: string): string {
  const lowerName = name.toLowerCase();
  if (typeof value === 'number' && DATES.has(lowerName)) {
    const time = now + value * 1000;
    return request.rfc850date?.includes(lowerName) === true ? rfc850(time) : new Date(time).toUTCString();
  }
  if (request.magic_locations === true && LOCATIONS.has(lowerName)) return value === '' ? base : `${base}/${value}`;
  return String(value);
}

/** Field lines as they are on the wire. */
export type Lines = readonly (readonly [name: string, value: string])[];

/** The values of all lines with that name, joined; undefined where there is none. */
export function joined(lines: Lines, name: string): string | undefined {
  const lowerName = name.toLowerCase();
  const values = lines.filter(([other]) => other.toLowerCase() === lowerName).map(([, value]) => value);
  return values.length === 0 ? undefined : values.join(', ');
}

/** Pairs from the flat list that Node has of a message's field lines. */
export function linesOf(raw: readonly string[]): Lines {
  const lines: (readonly [string, string])[] = [];
  for (let at = 0; at + 1 < raw.length; at += 2) lines.push([raw[at] ?? '', raw[at + 1] ?? '']);
  return lines;
}
