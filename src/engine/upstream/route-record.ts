// What a flow's record says about the way to upstream: proxy, overridden address, TLS.
import type { ConnectionRecord } from '../../contract/decisions.ts';
import { proxyName } from '../../contract/upstream.ts';
import type { Dialled } from './dial.ts';
import type { UpstreamIdentity } from './identity.ts';

type Route = Pick<ConnectionRecord, 'via' | 'overridden' | 'tls'>;
type Writable<T> = { -readonly [Key in keyof T]: T[Key] };

export function routeRecord({ via, address }: UpstreamIdentity, { tls }: Dialled): Route {
  const route: Writable<Route> = {};
  if (via !== undefined) route.via = proxyName(via.proxy);
  if (address !== undefined) route.overridden = address;
  if (tls !== undefined) route.tls = tls;
  return route;
}
