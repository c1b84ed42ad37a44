// Opens one connection to upstream: resolve, connect (happy eyeballs, RFC 8305), TLS; every step timed, every failure named.
import { connect, isIP, type LookupFunction, type Socket } from 'node:net';
import { connect as connectTls, createSecureContext, type TLSSocket } from 'node:tls';
import type { Cancellation } from '../../base/cancellation.ts';
import type { Clock } from '../../base/clock.ts';
import { ProxyError } from '../../contract/errors.ts';
import { formatAuthority } from '../../http/target.ts';
import { codeOf, systemWords, tlsWords } from './causes.ts';
import type { UpstreamIdentity } from './identity.ts';
import { resolve, type Address, type OwnAddress } from './resolve.ts';

/** Moments on the monotonic clock, in ms. */
export interface DialTiming {
  readonly started: number;
  readonly resolved: number;
  readonly connected: number;
  /** For TLS only. */
  readonly secured?: number;
}

export interface Dialled {
  readonly socket: Socket;
  readonly timing: DialTiming;
  readonly tls?: { readonly version: string; readonly cipher: string; readonly alpn: string };
}

export interface DialOptions {
  readonly clock: Clock;
  readonly isOwn: OwnAddress;
  /** For name, connection and TLS together, in ms. */
  readonly timeout: number;
  readonly cancellation: Cancellation;
  /** Whether HTTP/2 is offered (ALPN, RFC 7301). */
  readonly http2: boolean;
}

const ATTEMPT_DELAY = 250;

// One context for all connections saves a fifth of the CPU of a TLS connection.
let sharedContext: ReturnType<typeof createSecureContext> | undefined;

function lookupOf(addresses: readonly Address[]): LookupFunction {
  return (_host, options, callback) => {
    if (options.all === true) callback(null, [...addresses]);
    else callback(null, addresses[0]?.address ?? '', addresses[0]?.family);
  };
}

function isCertificateError(code: string): boolean {
  return /^(CERT_|ERR_TLS_CERT|UNABLE_TO_|SELF_SIGNED|DEPTH_ZERO|INVALID_CA|HOSTNAME_MISMATCH|CRL_|ERROR_IN_CERT)/.test(
    code,
  );
}

/** All addresses that were tried, where more than one was: whoever named `localhost` may not think of `::1`. */
function triedAddresses(error: unknown): string | undefined {
  if (!(error instanceof AggregateError)) return undefined;
  const failures = error.errors as readonly { readonly address?: string; readonly port?: number }[];
  return failures.map(({ address = '?', port = 0 }) => formatAuthority(address, port, undefined)).join(', ');
}

function nameFailure(error: unknown, identity: UpstreamIdentity, first: string, connected: boolean): ProxyError {
  const code = codeOf(error);
  if (!connected) {
    const address = triedAddresses(error) ?? first;
    if (code === 'ECONNREFUSED') return new ProxyError('connection-refused', { address }, error);
    return new ProxyError('connection-failed', { address, cause: systemWords(error) }, error);
  }
  const { host } = identity;
  if (!isCertificateError(code)) return new ProxyError('tls', { host, cause: tlsWords(error) }, error);
  return new ProxyError('certificate', { host, cause: error instanceof Error ? error.message : code }, error);
}

function open(identity: UpstreamIdentity, addresses: readonly Address[], http2: boolean): Socket {
  const common = {
    host: identity.host,
    port: identity.port,
    lookup: lookupOf(addresses),
    // A tunnel may be ended on one side only.
    allowHalfOpen: true,
    autoSelectFamily: addresses.length > 1,
    autoSelectFamilyAttemptTimeout: ATTEMPT_DELAY,
  };
  if (identity.scheme === 'http') return connect({ ...common, noDelay: true });
  sharedContext ??= createSecureContext();
  const ALPNProtocols = http2 ? ['h2', 'http/1.1'] : ['http/1.1'];
  const servername = isIP(identity.host) === 0 ? identity.host : '';
  const socket = connectTls({ ...common, servername, secureContext: sharedContext, ALPNProtocols });
  socket.setNoDelay(true);
  return socket;
}

function describeTls(socket: Socket): Dialled['tls'] {
  const secured = socket as TLSSocket;
  return {
    version: secured.getProtocol() ?? 'unknown',
    cipher: secured.getCipher().name,
    alpn: secured.alpnProtocol === false || secured.alpnProtocol === null ? '' : secured.alpnProtocol,
  };
}

/** Waits for `work`, but no longer than the limit (ms) and only while nobody cancels. The work itself goes on unseen. */
async function inTime<T>(work: Promise<T>, limit: number, late: () => Error, cancellation: Cancellation): Promise<T> {
  return await new Promise<T>((fulfil, reject) => {
    const timer = setTimeout(() => reject(late()), limit);
    const watching = cancellation.onCancel(reject);
    void work.then(fulfil, reject).finally(() => {
      clearTimeout(timer);
      watching.dispose();
    });
  });
}

/**
 * Opens a connection to upstream.
 * @throws ProxyError from the catalogue (name, connection, certificate, TLS, time-out), or the reason of the cancellation.
 */
export async function dial(identity: UpstreamIdentity, options: DialOptions): Promise<Dialled> {
  const { clock, cancellation } = options;
  const started = clock.monotonic();
  const seconds = options.timeout / 1000;
  const lateName = (): Error => new ProxyError('connect-timeout', { address: identity.host, seconds });
  const naming = resolve(identity.host, identity.port, options.isOwn);
  const addresses = await inTime(naming, options.timeout, lateName, cancellation);
  cancellation.throwIfCancelled();
  const resolved = clock.monotonic();
  const address = formatAuthority(addresses[0]?.address ?? identity.host, identity.port, undefined);
  return await new Promise<Dialled>((fulfil, reject) => {
    const socket = open(identity, addresses, options.http2);
    let connected = 0;
    const settle = (): void => {
      clearTimeout(timer);
      watching.dispose();
      socket.removeAllListeners('error').removeAllListeners('close');
    };
    const fail = (error: Error): void => {
      settle();
      socket.on('error', () => undefined);
      socket.destroy();
      reject(error);
    };
    const timer = setTimeout(
      () => fail(new ProxyError('connect-timeout', { address, seconds })),
      Math.max(1, options.timeout - (resolved - started)),
    );
    const watching = cancellation.onCancel(fail);
    socket.on('error', (error) => fail(nameFailure(error, identity, address, connected > 0)));
    socket.on('close', () => fail(new ProxyError('connection-failed', { address, cause: 'closed' })));
    socket.once('connect', () => {
      connected = clock.monotonic();
      if (identity.scheme === 'https') return;
      settle();
      fulfil({ socket, timing: { started, resolved, connected } });
    });
    socket.once('secureConnect', () => {
      settle();
      const tls = describeTls(socket);
      const timing = { started, resolved, connected, secured: clock.monotonic() };
      fulfil(tls === undefined ? { socket, timing } : { socket, timing, tls });
    });
  });
}
