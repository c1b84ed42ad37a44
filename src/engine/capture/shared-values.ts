// Equal values of many flows become one: media types, names of removed fields, decisions of the cache.
import type { Because, CacheRecord, FindDecision, StoreDecision } from '../../contract/decisions.ts';
import { detached } from './text.ts';

// Beyond this the newcomers are kept as they are.
const LIMIT = 256;
const DECISIONS = 64;

type Decision = FindDecision | StoreDecision;
type KeyOf<T> = T extends unknown ? keyof T : never;

/** What tells decisions apart beside what they rest on. A key that is forgotten here does not compile. */
const compared = {
  kind: true,
  reason: true,
  allowed: true,
  validating: true,
  age: true,
  lifetime: true,
  staleFor: true,
  origin: true,
  differs: true,
  limit: true,
  method: true,
  restricted: true,
  by: true,
  would: true,
} as const satisfies Record<Exclude<KeyOf<Decision>, 'because'>, true>;

const comparedKeys = Object.keys(compared) as (keyof typeof compared)[];

function isSameBecause(one: Because | undefined, other: Because | undefined): boolean {
  if (one === other) return true;
  if (one === undefined || other === undefined) return false;
  return one.clause === other.clause && one.field === other.field && one.side === other.side;
}

function isSame(one: Decision | undefined, other: Decision | undefined): boolean {
  if (one === other) return true;
  if (one === undefined || other === undefined) return false;
  const [first, second] = [one as Partial<Record<string, unknown>>, other as Partial<Record<string, unknown>>];
  for (const key of comparedKeys) if (first[key] !== second[key]) return false;
  return isSameBecause(one.because, other.because);
}

export class SharedValues {
  readonly #texts = new Map<string, string>();
  readonly #names = new Map<string, readonly string[]>();
  readonly #decisions: (CacheRecord | undefined)[] = Array.from<CacheRecord | undefined>({ length: DECISIONS });

  text(text: string): string {
    const known = this.#texts.get(text);
    if (known !== undefined) return known;
    const own = detached(text);
    if (this.#texts.size < LIMIT) this.#texts.set(own, own);
    return own;
  }

  names(names: readonly string[]): readonly string[] {
    const key = names.length === 1 ? (names[0] as string) : names.join(' ');
    const known = this.#names.get(key);
    if (known !== undefined) return known;
    const own = names.map(detached);
    if (this.#names.size < LIMIT) this.#names.set(detached(key), own);
    return own;
  }

  /** An equal decision that came before, where it is still at hand. Costs one comparison. */
  decision(decision: CacheRecord): CacheRecord {
    const { find, store } = decision;
    const reason = 'reason' in find ? find.reason.length : 0;
    const place = (find.kind.length * 31 + reason * 7 + (store?.kind.length ?? 0)) % DECISIONS;
    const known = this.#decisions[place];
    if (
      known !== undefined &&
      isSame(known.find, find) &&
      isSame(known.store, store) &&
      known.invalidated === decision.invalidated &&
      known.validated === decision.validated &&
      known.collapsed === decision.collapsed
    ) {
      return known;
    }
    this.#decisions[place] = decision;
    return decision;
  }
}
