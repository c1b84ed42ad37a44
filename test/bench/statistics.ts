// The arithmetic of the benchmark: medians, spreads, ratios within a round, and the order of a round.

/** What is left of many values. */
export interface Spread {
  readonly median: number;
  readonly least: number;
  readonly most: number;
}

/** Undefined of no values. */
export function spreadOf(values: readonly number[]): Spread | undefined {
  const sorted = [...values].sort((a, b) => a - b);
  const low = sorted[Math.floor((sorted.length - 1) / 2)];
  const high = sorted[Math.floor(sorted.length / 2)];
  const [least] = sorted;
  const most = sorted.at(-1);
  if (low === undefined || high === undefined || least === undefined || most === undefined) return undefined;
  return { median: (low + high) / 2, least, most };
}

/** The quotients of two series, round by round; a round in which either is missing counts for nothing. */
export function ratios(of: readonly (number | undefined)[], to: readonly (number | undefined)[]): number[] {
  return of.flatMap((value, round) => {
    const base = to[round];
    return value === undefined || base === undefined || base === 0 ? [] : [value / base];
  });
}

/** A B C in even rounds, C B A in odd ones: what drifts meets all alike. */
export function orderOf<T>(all: readonly T[], round: number): T[] {
  return round % 2 === 0 ? [...all] : [...all].reverse();
}

/** The value below which `share` (0 to 1) of the sorted values lie; NaN of none. */
export function quantile(sorted: ArrayLike<number>, share: number): number {
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
}
