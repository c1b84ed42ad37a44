// The client of a request that the proxy sends by itself: it takes every answer, and nobody reads it.
import { Socket } from 'node:net';
import { Fields } from '../../http/fields.ts';
import type { RequestHead } from '../../http/head.ts';
import { writeRequestHead } from '../../http/writer.ts';
import type { Clock } from '../../base/clock.ts';
import { Outlet } from '../outlet.ts';
import { Exchange, type ClientSide } from './exchange.ts';
import { Http1Responder } from './http1-responder.ts';

/** Never connected, so it holds no descriptor; what is written to it is gone. */
class Sink extends Socket {
  override _write(_chunk: unknown, _encoding: string, done: (error?: Error | null) => void): void {
    done();
  }

  override _writev(_chunks: unknown, done: (error?: Error | null) => void): void {
    done();
  }
}

const ignored = (): void => undefined;

/** An exchange with a request without a body, in absolute form, of which the answer is read by nobody. */
export function exchangeForNobody(
  request: { readonly method: string; readonly url: string; readonly fields: Fields; readonly source: string },
  clock: Clock,
): Exchange {
  const { method, url, fields, source } = request;
  const head: RequestHead = { method, target: url, minor: 1, fields };
  const socket = new Sink();
  const client: ClientSide = {
    id: 0,
    protocol: 'http/1',
    socket,
    role: { kind: 'forward' },
    source,
    remoteAddress: '127.0.0.1:0',
    halfClosed: false,
    boundOrigins: new Set(),
    get gone() {
      return socket.destroyed;
    },
    abandon: () => socket.destroy(),
    detach: () => Buffer.alloc(0),
  };
  const responder = new Http1Responder({
    outlet: new Outlet(socket),
    minor: 1,
    head: method === 'HEAD',
    persistent: () => true,
    stalled: ignored,
    reset: () => socket.destroy(),
  });
  socket.on('drain', () => responder.drained());
  const bytes = Buffer.from(writeRequestHead(head), 'latin1');
  const started = { wall: clock.wall(), monotonic: clock.monotonic() };
  const control = { pause: ignored, resume: ignored };
  const exchange = new Exchange(
    client,
    { head, framing: { kind: 'none' }, bytes, number: 1 },
    started,
    responder,
    control,
  );
  exchange.requestEnd(Fields.none);
  return exchange;
}
