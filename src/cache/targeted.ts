// Which field says how a response may be stored: Cache-Control, or a targeted field that takes its place (RFC 9213).
import { parseDictionary } from 'structured-headers';
import type { Fields } from '../http/fields.ts';
import { directivesOf, type Directives } from './directives.ts';

/** Whom the cache serves: many, as a proxy does, or one user's programs, as a browser's does (RFC 9111 §1). */
export type Scope = 'shared' | 'private';

/** Where the directives of a response come from; in lower case. */
export type GoverningField = 'cache-control' | 'cdn-cache-control';

interface Governing {
  readonly name: GoverningField;
  readonly directives: Directives;
}

/** Directives that take delta-seconds, an Integer in a targeted field. */
const TIMES: ReadonlySet<string> = new Set(['max-age', 's-maxage', 'stale-while-revalidate', 'stale-if-error']);

/** A member of a targeted field as Cache-Control would have it; undefined where its type is not the directive's. */
function argumentOf(name: string, value: unknown): string | true | undefined {
  if (TIMES.has(name)) return typeof value === 'number' && Number.isInteger(value) ? String(value) : undefined;
  return typeof value === 'string' ? value : true;
}

/**
 * The directives of a targeted field. RFC 9213 §2.1: one that is empty or no Dictionary counts as absent; a value of
 * the wrong type makes it absent too, so that nothing is stored on the strength of a misunderstanding.
 */
function targeted(text: string): Directives | undefined {
  const directives = new Map<string, string | true>();
  try {
    for (const [name, [value]] of parseDictionary(text)) {
      if (value === false) continue;
      const argument = argumentOf(name, value);
      if (argument === undefined) return undefined;
      directives.set(name, argument);
    }
  } catch {
    return undefined;
  }
  return directives.size === 0 ? undefined : directives;
}

/**
 * The directives that hold for a response. Our target list (RFC 9213 §2.2) is CDN-Cache-Control for a shared cache, and
 * empty for a private one: as a shared cache the proxy stands where a CDN would, and shows what one would do; a private
 * cache is no CDN. Surrogate-Control is in no standard, and counts for nothing.
 */
export function governing(fields: Fields, scope: Scope): Governing {
  if (scope === 'shared') {
    const text = fields.combined('cdn-cache-control');
    const directives = text === undefined ? undefined : targeted(text);
    if (directives !== undefined) return { name: 'cdn-cache-control', directives };
  }
  return { name: 'cache-control', directives: directivesOf(fields) };
}
