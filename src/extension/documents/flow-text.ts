// A whole flow as a text that reads from top to bottom: what happened in words, then the heads as on the wire.
import { describeCache, describeConnection } from '../../formats/decisions.ts';
import { formatBytes } from '../../formats/numbers.ts';
import type { FlowDetail, MessageRecord } from '../../contract/model.ts';
import { clientText } from '../model/client-text.ts';
import { readable } from '../model/readable.ts';
import { mask, shownUrl, shownValue } from '../model/secrets.ts';
import type { Translate } from '../translate.ts';
import { bodyRemark, timingText } from '../views/detail-rows.ts';
import { facts } from '../views/item.ts';

interface Surroundings {
  readonly t: Translate;
  readonly revealed: boolean;
}

function summaryLines(flow: FlowDetail, { t, revealed }: Surroundings): string[] {
  const facts: [string, string | undefined][] = [
    [t('URL'), shownUrl(flow.url, revealed)],
    [t('Started'), new Date(flow.startedAt).toISOString()],
    [t('Error'), flow.error === undefined ? undefined : `${flow.error.message}. ${flow.error.advice}`],
    [t('Timing'), timingText(flow, t)],
    [t('Client'), clientText(flow, t)],
    [t('Connection'), flow.connection === undefined ? undefined : connectionText(flow.connection)],
    [t('Messages'), flow.messages?.toLocaleString('en')],
    [t('Cache'), flow.decision === undefined ? undefined : describeCache(flow.decision)],
  ];
  const known = facts.filter((fact): fact is [string, string] => fact[1] !== undefined && fact[1] !== '');
  const width = Math.max(...known.map(([name]) => name.length)) + 1;
  return known.map(([name, value]) => `# ${`${name}:`.padEnd(width)} ${value}`);
}

function connectionText(connection: NonNullable<FlowDetail['connection']>): string {
  return `#${connection.id} → ${connection.remote} · ${describeConnection(connection)}`;
}

function fieldLines(fields: MessageRecord['fields'], revealed: boolean): string[] {
  return fields.map(([name, value]) => readable(`${name}: ${shownValue(name, value, revealed)}`));
}

/** `hasBody` is false where the bytes after the head are no body, but an upgraded connection's. */
function messageLines(title: string, message: MessageRecord, hasBody: boolean, surroundings: Surroundings): string[] {
  const { t, revealed } = surroundings;
  const lines = [
    `### ${title}`,
    readable(shownUrl(message.startLine, revealed)),
    ...fieldLines(message.fields, revealed),
  ];
  if (hasBody && message.body.size > 0) {
    lines.push('', `# ${facts(t('Body: {0}', formatBytes(message.body.size)), bodyRemark(message.body, t))}`);
  }
  if (message.trailers.length > 0) lines.push('', `# ${t('Trailers')}`, ...fieldLines(message.trailers, revealed));
  return lines;
}

/** Secrets are masked unless `revealed`; the text says so where one was. */
export function flowText(flow: FlowDetail, surroundings: Surroundings): string {
  const { t } = surroundings;
  const hasBody = flow.kind !== 'upgrade';
  const parts: string[][] = [summaryLines(flow, surroundings)];
  if (flow.request !== undefined) parts.push(messageLines(t('Request'), flow.request, hasBody, surroundings));
  if (flow.refusedBytes !== undefined) parts.push([`### ${t('Refused bytes')}`, flow.refusedBytes]);
  flow.interim.forEach((head) => {
    parts.push([`### ${t('Interim answer')}`, head.startLine, ...fieldLines(head.fields, surroundings.revealed)]);
  });
  if (flow.response !== undefined) parts.push(messageLines(t('Response'), flow.response, hasBody, surroundings));
  const text = parts.map((lines) => lines.join('\n')).join('\n\n');
  const hint = text.includes(mask)
    ? `\n\n# ${t('Secrets are masked. "Wirelens: Reveal or hide secrets" shows them.')}`
    : '';
  return `${text}${hint}\n`;
}
