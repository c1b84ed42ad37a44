// The children of a request in the tree: what it was, its header lines, its timing, its connection and the cache's decision.
import { grpcStatus } from '../../formats/grpc.ts';
import { describeCache, describeConnection, describeFind, describeStore } from '../../formats/decisions.ts';
import { formatBytes, formatDuration } from '../../formats/numbers.ts';
import type { Leniency } from '../../contract/decisions.ts';
import type { BodyRecord, FlowDetail, MessageRecord } from '../../contract/model.ts';
import { decodeOctets, readable } from '../model/readable.ts';
import { upstreamTlsSection } from './tls-rows.ts';
import { clientText } from '../model/client-text.ts';
import { shownUrl, shownValue } from '../model/secrets.ts';
import type { Translate } from '../translate.ts';
import { facts, type Icon, type Item } from './item.ts';
import { messageSection } from './message-rows.ts';
import type { RowSurroundings } from './request-rows.ts';
import { leaf, type Section } from './section.ts';

type Side = 'request' | 'response';

const icons = {
  general: { id: 'globe' },
  error: { id: 'error', color: 'list.errorForeground' },
  headers: { id: 'list-unordered' },
  body: { id: 'file' },
  timing: { id: 'watch' },
  connection: { id: 'plug' },
  cache: { id: 'database' },
  hint: { id: 'info' },
} as const satisfies Record<string, Icon>;

/** The row for a flow whose engine is gone. */
export function lostRow(id: string, t: Translate): Item {
  return {
    id: `${id}/lost`,
    label: t('Details lost'),
    description: t('the engine that recorded this ended unexpectedly'),
    icon: icons.hint,
  };
}

/** The row for a flow that others have pushed out of the store. */
export function forgottenRow(id: string, t: Translate): Item {
  return {
    id: `${id}/forgotten`,
    label: t('No longer recorded'),
    description: t('newer flows took its place (wirelens.capture.maxFlows)'),
    icon: icons.hint,
  };
}

const leniencyWords: Readonly<Record<Leniency, string>> = {
  'unknown-transfer-coding': 'an unknown transfer coding was passed on',
  'surplus-bytes': 'bytes after the end of the answer were dropped',
  'bare-lf': 'lines ended by LF alone',
  'missing-reason': 'no reason phrase in the status line',
  'duplicate-content-length': 'the same Content-Length twice',
  'invalid-field-dropped': 'an invalid header line was dropped',
  'obs-fold': 'a folded header line',
  'space-before-colon': 'a space before the colon of a header line',
  'transfer-encoding-in-http-1.0': 'Transfer-Encoding in an HTTP/1.0 answer',
  'content-length-with-transfer-encoding': 'both Content-Length and Transfer-Encoding',
};

function protocolText(flow: FlowDetail, t: RowSurroundings['t']): string | undefined {
  const { protocol, clientStream } = flow;
  return clientStream === undefined ? protocol : t('{0}, stream {1}', protocol ?? '', clientStream);
}

function generalSection(flow: FlowDetail, { t, revealed }: RowSurroundings): Section {
  const id = `${flow.id}/general`;
  const url = shownUrl(flow.url, revealed);
  const children: Item[] = [];
  const add = (key: string, label: string, value: string | undefined, copies?: string): void => {
    if (value !== undefined && value !== '') children.push(leaf(`${id}/${key}`, label, value, copies));
  };
  add('method', t('Method'), flow.method);
  add('url', t('URL'), url, flow.url);
  add('status', t('Status'), flow.response?.startLine ?? flow.status?.toString());
  add('grpc', t('gRPC status'), grpcStatus(flow));
  add('protocol', t('Protocol'), protocolText(flow, t));
  add('started', t('Started'), new Date(flow.startedAt).toLocaleString());
  add('client', t('Client'), clientText(flow, t));
  add('source', t('Source'), flow.source);
  const bodies = t('{0} sent, {1} received', formatBytes(flow.requestBytes), formatBytes(flow.responseBytes));
  add('sizes', t('Body bytes'), bodies);
  flow.interim.forEach((head, index) => add(`interim-${index}`, t('Interim answer'), head.startLine));
  add('removed-request', t('Not forwarded to upstream'), flow.removed.request.join(', '));
  add('removed-response', t('Not forwarded to the client'), flow.removed.response.join(', '));
  add('tolerated', t('Tolerated'), flow.leniencies.map((one) => leniencyWords[one]).join(', '));
  add('refused', t('Refused bytes'), flow.refusedBytes);
  return {
    item: {
      id,
      label: t('General'),
      description: flow.url === '' ? t('not a readable request') : `${flow.method} ${url}`,
      icon: icons.general,
      expandable: 'collapsed',
      context: 'section',
      copies: flow.url,
    },
    children,
  };
}

