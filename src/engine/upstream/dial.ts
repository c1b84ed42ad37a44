// Opens one connection to upstream: resolve, connect (happy eyeballs, RFC 8305), the proxy on the way, TLS; each step timed.
import { connect, isIP, type LookupFunction, type Socket } from 'node:net';
import { connect as connectTls, type TLSSocket } from 'node:tls';
import type { Cancellation } from '../../base/cancellation.ts';
import type { Clock } from '../../base/clock.ts';
import type { TlsRecord } from '../../contract/decisions.ts';
import { ProxyError } from '../../contract/errors.ts';
import { proxyName, type UpstreamProxy } from '../../contract/upstream.ts';
import type { ParserLimits } from '../../http/head-scanner.ts';
import { formatAuthority } from '../../http/target.ts';
import { codeOf, systemWords } from './causes.ts';
import { identityKey, type UpstreamIdentity, type Via } from './identity.ts';
import { resolve, type Address, type OwnAddress } from './resolve.ts';
import { describeTls, handshakeFor, judgePeer, nameTlsFailure, rememberSessions, type Handshake } from './secure.ts';
import { inTime, step, type StepLimits } from './step.ts';
import { passThrough } from './through-proxy.ts';
import type { UpstreamTrust } from './trust.ts';

/** Moments on the monotonic clock, in ms. */
export interface DialTiming {
  readonly started: number;
  readonly resolved: number;
  /** The tunnel through an upstream proxy counts as part of the connection. */
  readonly connected: number;
  /** For TLS only. */
  readonly secured?: number;
}

export interface Dialled {
  readonly socket: Socket;
  /** The socket that has the addresses, where TLS runs inside another connection. */
  readonly carrier?: Socket;
  readonly timing: DialTiming;
  readonly tls?: TlsRecord;
}

export interface DialOptions {
  readonly clock: Clock;
  readonly isOwn: OwnAddress;
  readonly trust: UpstreamTrust;
  readonly parserLimits: () => ParserLimits;
  /** For name, connection and TLS together, in ms. */
  readonly timeout: number;
  readonly cancellation: Cancellation;
  /** Whether HTTP/2 is offered (ALPN, RFC 7301). */
  readonly http2: boolean;
}

const ATTEMPT_DELAY = 250;

function lookupOf(addresses: readonly Address[]): LookupFunction {
  return (_host, options, callback) => {
    if (options.all === true) callback(null, [...addresses]);
    else callback(null, addresses[0]?.address ?? '', addresses[0]?.family);
  };
}

/** All addresses that were tried, where more than one was: whoever named `localhost` may not think of `::1`. */
function triedAddresses(error: unknown): string | undefined {
  if (!(error instanceof AggregateError)) return undefined;
  const failures = error.errors as readonly { readonly address?: string; readonly port?: number }[];
  return failures.map(({ address = '?', port = 0 }) => formatAuthority(address, port, undefined)).join(', ');
}

function nameConnectFailure(error: Error | undefined, first: string): ProxyError {
  const address = triedAddresses(error) ?? first;
  if (error === undefined) return new ProxyError('connection-failed', { address, cause: 'closed' });
  if (codeOf(error) === 'ECONNREFUSED') return new ProxyError('connection-refused', { address }, error);
  return new ProxyError('connection-failed', { address, cause: systemWords(error) }, error);
}

/** Whom a socket is opened to. */
interface Endpoint {
  readonly host: string;
  readonly port: number;
  readonly addresses: readonly Address[];
}

function open({ host, port, addresses }: Endpoint, secure: Handshake | undefined): Socket {
  const common = {
    host,
    port,
    lookup: lookupOf(addresses),
    // A tunnel may be ended on one side only.
    allowHalfOpen: true,
    autoSelectFamily: addresses.length > 1,
    autoSelectFamilyAttemptTimeout: ATTEMPT_DELAY,
  };
  if (secure === undefined) return connect({ ...common, noDelay: true });
  const socket = connectTls({ ...common, ...secure.options });
  socket.setNoDelay(true);
  return socket;
}

/** What a dial knows at every step. */
interface Dialling {
  readonly identity: UpstreamIdentity;
  readonly options: DialOptions;
  readonly limits: StepLimits;
}

function lateTo(address: string, options: DialOptions): () => ProxyError {
  return () => new ProxyError('connect-timeout', { address, seconds: options.timeout / 1000 });
}

async function secureFor({ identity, options, limits }: Dialling): Promise<Handshake> {
  const { trust } = options;
  const made = trust.context(identity.clientCertificate);
  const context = made instanceof Promise ? await inTime(made, limits, lateTo(identity.host, options)) : made;
  return handshakeFor(identity.host, { trust, key: identityKey(identity), context, http2: options.http2 });
}

/** Waits for the end of a handshake and judges the certificate. */
function watchHandshake(
  socket: TLSSocket,
  { identity, options }: Dialling,
  handshake: Handshake,
  end: { readonly done: (tls: TlsRecord) => void; readonly fail: (error: Error) => void },
): void {
  const { trust } = options;
  let stapled = false;
  socket.once('OCSPResponse', (response: Buffer | null) => (stapled = response !== null && response.length > 0));
  socket.once('secureConnect', () => {
    const { clientCertificate } = identity;
    const tls = describeTls(socket, handshake, { trust, stapled, clientCertificate });
    const refused = judgePeer(identity, tls);
    if (refused !== undefined) {
      end.fail(refused);
      return;
    }
    rememberSessions(socket, { trust, key: identityKey(identity), chain: tls.chain });
    end.done(tls);
  });
}

