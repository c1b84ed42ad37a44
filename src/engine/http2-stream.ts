// What both sides have to know of streams of node:http2.
import { constants, type Http2Stream } from 'node:http2';
import type { Duplex } from 'node:stream';

const NAMES: ReadonlyMap<number, string> = new Map([
  [constants.NGHTTP2_NO_ERROR, 'NO_ERROR'],
  [constants.NGHTTP2_PROTOCOL_ERROR, 'PROTOCOL_ERROR'],
  [constants.NGHTTP2_INTERNAL_ERROR, 'INTERNAL_ERROR'],
  [constants.NGHTTP2_FLOW_CONTROL_ERROR, 'FLOW_CONTROL_ERROR'],
  [constants.NGHTTP2_SETTINGS_TIMEOUT, 'SETTINGS_TIMEOUT'],
  [constants.NGHTTP2_STREAM_CLOSED, 'STREAM_CLOSED'],
  [constants.NGHTTP2_FRAME_SIZE_ERROR, 'FRAME_SIZE_ERROR'],
  [constants.NGHTTP2_REFUSED_STREAM, 'REFUSED_STREAM'],
  [constants.NGHTTP2_CANCEL, 'CANCEL'],
  [constants.NGHTTP2_COMPRESSION_ERROR, 'COMPRESSION_ERROR'],
  [constants.NGHTTP2_CONNECT_ERROR, 'CONNECT_ERROR'],
  [constants.NGHTTP2_ENHANCE_YOUR_CALM, 'ENHANCE_YOUR_CALM'],
  [constants.NGHTTP2_INADEQUATE_SECURITY, 'INADEQUATE_SECURITY'],
  [constants.NGHTTP2_HTTP_1_1_REQUIRED, 'HTTP_1_1_REQUIRED'],
]);

/** The name of an error code (RFC 9113 §7). */
export function http2ErrorName(code: number): string {
  return NAMES.get(code) ?? `error ${code}`;
}

export function isHttp2Stream(duplex: Duplex): duplex is Http2Stream {
  return 'rstCode' in duplex;
}

/**
 * Tells at `end` whether it came from a reset with NO_ERROR instead of END_STREAM: node:http2 ends the readable side for
 * both. It does so by pushing null, after a reset when the stream is closed already.
 */
export function watchEnd(stream: Http2Stream): { readonly byReset: boolean } {
  const seen = { ended: false, byReset: false };
  const push = stream.push.bind(stream);
  stream.push = (chunk: unknown, encoding?: BufferEncoding): boolean => {
    if (chunk === null && !seen.ended) {
      seen.ended = true;
      seen.byReset = stream.closed;
    }
    return push(chunk, encoding);
  };
  return seen;
}
