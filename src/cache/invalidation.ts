// Which URLs a successful unsafe request makes the cache forget (RFC 9111 §4.4).
import type { Fields } from '../http/fields.ts';

/** Methods that change nothing (RFC 9110 §9.2.1, RFC 4918, RFC 3253, RFC 5323); unknown ones are taken for unsafe. */
const SAFE_METHODS = new Set(['GET', 'HEAD', 'OPTIONS', 'TRACE', 'PROPFIND', 'REPORT', 'SEARCH', 'QUERY']);

function resolve(reference: string, base: string): URL | undefined {
  try {
    return new URL(reference, base);
  } catch {
    return undefined;
  }
}

/** Location and Content-Location as absolute URLs without fragment, where they are of the same origin as `url`. */
function relatedUrls(url: string, fields: Fields): readonly string[] {
  const origin = resolve(url, url)?.origin;
  const related: string[] = [];
  for (const name of ['location', 'content-location']) {
    const reference = fields.get(name);
    const target = reference === undefined ? undefined : resolve(reference, url);
    if (target === undefined || target.origin !== origin) continue;
    target.hash = '';
    related.push(target.href);
  }
  return related;
}

/** Whether Content-Location says that the content is what stands at the request's own URL (RFC 9110 §8.7). */
export function isOwnLocation(url: string, fields: Fields): boolean {
  const reference = fields.get('content-location');
  return reference !== undefined && resolve(reference, url)?.href === resolve(url, url)?.href;
}

/** The URLs to invalidate after this exchange, without duplicates; none after a safe method or an error. */
export function urlsToInvalidate(method: string, url: string, status: number, fields: Fields): readonly string[] {
  if (SAFE_METHODS.has(method) || status < 200 || status >= 400) return [];
  return [...new Set([url, ...relatedUrls(url, fields)])];
}
