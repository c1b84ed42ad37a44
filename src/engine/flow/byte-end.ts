// Ends the client's side of a pipe, be it a socket or a stream of HTTP/2.
import { constants } from 'node:http2';
import { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { breakOff } from '../break-off.ts';
import { isHttp2Stream } from '../http2-stream.ts';

/** Breaks it off so that the client cannot take it for an end (RFC 9113 §8.5: CONNECT_ERROR). */
export function resetAndDestroy(end: Duplex): void {
  if (end instanceof Socket) breakOff(end);
  else if (isHttp2Stream(end)) end.close(constants.NGHTTP2_CONNECT_ERROR);
  else end.destroy();
}

/** Destroys it once all that was written is on its way. */
export function destroySoon(end: Duplex): void {
  if (end instanceof Socket) end.destroySoon();
  else end.end();
}
