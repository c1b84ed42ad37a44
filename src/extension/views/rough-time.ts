// Times that run while somebody looks: exact enough to read, and coarse enough that rows don't change all the time.
import { formatDuration } from '../../formats/numbers.ts';

const minute = 60_000;

/** Whole seconds below two minutes, then whole minutes. A negative time is none. */
export function roughTime(ms: number): string {
  const step = ms < 2 * minute ? 1000 : minute;
  return formatDuration(Math.max(0, Math.floor(ms / step)) * step);
}
