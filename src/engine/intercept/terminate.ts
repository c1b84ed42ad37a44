// Ends a client's TLS with us: the handshake, and the client that turns away from our certificate during or right after it.
import type { Socket } from 'node:net';
import { TLSSocket, type SecureContext } from 'node:tls';
import type { Clock } from '../../base/clock.ts';
import type { ClientTlsRecord } from '../../contract/decisions.ts';
import { runsOn } from '../break-off.ts';
import type { ClientHello } from './client-hello.ts';

/** How a client's TLS began, or why it did not. */
export type Termination =
  | {
      readonly kind: 'secured';
      readonly socket: TLSSocket;
      /** What came first inside; at least one byte. */
      readonly first: Buffer;
      readonly tls: ClientTlsRecord;
    }
  /** The client does not take our certificate. */
  | { readonly kind: 'rejected'; readonly cause: string }
  /** The handshake failed for another reason. */
  | { readonly kind: 'failed'; readonly cause: string }
  /** The handshake was good, and then nothing was asked. */
  | { readonly kind: 'unused' };

export interface TerminationOptions {
  readonly context: SecureContext;
  readonly hello: ClientHello;
  /** What we choose from, for the ALPN. */
  readonly protocols: readonly string[];
  readonly clock: Clock;
  readonly timeouts: {
    /** For the handshake, in ms. */
    readonly request: number;
    /** For the first byte after it, in ms. */
    readonly clientIdle: number;
  };
}

// A client that verifies only after the handshake closes then and there; one that connected in advance stays for longer (ms).
const AT_ONCE = 1000;

/** Alerts by which clients say what they think of a certificate (RFC 8446 §6.2), as OpenSSL and BoringSSL name them. */
const VERDICTS: readonly (readonly [code: RegExp, cause: string])[] = [
  [/ALERT_UNKNOWN_CA$/, 'it does not know who issued it (alert unknown_ca)'],
  [/ALERT_BAD_CERTIFICATE$/, 'it does not trust it, or expects a certain one (alert bad_certificate)'],
  [/ALERT_CERTIFICATE_UNKNOWN$/, 'it does not trust it, or expects a certain one (alert certificate_unknown)'],
  [/ALERT_CERTIFICATE_EXPIRED$/, 'by its clock it is not valid now (alert certificate_expired)'],
  [/ALERT_(UNSUPPORTED_CERTIFICATE|CERTIFICATE_REVOKED|ACCESS_DENIED)$/, 'it does not take such a certificate (alert)'],
];

/** @param code as `ERR_SSL_TLSV1_ALERT_UNKNOWN_CA`. */
function failure(code: string): Termination {
  const verdict = VERDICTS.find(([pattern]) => pattern.test(code));
  if (verdict !== undefined) return { kind: 'rejected', cause: verdict[1] };
  return { kind: 'failed', cause: code.slice('ERR_SSL_'.length).toLowerCase().replaceAll('_', ' ') };
}

function describe(socket: TLSSocket, hello: ClientHello): ClientTlsRecord {
  const { alpnProtocol } = socket;
  return {
    version: socket.getProtocol() ?? 'unknown',
    cipher: socket.getCipher().name,
    alpn: typeof alpnProtocol === 'string' ? alpnProtocol : '',
    ...(hello.serverName === undefined ? {} : { serverName: hello.serverName }),
    resumed: socket.isSessionReused(),
  };
}

/**
 * Takes over a socket that nobody listens to and resolves when the first byte came inside, or when it is clear that none
 * will; then the socket is closed. Never rejects.
 * @param first what was read of the socket so far, from the ClientHello on.
 */
export async function terminate(socket: Socket, first: Buffer, options: TerminationOptions): Promise<Termination> {
  const { context, hello, protocols, clock, timeouts } = options;
  socket.unshift(first);
  const secured = new TLSSocket(socket, {
    isServer: true,
    secureContext: context,
    // Where the client offers nothing, nothing is chosen.
    ...(hello.protocols.length > 0 ? { ALPNProtocols: [...protocols] } : {}),
  });
  runsOn(secured, socket);
  let securedAt: number | undefined;
  let failed: Termination | undefined;
  // A client that breaks off has left; where nothing of the kind is heard before the close, it was us.
  let left = false;
  // Node says only by this event why a handshake failed; an error later on must end the socket too.
  secured.on('_tlsError', (error: NodeJS.ErrnoException) => {
    if (error.code?.startsWith('ERR_SSL_') === true) failed ??= failure(error.code);
    else left = true;
    secured.destroy();
  });
  secured.on('error', () => {
    left = true;
    secured.destroy();
  });
  return await new Promise<Termination>((fulfil) => {
    let timer = setTimeout(() => {
      failed ??= { kind: 'failed', cause: `no handshake within ${timeouts.request / 1000} s (timeouts.request)` };
      secured.destroy();
    }, timeouts.request);
    const settle = (termination: Termination): void => {
      clearTimeout(timer);
      secured.off('data', data).off('end', ended).off('close', over).off('secure', secure);
      if (termination.kind !== 'secured') secured.destroy();
      fulfil(termination);
    };
    const data = (chunk: Buffer): void => {
      secured.pause();
      settle({ kind: 'secured', socket: secured, first: chunk, tls: describe(secured, hello) });
    };
    const ended = (): void => settle(failed ?? ending(securedAt, clock.monotonic()));
    const over = (): void => (left ? ended() : settle(failed ?? { kind: 'unused' }));
    const secure = (): void => {
      securedAt = clock.monotonic();
      // Only the servers of node:tls set it, and node:http2 waits for it with a socket like this one.
      Object.assign(secured, { secureConnecting: false });
      clearTimeout(timer);
      timer = setTimeout(() => secured.destroy(), timeouts.clientIdle);
    };
    secured.on('secure', secure).on('data', data).on('end', ended).on('close', over);
  });
}

/** What it means that the client closed before it asked for anything. */
function ending(securedAt: number | undefined, now: number): Termination {
  if (securedAt === undefined) {
    return { kind: 'rejected', cause: 'it closed the connection as soon as it had seen it' };
  }
  if (now - securedAt > AT_ONCE) return { kind: 'unused' };
  return { kind: 'rejected', cause: 'it closed the connection right after the handshake, without a request' };
}
