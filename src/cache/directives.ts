// Cache-Control as values: directives, their arguments, and delta-seconds (RFC 9111 §5.2, §1.2.2).
import type { Fields } from '../http/fields.ts';
import { splitList, unquote } from '../http/lists.ts';

/** Directive names in lower case; `true` stands for a directive without an argument. */
export type Directives = ReadonlyMap<string, string | true>;

/** Nothing was said. */
export const noDirectives: Directives = new Map();

/** Directives whose argument is a list of field names; without an argument they say more than with one. */
const LISTING = new Set(['no-cache', 'private']);

function merge(name: string, former: string | true, next: string | true): string | true {
  // RFC 9111 §4.2.1: of several values the first one counts. Lists of field names add up, as the stricter reading.
  if (!LISTING.has(name)) return former;
  return former === true || next === true ? true : `${former},${next}`;
}

/** Reads all lines of a Cache-Control field. White space around "=" makes another, unknown directive (RFC 9111 §5.2). */
export function parseDirectives(lines: readonly string[]): Directives {
  const directives = new Map<string, string | true>();
  for (const line of lines) {
    for (const member of splitList(line)) {
      const equals = member.indexOf('=');
      const name = (equals < 0 ? member : member.slice(0, equals)).toLowerCase();
      const argument = equals < 0 ? true : unquote(member.slice(equals + 1));
      const former = directives.get(name);
      directives.set(name, former === undefined ? argument : merge(name, former, argument));
    }
  }
  return directives;
}

/** The directives of a message's Cache-Control. */
export function directivesOf(fields: Fields): Directives {
  const lines = fields.values('cache-control');
  return lines.length === 0 ? noDirectives : parseDirectives(lines);
}

/** RFC 9111 §1.2.2: what is larger counts as infinity, for which 2^31 stands. */
const MAX_DELTA_SECONDS = 2 ** 31;

/** Seconds of a delta-seconds argument, digits only; undefined where it is missing or something else. */
export function deltaSeconds(argument: string | true | undefined): number | undefined {
  if (typeof argument !== 'string' || !/^\d+$/.test(argument)) return undefined;
  return Math.min(Number(argument), MAX_DELTA_SECONDS);
}

/** Names in the argument of a qualified `no-cache` or `private`, in lower case; empty for the unqualified form. */
export function listedFields(argument: string | true | undefined): readonly string[] {
  if (typeof argument !== 'string') return [];
  return splitList(argument.toLowerCase());
}

/** Whether a `no-cache` or `private` is about the whole response; an empty list of names is read as the whole too. */
export function isUnqualified(argument: string | true | undefined): boolean {
  return argument !== undefined && listedFields(argument).length === 0;
}

/** The field line that a directive stands in, as `Name: value`, for showing what decided. */
export function lineOf(fields: Fields, lowerName: string, directive?: string): string | undefined {
  for (let index = 0; index < fields.count; index++) {
    const name = fields.name(index);
    if (name.toLowerCase() !== lowerName) continue;
    const value = fields.value(index);
    if (directive === undefined || parseDirectives([value]).has(directive)) return `${name}: ${value}`;
  }
  return undefined;
}
