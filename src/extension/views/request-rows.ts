// The rows of the Requests tree: one flow in one line, recognisable at a glance.
import { formatBytes, formatClock, formatDuration } from '../../formats/numbers.ts';
import type { CacheWord, FlowSummary } from '../../contract/model.ts';
import type { FlowRow } from '../model/mirror.ts';
import { readable } from '../model/readable.ts';
import { shownUrl } from '../model/secrets.ts';
import type { Translate } from '../translate.ts';
import { facts, type Icon, type Item, type TooltipLines } from './item.ts';

/** What a row depends on besides its flow. */
export interface RowSurroundings {
  readonly t: Translate;
  /** ms since 1970. */
  readonly now: number;
  /** Whether secrets are shown. */
  readonly revealed: boolean;
}

const cacheWords: Readonly<Record<CacheWord, string | undefined>> = {
  hit: 'HIT',
  stale: 'STALE',
  validated: 'VALIDATED',
  miss: undefined,
  none: undefined,
};

function iconOfStatus(status: number): Icon {
  if (status >= 500) return { id: 'error', color: 'list.errorForeground' };
  if (status >= 400) return { id: 'warning', color: 'list.warningForeground' };
  if (status >= 300) return { id: 'arrow-right', color: 'charts.blue' };
  return { id: 'check', color: 'testing.iconPassed' };
}

/** The icon tells how it went, and an answer from the cache looks like nothing else. */
function iconOfFlow(row: FlowRow): Icon {
  const icon = iconOfOutcome(row);
  return row.lost ? { id: icon.id, color: 'disabledForeground' } : icon;
}

function iconOfOutcome({ summary, lost }: FlowRow): Icon {
  if (summary.error !== undefined || summary.state === 'failed') return { id: 'error', color: 'testing.iconFailed' };
  if (lost && summary.state !== 'done') return { id: 'circle-slash' };
  if (summary.cache === 'hit' || summary.cache === 'stale' || summary.cache === 'validated') {
    return { id: 'zap', color: 'charts.yellow' };
  }
  if (summary.kind === 'tunnel') return { id: 'lock', color: 'charts.purple' };
  if (summary.kind === 'upgrade') return { id: 'plug', color: 'charts.purple' };
  if (summary.status === undefined || summary.state !== 'done') return { id: 'circle-outline', color: 'charts.blue' };
  return iconOfStatus(summary.status);
}

/** Path and query of a URL; what cannot be parsed stays as it is. */
export function pathOf(url: string): string {
  const match = /^[a-z][a-z0-9+.-]*:\/\/[^/?#]*([^#]*)/i.exec(url);
  if (match === null) return url;
  return match[1] === '' ? '/' : (match[1] ?? url);
}

/** The host with its port, as written in a URL. */
function authorityOf(url: string): string {
  return /^[a-z][a-z0-9+.-]*:\/\/(?:[^/?#@]*@)?([^/?#]*)/i.exec(url)?.[1] ?? url;
}

function labelOf(summary: FlowSummary, { t, revealed }: RowSurroundings): string {
  if (summary.url === '' && summary.method === '') return t('Refused request');
  const target = summary.kind === 'tunnel' ? summary.url : pathOf(summary.url);
  return readable(`${summary.method} ${shownUrl(target, revealed)}`);
}

function progressOf(summary: FlowSummary, { t, now }: RowSurroundings): string {
  const elapsed = formatClock(now - summary.startedAt);
  if (summary.state === 'queued') return facts(elapsed, t('queued'));
  if (summary.state === 'waiting') return facts(elapsed, t('waiting'));
  return facts(summary.status === undefined ? undefined : String(summary.status), elapsed, t('streaming'));
}

/** Their number says more of a stream than its size. */
function extentOf(summary: FlowSummary, t: Translate): string {
  const { kind, messages, requestBytes, responseBytes } = summary;
  if (messages !== undefined) return messages === 1 ? t('1 message') : t('{0} messages', messages.toLocaleString('en'));
  if (kind === 'exchange') return formatBytes(responseBytes);
  return `↑ ${formatBytes(requestBytes)} ↓ ${formatBytes(responseBytes)}`;
}

function outcomeOf(summary: FlowSummary, t: Translate): string {
  const status = summary.status === undefined ? undefined : String(summary.status);
  if (summary.error !== undefined) return facts(status, summary.error.message);
  const duration = summary.duration === undefined ? undefined : formatDuration(summary.duration);
  const word = cacheWords[summary.cache];
  // Side bars are narrow, and the word matters more than the size, which is that of the stored response.
  if (word !== undefined) return facts(status, duration, word);
  return facts(status, duration, extentOf(summary, t));
}

function isFinal(summary: FlowSummary): boolean {
  return summary.state === 'done' || summary.state === 'failed';
}

function descriptionOf({ summary, lost }: FlowRow, surroundings: RowSurroundings): string {
  const { t } = surroundings;
  const progress = lost ? facts(summary.status?.toString(), t('cut off')) : progressOf(summary, surroundings);
  const mark = summary.unverified === true ? `⚠ ${t('certificate not verified')}` : undefined;
  return facts(lost ? t('details lost') : undefined, isFinal(summary) ? outcomeOf(summary, t) : progress, mark);
}

/** Words for menus: `flow`, whether it is lost, and what can be opened or sent again. */
function contextOf({ summary, lost }: FlowRow): string {
  if (lost) return 'flow lost';
  if (summary.kind === 'tunnel' || summary.url === '') return 'flow kept';
  const bodies = summary.requestBytes > 0 || summary.responseBytes > 0;
  // What an upgraded connection carries is no body.
  return bodies && summary.kind === 'exchange' ? 'flow kept body request' : 'flow kept request';
}

export function requestRow(row: FlowRow, surroundings: RowSurroundings): Item {
  const { summary } = row;
  const label = labelOf(summary, surroundings);
  const description = descriptionOf(row, surroundings);
  const host = summary.kind === 'tunnel' ? '' : authorityOf(summary.url);
  return {
    id: summary.id,
    label,
    description,
    icon: iconOfFlow(row),
    expandable: 'collapsed',
    context: contextOf(row),
    spoken: [label, host, description].filter((part) => part !== '').join(', '),
    copies: summary.url,
    ...(summary.messages === undefined ? {} : { revision: summary.messages }),
  };
}

/** The last row, where there are older flows. */
export function moreRow(t: Translate): Item {
  const title = t('Show more');
  return {
    id: 'more',
    label: title,
    icon: { id: 'ellipsis' },
    context: 'more',
    command: { command: 'wirelens.showMoreRequests', title, arguments: [] },
  };
}

/** What the tooltip says while details are still on their way. */
export function requestTooltip(row: FlowRow, { t, revealed }: RowSurroundings): TooltipLines {
  const { summary } = row;
  const lines: [string, string][] = [
    [summary.method, shownUrl(summary.url, revealed)],
    [t('Started'), new Date(summary.startedAt).toLocaleTimeString()],
  ];
  if (summary.error !== undefined) lines.push([t('Error'), `${summary.error.message}. ${summary.error.advice}`]);
  if (row.lost) lines.push([t('Details lost'), t('The engine that recorded this ended unexpectedly.')]);
  return lines;
}