function headerSection(flow: FlowDetail, side: Side, { t, revealed }: RowSurroundings): Section | undefined {
  const message = flow[side];
  if (message === undefined) return undefined;
  const id = `${flow.id}/${side}-headers`;
  const line = (key: string, [name, value]: readonly [string, string]): Item => ({
    ...leaf(`${id}/${key}`, name, readable(shownValue(name, value, revealed)), decodeOctets(value)),
    context: 'value field',
  });
  const count = message.fields.length;
  return {
    item: {
      id,
      label: side === 'request' ? t('Request headers ({0})', count) : t('Response headers ({0})', count),
      description: readable(shownUrl(message.startLine, revealed)),
      icon: icons.headers,
      expandable: 'collapsed',
      context: 'section',
      copies: headText(message),
    },
    children: [
      ...message.fields.map((field, index) => line(String(index), field)),
      ...message.trailers.map((field, index) => ({ ...line(`trailer-${index}`, field), icon: { id: 'arrow-down' } })),
    ],
  };
}

function headText(message: MessageRecord): string {
  return [message.startLine, ...message.fields.map(([name, value]) => `${name}: ${decodeOctets(value)}`)].join('\r\n');
}

/** What is to be said about a body's record beyond its size. */
export function bodyRemark(body: BodyRecord, t: Translate): string | undefined {
  switch (body.state) {
    case 'complete':
      return undefined;
    case 'partial':
      return t('incomplete');
    case 'truncated':
      return t('truncated to {0} in the record', formatBytes(body.kept));
    case 'dropped':
      return t('dropped from the record');
  }
}

function bodyRow(flow: FlowDetail, side: Side, { t }: RowSurroundings): Section | undefined {
  const message = flow[side];
  if (message === undefined || message.body.size === 0) return undefined;
  // The bytes of an upgraded connection are no body; its messages are shown instead.
  if (flow.kind === 'upgrade') return undefined;
  const type = message.fields.find(([name]) => name.toLowerCase() === 'content-type')?.[1];
  const title = side === 'request' ? t('Request body') : t('Response body');
  return {
    item: {
      id: `${flow.id}/${side}-body`,
      label: title,
      description: facts(formatBytes(message.body.size), type?.split(';')[0]?.trim(), bodyRemark(message.body, t)),
      icon: icons.body,
      context: 'body-row',
      command: { command: 'wirelens.openBody', title: t('Open body'), arguments: [{ id: flow.id, side }] },
    },
    children: [],
  };
}

type Timed = Pick<FlowDetail, 'kind' | 'timing'>;

/** What the last phase was: a pipe that was open, an answer of the proxy's own (or its cache's), or one from upstream. */
function lastPhase({ kind, timing }: Timed, t: Translate): string {
  if (kind !== 'exchange') return t('open');
  return timing.firstByte === undefined ? t('answer') : t('download');
}

/** The phases in their order. */
function phasesOf(flow: Timed, t: Translate): readonly (readonly [name: string, ms: number])[] {
  const { timing } = flow;
  const all: readonly (readonly [string, number | undefined])[] = [
    [t('queued'), timing.queued],
    [t('waited'), timing.waited],
    [t('DNS'), timing.dns],
    [t('connect'), timing.connect],
    [t('TLS'), timing.tls],
    [t('sent'), timing.sent],
    [t('waiting'), timing.firstByte],
    [lastPhase(flow, t), timing.download],
  ];
  return all.filter((phase): phase is readonly [string, number] => phase[1] !== undefined);
}

/** The whole time as the sum of its phases. */
export function timingText(flow: Timed, t: Translate): string {
  const { timing } = flow;
  const phases = phasesOf(flow, t).map(([name, ms]) => `${name} ${formatDuration(ms)}`);
  const total = timing.total === undefined ? undefined : formatDuration(timing.total);
  if (phases.length === 0) return total ?? t('not finished');
  return total === undefined ? phases.join(' + ') : `${total} = ${phases.join(' + ')}`;
}

function timingSection(flow: FlowDetail, { t }: RowSurroundings): Section {
  const id = `${flow.id}/timing`;
  const children = phasesOf(flow, t).map(([name, ms], index) => leaf(`${id}/${index}`, name, formatDuration(ms)));
  return {
    item: {
      id,
      label: t('Timing'),
      description: timingText(flow, t),
      icon: icons.timing,
      ...(children.length > 0 ? { expandable: 'collapsed' as const } : {}),
      context: 'section',
      copies: timingText(flow, t),
    },
    children,
  };
}

