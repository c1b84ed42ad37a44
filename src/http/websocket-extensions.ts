// What an upgrade to WebSocket agreed on: whether it is one, and which extensions its frames use (RFC 6455 §9.1, RFC 7692 §7).
import type { Fields } from './fields.ts';
import { splitList } from './lists.ts';
import { SEMICOLON } from './characters.ts';

/** How messages of each direction are compressed: without takeover every message is inflated by itself. */
interface Deflation {
  readonly clientTakeover: boolean;
  readonly serverTakeover: boolean;
}

export type FrameFormat =
  | { readonly kind: 'plain' }
  | { readonly kind: 'deflate'; readonly deflation: Deflation }
  /** Frames mean something that we don't know. */
  | { readonly kind: 'unknown' };

/** Whether a protocol that was switched to, as Upgrade or `:protocol` (RFC 8441 §5) names it, is WebSocket. */
export function isWebSocket(protocol: string | undefined): boolean {
  return protocol?.trim().toLowerCase() === 'websocket';
}

/** The format of the frames that follow a 101 with these fields. */
export function frameFormatOf(answer: Fields): FrameFormat {
  const extensions = answer.values('sec-websocket-extensions').flatMap((value) => splitList(value));
  if (extensions.length === 0) return { kind: 'plain' };
  const [name, ...given] = splitList(extensions[0] as string, SEMICOLON);
  if (extensions.length > 1 || name?.toLowerCase() !== 'permessage-deflate') return { kind: 'unknown' };
  // The sizes of the windows don't matter: the largest one inflates all.
  const parameters = new Set(given.map((parameter) => parameter.toLowerCase()));
  return {
    kind: 'deflate',
    deflation: {
      clientTakeover: !parameters.has('client_no_context_takeover'),
      serverTakeover: !parameters.has('server_no_context_takeover'),
    },
  };
}
