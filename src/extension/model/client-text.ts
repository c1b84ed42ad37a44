// Who sent a request, in words.
import type { FlowDetail } from '../../contract/model.ts';
import type { Translate } from '../translate.ts';

export function clientText(flow: FlowDetail, t: Translate): string {
  const { clientAddress, clientConnection, clientExchange } = flow;
  if (clientConnection === 0) return t('Wirelens itself, to revalidate what the cache has');
  return t('{0}, exchange {1} on connection {2}', clientAddress, clientExchange, clientConnection);
}
