// Whether the decision that a flow shows is what really happened, by what the origin saw and the client got.
import type { FlowDetail } from '../../../src/contract/model.ts';
import type { Reception } from './client.ts';
import type { Seen } from './origin.ts';
import { joined } from './values.ts';

/** One request of a test from all three sides. */
interface Witnessed {
  readonly flow: FlowDetail;
  readonly reception: Reception;
  /** Of the requests that the origin saw, those that this one caused. */
  readonly seen: readonly Seen[];
  /** Whether the origin was asked for it in the background. */
  readonly background: boolean;
  /** The flows of the same test before this one. */
  readonly before: readonly FlowDetail[];
}

/** Whether one of these flows left a stored response behind. */
function stores(flows: readonly FlowDetail[]): boolean {
  return flows.some(({ decision }) => decision?.store?.kind === 'stored' || decision?.store?.kind === 'updated');
}

function fromStore({ reception, seen }: Witnessed): boolean {
  const served = joined(reception.fields, 'server-request-count');
  // A 304 that the cache made itself has the stored fields too.
  return served !== undefined && !seen.some(({ sent }) => joined(sent, 'server-request-count') === served);
}

function answeredByStore(one: Witnessed, word: string): string | undefined {
  if (!one.background && one.seen.length > 0) return `shown as ${word}, but the origin was asked`;
  if (one.flow.connection !== undefined) return `shown as ${word}, but the flow has a connection`;
  if (!fromStore(one)) return `shown as ${word}, but the answer is not a stored one`;
  return stores(one.before) ? undefined : `shown as ${word}, but nothing was ever said to be stored`;
}

function validated(one: Witnessed): string | undefined {
  if (!one.seen.some(({ status }) => status === 304)) return 'shown as validated, but the origin said no 304';
  // A 304 brings new fields for the stored response, so only its content tells where the answer comes from.
  return stores(one.before) ? undefined : 'shown as validated, but nothing was ever said to be stored';
}

function coveredUp(one: Witnessed, word: string): string | undefined {
  if (one.seen.length === 0) return `shown as ${word}, but the origin was not asked`;
  return fromStore(one) ? undefined : `shown as ${word}, but the answer is not a stored one`;
}

function forwarded(one: Witnessed, word: string): string | undefined {
  if (one.seen.length === 0) return `shown as ${word}, but the origin was not asked`;
  return fromStore(one) ? `shown as ${word}, but a stored response answered` : undefined;
}

function refused({ seen, reception }: Witnessed): string | undefined {
  return seen.length === 0 && reception.status === 504 ? undefined : 'shown as refused, but it is not';
}

/** Stale answers that upstream was not asked for. */
const WITHOUT_ASKING: ReadonlySet<string> = new Set(['max-stale', 'stale-while-revalidate']);

/** What the flow says that is not so; undefined where it tells the truth. */
export function disagreement(one: Witnessed): string | undefined {
  const { decision } = one.flow;
  if (decision === undefined) return 'no decision is shown';
  const { find } = decision;
  switch (find.kind) {
    case 'hit':
      return answeredByStore(one, 'a hit');
    case 'stale':
      return WITHOUT_ASKING.has(find.allowed) ? answeredByStore(one, find.allowed) : coveredUp(one, find.allowed);
    case 'unsatisfiable':
      return refused(one);
    case 'miss':
      return decision.validated === true ? validated(one) : forwarded(one, `a miss (${find.reason})`);
    case 'not-asked':
      return forwarded(one, `not asked (${find.reason})`);
  }
}
