// Which flows are recorded: include and exclude patterns on host and path, compiled once.

/** `*.example.com`, `api.test/health*`, `localhost:8080`; `*` stands for any characters. */
interface Pattern {
  readonly host: RegExp;
  readonly path: RegExp | undefined;
}

function globToExpression(glob: string): string {
  return glob.replace(/[.+?^${}()|[\]\\]/g, '\\$&').replace(/\*+/g, '.*');
}

/** A pattern may carry a scheme, which is ignored; without a port it fits any. Empty ones fit nothing. */
function compile(text: string): Pattern | undefined {
  const withoutScheme = text.trim().replace(/^[a-z][a-z0-9+.-]*:\/\//i, '');
  if (withoutScheme === '') return undefined;
  const slash = withoutScheme.indexOf('/');
  const host = (slash < 0 ? withoutScheme : withoutScheme.slice(0, slash)) || '*';
  const path = slash < 0 ? '' : withoutScheme.slice(slash);
  // `[::1]` is a host of its own; only a colon after it starts a port.
  const port = /:(\d+|\*)$/.test(host) ? '' : '(?::\\d+)?';
  return {
    host: new RegExp(`^${globToExpression(host)}${port}$`, 'i'),
    path: path === '' ? undefined : new RegExp(`^${globToExpression(path)}$`),
  };
}

/** Splits an absolute URL, or the `host:port` of a tunnel, into authority and path with query. */
function split(url: string): { readonly authority: string; readonly path: string } {
  const scheme = url.indexOf('://');
  const from = scheme < 0 ? 0 : scheme + 3;
  const end = /[/?#]/g;
  end.lastIndex = from;
  const at = end.exec(url)?.index ?? url.length;
  const authority = url.slice(from, at);
  const path = url.slice(at);
  return { authority: authority.slice(authority.lastIndexOf('@') + 1), path: path.startsWith('/') ? path : `/${path}` };
}

function fits(patterns: readonly Pattern[], authority: string, path: string): boolean {
  return patterns.some((pattern) => pattern.host.test(authority) && (pattern.path?.test(path) ?? true));
}

/** A tunnel has no path: patterns with one never fit it. */
export class Selection {
  readonly #include: readonly Pattern[];
  readonly #exclude: readonly Pattern[];
  readonly #includesAll: boolean;

  constructor(include: readonly string[], exclude: readonly string[]) {
    this.#include = include.map(compile).filter((pattern) => pattern !== undefined);
    this.#exclude = exclude.map(compile).filter((pattern) => pattern !== undefined);
    this.#includesAll = this.#include.length === 0;
  }

  /** True where the URL (or `host:port` of a tunnel) fits a pattern to include, or there is none, and none to exclude. */
  has(url: string): boolean {
    if (this.#includesAll && this.#exclude.length === 0) return true;
    const { authority, path } = url.includes('://') ? split(url) : { authority: url, path: '' };
    if (!this.#includesAll && !fits(this.#include, authority, path)) return false;
    return !fits(this.#exclude, authority, path);
  }
}
