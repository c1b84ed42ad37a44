// The rows of the Connections tree: upstream origins and below each its sockets.
import { describeClose } from '../../formats/decisions.ts';
import { formatBytes } from '../../formats/numbers.ts';
import type { ConnectionSummary, OriginSummary } from '../../contract/model.ts';
import { facts, type Icon, type Item } from './item.ts';
import type { RowSurroundings } from './request-rows.ts';
import { roughTime } from './rough-time.ts';

type ConnectionState = ConnectionSummary['state'];

const icons: Readonly<Record<ConnectionState, Icon>> = {
  connecting: { id: 'circle-outline', color: 'charts.blue' },
  busy: { id: 'circle-filled', color: 'charts.green' },
  idle: { id: 'circle-outline', color: 'disabledForeground' },
  tunnel: { id: 'lock', color: 'charts.purple' },
};

function count(connections: readonly ConnectionSummary[], ...states: readonly ConnectionState[]): number {
  return connections.filter((one) => states.includes(one.state)).length;
}

export function originRow(origin: OriginSummary, { t }: RowSurroundings): Item {
  const busy = count(origin.connections, 'busy', 'connecting', 'tunnel');
  return {
    id: origin.key,
    label: origin.key,
    description: facts(
      t('{0} busy', busy),
      t('{0} idle', count(origin.connections, 'idle')),
      t('{0} opened', origin.opened.toLocaleString('en')),
      t('{0} reused', origin.reused.toLocaleString('en')),
      origin.waiting === 0 ? undefined : t('{0} waiting', origin.waiting),
    ),
    icon: busy > 0 ? { id: 'server', color: 'charts.green' } : { id: 'server' },
    context: 'origin',
    ...(origin.connections.length > 0 ? { expandable: 'collapsed' as const } : {}),
    tooltip: [
      [t('Origin'), origin.key],
      [t('Opened'), String(origin.opened)],
      [t('Reused'), String(origin.reused)],
      ...(origin.lastClose === undefined ? [] : ([[t('Latest end'), describeClose(origin.lastClose)]] as const)),
    ],
    copies: origin.key,
  };
}

function stateWords(connection: ConnectionSummary, { t, now }: RowSurroundings): string {
  switch (connection.state) {
    case 'connecting':
      return t('connecting');
    case 'busy':
      return t('busy');
    case 'tunnel':
      return t('tunnel');
    case 'idle':
      return t('idle for {0}', roughTime(now - (connection.idleSince ?? now)));
  }
}

export function connectionRow(connection: ConnectionSummary, surroundings: RowSurroundings): Item {
  const { t, now } = surroundings;
  const exchanges = connection.exchanges === 1 ? t('1 exchange') : t('{0} exchanges', connection.exchanges);
  return {
    id: `connection/${connection.id}`,
    label: `#${connection.id}`,
    description: facts(
      stateWords(connection, surroundings),
      exchanges,
      t('{0} old', roughTime(now - connection.openedAt)),
      `↑ ${formatBytes(connection.bytesSent)} ↓ ${formatBytes(connection.bytesReceived)}`,
      connection.remote,
    ),
    icon: icons[connection.state],
    context: 'connection',
    copies: connection.remote,
  };
}

/** What stands behind the tree's title. */
export function connectionsDescription(origins: readonly OriginSummary[], { t }: RowSurroundings): string {
  const all = origins.flatMap((origin) => origin.connections);
  if (all.length === 0) return '';
  return facts(t('{0} busy', count(all, 'busy', 'connecting', 'tunnel')), t('{0} idle', count(all, 'idle')));
}
