// The messages below a request: one row each, the newest first, with their direction, time, size and beginning.
import { describeLoss } from '../../formats/decisions.ts';
import { formatBytes } from '../../formats/numbers.ts';
import type { FlowMessage, MessagesLost, MessageWindow } from '../../contract/messages.ts';
import type { FlowDetail, FlowId } from '../../contract/model.ts';
import type { Translate } from '../translate.ts';
import { facts, type Icon, type Item, type TooltipLines } from './item.ts';
import type { RowSurroundings } from './request-rows.ts';
import type { Section } from './section.ts';

/** Messages that are shown, and that each *Show more* adds; and where that ends. */
export const messagesPage = 50;
export const mostMessages = 2000;

const icons: Readonly<Record<FlowMessage['direction'], Icon>> = {
  sent: { id: 'arrow-up', color: 'charts.green' },
  received: { id: 'arrow-down', color: 'charts.blue' },
};

/** The id of the row that a flow's messages lie below. */
export function messagesOf(id: FlowId): string {
  return `${id}/messages`;
}

/** The row above the messages; they are fetched when it is opened. */
export function messageSection(flow: FlowDetail, { t }: RowSurroundings): Section | undefined {
  const { messages } = flow;
  if (messages === undefined) return undefined;
  const isOpen = flow.state === 'streaming';
  const item: Item = {
    id: messagesOf(flow.id),
    label: t('Messages ({0})', messages.toLocaleString('en')),
    ...(isOpen ? { description: t('streaming') } : {}),
    icon: { id: 'comment-discussion' },
    expandable: 'collapsed',
    context: 'section',
  };
  return { item, children: [] };
}

/** Local time to the millisecond. */
function timeOf(at: number): string {
  const time = new Date(at);
  const two = (value: number): string => String(value).padStart(2, '0');
  const clock = [time.getHours(), time.getMinutes(), time.getSeconds()].map(two).join(':');
  return `${clock}.${String(time.getMilliseconds()).padStart(3, '0')}`;
}

function labelOf(message: FlowMessage, t: Translate): string {
  const { kind, preview, close } = message;
  switch (kind) {
    case 'binary':
      return t('Binary');
    case 'ping':
      return facts(t('Ping'), preview);
    case 'pong':
      return facts(t('Pong'), preview);
    case 'close':
      return facts(close === undefined ? t('Close') : t('Close {0}', close.code), preview);
    default:
      return preview === '' ? t('(empty)') : preview;
  }
}

function remarkOf({ state, kept }: FlowMessage, t: Translate): string | undefined {
  switch (state) {
    case 'complete':
      return undefined;
    case 'partial':
      return t('incomplete');
    case 'truncated':
      return t('truncated to {0} in the record', formatBytes(kept));
    case 'dropped':
      return t('dropped from the record');
  }
}

function tooltipOf(message: FlowMessage, t: Translate): TooltipLines {
  const { direction, at, size, wireSize, event, eventId } = message;
  const lines: (readonly [string, string | undefined])[] = [
    [t('Direction'), direction === 'sent' ? t('sent by the client') : t('received from upstream')],
    [t('Time'), timeOf(at)],
    [t('Size'), formatBytes(size)],
    [t('Compressed'), wireSize === undefined ? undefined : formatBytes(wireSize)],
    [t('Event'), event],
    [t('Event id'), eventId],
  ];
  return lines.filter((line): line is readonly [string, string] => line[1] !== undefined);
}

function messageRow(id: FlowId, message: FlowMessage, { t }: RowSurroundings): Item {
  const { number, direction, event, size, kept } = message;
  const label = labelOf(message, t);
  const description = facts(event, timeOf(message.at), formatBytes(size), remarkOf(message, t));
  const title = t('Open message');
  return {
    id: `${messagesOf(id)}/${number}`,
    label,
    description,
    icon: icons[direction],
    context: kept > 0 ? 'value message kept' : 'value message',
    tooltip: tooltipOf(message, t),
    spoken: [direction === 'sent' ? t('Sent') : t('Received'), label, description].join(', '),
    copies: message.preview,
    ...(kept > 0 ? { command: { command: 'wirelens.openMessage', title, arguments: [{ id, message: number }] } } : {}),
  };
}

function lostRow(id: FlowId, { direction, reason }: MessagesLost, { t }: RowSurroundings): Item {
  const whose = direction === 'sent' ? t('sent by the client') : t('received from upstream');
  const words = describeLoss(reason);
  return {
    id: `${messagesOf(id)}/lost`,
    label: t('Not read any further'),
    description: `${whose}: ${words}`,
    icon: { id: 'warning', color: 'list.warningForeground' },
    tooltip: [[t('Not read any further'), `${whose}: ${words}`]],
    copies: words,
  };
}

/** The rows of a window, newest first. */
export function messageRows(id: FlowId, window: MessageWindow, surroundings: RowSurroundings): readonly Item[] {
  const { t } = surroundings;
  const { messages, oldest, lost } = window;
  const rows = messages.map((message) => messageRow(id, message, surroundings)).toReversed();
  const first = messages[0]?.number ?? oldest;
  const title = t('Show more');
  if (first > oldest && messages.length < mostMessages) {
    rows.push({
      id: `${messagesOf(id)}/more`,
      label: title,
      icon: { id: 'ellipsis' },
      command: { command: 'wirelens.showMoreMessages', title, arguments: [id] },
    });
  } else if (oldest > 1) {
    rows.push({
      id: `${messagesOf(id)}/older`,
      label: t('{0} older messages are no longer recorded', (oldest - 1).toLocaleString('en')),
      icon: { id: 'info' },
    });
  }
  return lost === undefined ? rows : [lostRow(id, lost, surroundings), ...rows];
}
