// The record of what came to no request: refused bytes, a TLS handshake that failed. Still a flow, so that it is seen.
import type { ProxyError } from '../../contract/errors.ts';
import type { Clock } from '../../base/clock.ts';
import type { Recorder } from '../capture/recorder.ts';
import type { ClientSide } from '../listen/exchange.ts';

/** Records a failure that belongs to no request, with the bytes that came where they say something. */
export function recordUnread(
  client: Pick<ClientSide, 'id' | 'source' | 'remoteAddress'> & Partial<Pick<ClientSide, 'tls'>>,
  error: ProxyError,
  parts: { readonly clock: Clock; readonly recorder: Pick<Recorder, 'begin'> },
  bytes?: Buffer,
): void {
  const { clock, recorder } = parts;
  const record = recorder.begin({
    kind: 'exchange',
    method: '',
    url: '',
    source: client.source,
    clientAddress: client.remoteAddress,
    clientConnection: client.id,
    clientExchange: 0,
    clientTls: client.tls,
    startedAt: clock.wall(),
    startedMonotonic: clock.monotonic(),
  });
  if (bytes !== undefined) record.refused(bytes);
  record.fail(error.toRecord());
  record.finish(clock.monotonic());
}
