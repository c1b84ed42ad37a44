// A flow in one readable line, for the command line and wherever else one line has to do.
import type { CacheWord, FlowSummary } from '../contract/model.ts';
import { escapeText } from './escape.ts';
import { formatBytes, formatDuration } from './numbers.ts';

const cacheWords: Readonly<Record<CacheWord, string | undefined>> = {
  hit: 'HIT',
  stale: 'STALE',
  validated: 'VALIDATED',
  miss: 'MISS',
  none: undefined,
};

function sizes(summary: FlowSummary): string {
  return summary.kind === 'exchange'
    ? formatBytes(summary.responseBytes)
    : `↑ ${formatBytes(summary.requestBytes)} ↓ ${formatBytes(summary.responseBytes)}`;
}

function messages({ messages: count }: FlowSummary): string | undefined {
  return count === undefined ? undefined : `${count} ${count === 1 ? 'message' : 'messages'}`;
}

function outcome(summary: FlowSummary): (string | undefined)[] {
  if (summary.error !== undefined) return [summary.error.message];
  if (summary.state !== 'done') return [summary.state];
  const duration = summary.duration === undefined ? undefined : formatDuration(summary.duration);
  return [duration, sizes(summary), messages(summary), cacheWords[summary.cache]];
}

/** As `GET http://api.test/users 200 · 34 ms · 1.2 kB · HIT`; a failed flow says why. Safe to print on a terminal. */
export function flowLine(summary: FlowSummary): string {
  const request = [summary.method, summary.url].filter((part) => part !== '').join(' ') || 'refused bytes';
  const status = summary.status === undefined ? '' : ` ${summary.status}`;
  const mark = summary.unverified === true ? '⚠ certificate not verified' : undefined;
  const rest = [...outcome(summary), mark].filter((part) => part !== undefined);
  return escapeText([`${request}${status}`, ...rest].join(' · '));
}