function connectionSection(flow: FlowDetail, { t }: RowSurroundings): Section | undefined {
  const { connection } = flow;
  if (connection === undefined) return undefined;
  const id = `${flow.id}/connection`;
  const children = [
    leaf(`${id}/number`, t('Connection'), `#${connection.id}`),
    leaf(`${id}/remote`, t('Upstream address'), connection.remote),
    leaf(`${id}/local`, t('Local port'), String(connection.localPort)),
    leaf(`${id}/exchange`, t('Exchange on this connection'), String(connection.exchange)),
  ];
  if (connection.via !== undefined) children.push(leaf(`${id}/via`, t('Upstream proxy'), connection.via));
  if (connection.overridden !== undefined) {
    children.push(leaf(`${id}/overridden`, t('Address set by wirelens.dnsOverrides'), connection.overridden));
  }
  const words = describeConnection(connection);
  return {
    item: {
      id,
      label: t('Connection'),
      description: `#${connection.id} · ${words} → ${connection.remote}`,
      icon: icons.connection,
      expandable: 'collapsed',
      context: 'section',
      tooltip: [[t('Connection'), words]],
      copies: words,
    },
    children,
  };
}

function cacheSection(flow: FlowDetail, { t }: RowSurroundings): Section | undefined {
  const { decision } = flow;
  if (decision === undefined) return undefined;
  const id = `${flow.id}/cache`;
  const words = describeCache(decision);
  const children = [leaf(`${id}/find`, t('Asked'), describeFind(decision.find))];
  if (decision.store !== undefined) children.push(leaf(`${id}/store`, t('Kept'), describeStore(decision.store)));
  (decision.invalidated ?? []).forEach((url, index) => {
    children.push(leaf(`${id}/invalidated-${index}`, t('Invalidated'), url));
  });
  return {
    item: {
      id,
      label: t('Cache'),
      description: words,
      icon: icons.cache,
      expandable: 'collapsed',
      context: 'section',
      tooltip: [[t('Cache'), words]],
      copies: words,
    },
    children,
  };
}

function errorSection(flow: FlowDetail, { t }: RowSurroundings): Section | undefined {
  const { error } = flow;
  if (error === undefined) return undefined;
  const id = `${flow.id}/error`;
  return {
    item: {
      id,
      label: t('Error'),
      description: error.message,
      icon: icons.error,
      expandable: 'expanded',
      context: 'section',
      tooltip: [[t('Error'), error.message]],
      copies: error.message,
    },
    children: [leaf(`${id}/advice`, t('What to do'), error.advice), leaf(`${id}/source`, t('Caused by'), error.source)],
  };
}

/** All sections of a flow, in the order in which they are shown. */
export function detailSections(flow: FlowDetail, surroundings: RowSurroundings): readonly Section[] {
  const sections = [
    errorSection(flow, surroundings),
    generalSection(flow, surroundings),
    headerSection(flow, 'request', surroundings),
    bodyRow(flow, 'request', surroundings),
    headerSection(flow, 'response', surroundings),
    bodyRow(flow, 'response', surroundings),
    messageSection(flow, surroundings),
    timingSection(flow, surroundings),
    connectionSection(flow, surroundings),
    upstreamTlsSection(flow, surroundings),
    cacheSection(flow, surroundings),
  ];
  return sections.filter((section) => section !== undefined);
}

/** The tooltip of a request once its details are known. */
export function detailTooltip(
  flow: FlowDetail,
  { t, revealed }: RowSurroundings,
): readonly (readonly [string, string])[] {
  const lines: [string, string][] = [[flow.method, shownUrl(flow.url, revealed)]];
  if (flow.response !== undefined) lines.push([t('Answer'), flow.response.startLine]);
  if (flow.error !== undefined) lines.push([t('Error'), `${flow.error.message}. ${flow.error.advice}`]);
  lines.push([t('Started'), new Date(flow.startedAt).toLocaleTimeString()]);
  lines.push([t('Timing'), timingText(flow, t)]);
  if (flow.connection !== undefined) lines.push([t('Connection'), describeConnection(flow.connection)]);
  if (flow.decision !== undefined) lines.push([t('Cache'), describeCache(flow.decision)]);
  lines.push([
    t('Body bytes'),
    t('{0} sent, {1} received', formatBytes(flow.requestBytes), formatBytes(flow.responseBytes)),
  ]);
  return lines;
}
