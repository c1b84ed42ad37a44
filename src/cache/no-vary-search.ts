// Which query parameters a response does not depend on: No-Vary-Search (draft-ietf-httpbis-no-vary-search).
import { isInnerList, parseDictionary, type Item } from 'structured-headers';
import type { Fields } from '../http/fields.ts';

/** What two queries may differ in. */
export interface SearchRule {
  /** The order of parameters with different names. */
  readonly keyOrder: boolean;
  /** `all` parameters but those of `except`, or the parameters with these names. */
  readonly ignored: 'all' | ReadonlySet<string>;
  readonly except: ReadonlySet<string>;
}

const NAMES_NONE: ReadonlySet<string> = new Set();

function names(member: readonly Item[]): ReadonlySet<string> | undefined {
  const values = member.map(([value]) => value);
  return values.every((value) => typeof value === 'string') ? new Set(values) : undefined;
}

/** The rule of a response; undefined where it has none, or one that is malformed: then every difference counts. */
export function searchRuleOf(fields: Fields): SearchRule | undefined {
  const text = fields.combined('no-vary-search');
  if (text === undefined) return undefined;
  try {
    return ruleOf(parseDictionary(text));
  } catch {
    return undefined;
  }
}

type Members = ReturnType<typeof parseDictionary>;

/** The names in a member that has to be a list; undefined where it is something else. */
function listOf(members: Members, key: string): ReadonlySet<string> | undefined {
  const member = members.get(key);
  if (member === undefined) return NAMES_NONE;
  return isInnerList(member) ? names(member[0]) : undefined;
}

/** A member that has to be a Boolean; false where it is missing. */
function flagOf(members: Members, key: string): boolean | undefined {
  const value = members.get(key)?.[0] ?? false;
  return typeof value === 'boolean' ? value : undefined;
}

function ruleOf(members: Members): SearchRule | undefined {
  const keyOrder = flagOf(members, 'key-order');
  const all = flagOf(members, 'params') === true;
  const ignored = all ? 'all' : flagOf(members, 'params') === false ? NAMES_NONE : listOf(members, 'params');
  const except = listOf(members, 'except');
  if (keyOrder === undefined || ignored === undefined || except === undefined) return undefined;
  // `except` says something only where all parameters are ignored (draft §3.1).
  if (members.has('except') && !all) return undefined;
  const says = keyOrder || ignored === 'all' || ignored.size > 0;
  return says ? { keyOrder, ignored, except } : undefined;
}

function significant(query: string, { keyOrder, ignored, except }: SearchRule): string {
  const pairs = [...new URLSearchParams(query)].filter(([name]) =>
    ignored === 'all' ? except.has(name) : !ignored.has(name),
  );
  if (keyOrder) pairs.sort(([one], [other]) => (one < other ? -1 : Number(one > other)));
  return new URLSearchParams(pairs).toString();
}

/** A URL without its query. */
export function withoutSearch(url: string): string {
  const at = url.indexOf('?');
  return at < 0 ? url : url.slice(0, at);
}

/** Whether two URLs that differ in their queries only are the same to a response with this rule. */
export function isSameSearch(one: string, other: string, rule: SearchRule): boolean {
  const base = withoutSearch(one);
  if (base !== withoutSearch(other)) return false;
  return significant(one.slice(base.length + 1), rule) === significant(other.slice(base.length + 1), rule);
}