/** One socket straight to upstream: name, connection and TLS. */
async function dialStraight(dialling: Dialling): Promise<Dialled> {
  const { identity, options, limits } = dialling;
  const { clock } = options;
  const handshake = identity.scheme === 'https' ? await secureFor(dialling) : undefined;
  const started = clock.monotonic();
  const asked = identity.address ?? identity.host;
  const naming = resolve(asked, identity.port, options.isOwn);
  const addresses = await inTime(naming, limits, lateTo(identity.host, options));
  options.cancellation.throwIfCancelled();
  const resolved = clock.monotonic();
  const address = formatAuthority(addresses[0]?.address ?? identity.host, identity.port, undefined);
  const socket = open({ host: identity.host, port: identity.port, addresses }, handshake);
  let connected = 0;
  return await step<Dialled>(socket, {
    limits,
    start: (done, fail) => {
      socket.once('connect', () => {
        connected = clock.monotonic();
        if (handshake === undefined) done({ socket, timing: { started, resolved, connected } });
      });
      if (handshake === undefined) return;
      watchHandshake(socket as TLSSocket, dialling, handshake, {
        done: (tls) => done({ socket, timing: { started, resolved, connected, secured: clock.monotonic() }, tls }),
        fail,
      });
    },
    name: (error) =>
      connected > 0 && error !== undefined ? nameTlsFailure(error, identity.host) : nameConnectFailure(error, address),
    late: lateTo(address, options),
  });
}

function proxyFailure(proxy: UpstreamProxy, error: unknown): Error {
  const isOurs = error instanceof ProxyError;
  if (isOurs && error.code === 'own-address') return new ProxyError('proxy-loop', { proxy: proxyName(proxy) }, error);
  const upstreams = isOurs && error.entry.source === 'upstream';
  return upstreams || !isOurs
    ? new ProxyError('proxy-failed', { proxy: proxyName(proxy), cause: (error as Error).message }, error)
    : error;
}

/** A connection to the proxy itself, with TLS where it is an HTTPS proxy. */
async function dialProxy({ proxy }: Via, dialling: Dialling): Promise<Dialled> {
  const scheme = proxy.scheme === 'https' ? 'https' : 'http';
  const identity: UpstreamIdentity = { scheme, host: proxy.host, port: proxy.port };
  try {
    return await dialStraight({ ...dialling, identity, options: { ...dialling.options, http2: false } });
  } catch (error) {
    dialling.options.cancellation.throwIfCancelled();
    throw proxyFailure(proxy, error);
  }
}

/** TLS with upstream on the tunnel that leads to it. */
async function secureTunnel(tunnel: Dialled, dialling: Dialling): Promise<Dialled> {
  const { identity, options, limits } = dialling;
  const handshake = await secureFor(dialling);
  const carrier = tunnel.socket;
  carrier.on('error', () => undefined);
  const socket = connectTls({ ...handshake.options, socket: carrier });
  const tls = await step<TlsRecord>(socket, {
    limits,
    start: (done, fail) => watchHandshake(socket, dialling, handshake, { done, fail }),
    name: (error) => nameTlsFailure(error, identity.host),
    late: lateTo(identity.host, options),
  });
  const timing = { ...tunnel.timing, secured: options.clock.monotonic() };
  return { socket, carrier: tunnel.carrier ?? carrier, timing, tls };
}

async function dialVia(via: Via, dialling: Dialling): Promise<Dialled> {
  const { identity, options, limits } = dialling;
  const { host, port } = identity;
  if (isIP(host) !== 0 && options.isOwn(host, port)) {
    throw new ProxyError('own-address', { authority: formatAuthority(host, port, 'http') });
  }
  const { socket, timing } = await dialProxy(via, dialling);
  if (!via.tunnel) return { socket, timing: { ...timing } };
  await passThrough(socket, {
    proxy: via.proxy,
    target: { host: identity.address ?? host, port },
    limits,
    parserLimits: options.parserLimits(),
  });
  const { started, resolved } = timing;
  const tunnel = { socket, timing: { started, resolved, connected: options.clock.monotonic() } };
  return identity.scheme === 'https' ? await secureTunnel(tunnel, dialling) : tunnel;
}

/** The first time, certificates and keys are read from files; that is no part of the connection and its time limit. */
async function prepareTrust({ trust, cancellation }: DialOptions, clientCertificate?: string): Promise<void> {
  const context = trust.context(clientCertificate);
  if (!(context instanceof Promise)) return;
  const { promise: cancelled, reject } = Promise.withResolvers<never>();
  const watching = cancellation.onCancel(reject);
  try {
    await Promise.race([context, cancelled]);
  } finally {
    watching.dispose();
  }
}

/**
 * Opens a connection to upstream.
 * @throws ProxyError from the catalogue (name, connection, proxy, certificate, TLS, time-out), or the reason of the cancellation.
 */
export async function dial(identity: UpstreamIdentity, options: DialOptions): Promise<Dialled> {
  const { clock, cancellation } = options;
  if (identity.via?.proxy.scheme === 'https') await prepareTrust(options);
  if (identity.scheme === 'https') await prepareTrust(options, identity.clientCertificate);
  const dialling = { identity, options, limits: { clock, cancellation, until: clock.monotonic() + options.timeout } };
  return identity.via === undefined ? await dialStraight(dialling) : await dialVia(identity.via, dialling);
}
