// Which variant of a URL a request asks for: Vary and the normalised request fields (RFC 9111 §4.1).
import type { Fields } from '../http/fields.ts';
import { splitList } from '../http/lists.ts';
import type { CacheRequest } from './messages.ts';
import type { Policy } from './policy.ts';

/** A request field that a response was chosen by, and its normalised value; undefined where it was missing. */
export interface SelectingField {
  /** As named in Vary. */
  readonly name: string;
  readonly lowerName: string;
  readonly value: string | undefined;
}

/** Members of all Vary lines of a response; `*` among them means that nothing ever matches. */
export function varyNames(fields: Fields): readonly string[] {
  const vary = fields.combined('vary');
  return vary === undefined ? [] : splitList(vary);
}

interface LanguageRange {
  readonly tag: string;
  readonly weight: number;
}

function languageRange(member: string): LanguageRange {
  const [tag = '', ...parameters] = member.toLowerCase().split(';');
  const weight = parameters.map((parameter) => parameter.trim()).find((parameter) => parameter.startsWith('q='));
  const parsed = weight === undefined ? 1 : Number(weight.slice(2));
  return { tag: tag.trim(), weight: Number.isFinite(parsed) ? parsed : 0 };
}

/** Language ranges by preference; the order of equally preferred ones says nothing (RFC 9110 §12.5.4). */
function languageRanges(value: string): readonly LanguageRange[] {
  const ranges = splitList(value).map(languageRange);
  return ranges.sort((a, b) => b.weight - a.weight || (a.tag < b.tag ? -1 : Number(a.tag > b.tag)));
}

/** A request field's lines as one value without meaningless differences, so far as the field's meaning is known. */
function normalise(lowerName: string, fields: Fields): string | undefined {
  const value = fields.combined(lowerName);
  if (value === undefined) return undefined;
  if (lowerName !== 'accept-language') return splitList(value).join(',');
  return languageRanges(value)
    .map(({ tag, weight }) => `${tag};${weight}`)
    .join(',');
}

/** A selecting field's value as a request could send it; undefined where the field was missing. */
export function sentValue({ lowerName, value }: SelectingField): string | undefined {
  if (value === undefined || lowerName !== 'accept-language') return value;
  return value
    .split(',')
    .map((range) => range.replace(/;1$/, '').replace(/;/, ';q='))
    .join(', ');
}

/** What a stored response is for, from its Vary and the request that caused it. */
export function selectingFields(response: Fields, request: Fields): readonly SelectingField[] {
  return varyNames(response).map((name) => {
    const lowerName = name.toLowerCase();
    return { name, lowerName, value: normalise(lowerName, request) };
  });
}

/** In a private cache a response to credentials is for those very credentials, unless it says `public`. */
export function credentialsOf({ reading, directives }: Policy, { fields }: CacheRequest): readonly SelectingField[] {
  if (reading.scope === 'shared' || directives.has('public') || !fields.has('authorization')) return [];
  return [{ name: 'Authorization', lowerName: 'authorization', value: normalise('authorization', fields) }];
}

/** The one language that a request likes best, in lower case. */
function favouriteLanguage(request: Fields): string | undefined {
  const [first, second] = languageRanges(request.combined('accept-language') ?? '');
  return first === undefined || first.weight === second?.weight ? undefined : first.tag;
}

/** The first field, as named in Vary, that this request has with another value; undefined where the variant is its own. */
export function differingField(
  variant: readonly SelectingField[],
  stored: Fields,
  request: Fields,
): string | undefined {
  for (const { name, lowerName, value } of variant) {
    if (name === '*') return name;
    if (normalise(lowerName, request) === value) continue;
    // A response in the very language that the request likes best is what upstream would choose again.
    const language = lowerName === 'accept-language' ? stored.get('content-language')?.toLowerCase() : undefined;
    if (language !== undefined && language === favouriteLanguage(request)) continue;
    return name;
  }
  return undefined;
}
