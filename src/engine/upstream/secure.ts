// TLS with upstream: verified by us right after the handshake, so that a refused certificate can be shown with its chain.
import { isIP, type Socket } from 'node:net';
import { checkServerIdentity, type ConnectionOptions, type DetailedPeerCertificate, type TLSSocket } from 'node:tls';
import type { CertificateRecord, TlsRecord } from '../../contract/decisions.ts';
import { ProxyError } from '../../contract/errors.ts';
import { tlsWords } from './causes.ts';
import type { UpstreamIdentity } from './identity.ts';
import type { UpstreamTrust } from './trust.ts';

const LONGEST_CHAIN = 10;
const MOST_NAMES = 100;

/** OpenSSL's words for what Node tells by code. */
const PROBLEMS: Readonly<Record<string, string>> = {
  UNABLE_TO_GET_ISSUER_CERT: 'the certificate of an issuer is missing',
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
    'unable to get the certificate of an issuer: no authority that is trusted here signed it',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE:
    'unable to verify the first certificate: the server sent no intermediate ones, or an unknown authority signed it',
  DEPTH_ZERO_SELF_SIGNED_CERT: 'self-signed certificate',
  SELF_SIGNED_CERT_IN_CHAIN: 'self-signed certificate in the chain: its authority is not trusted here',
  CERT_HAS_EXPIRED: 'the certificate has expired',
  CERT_NOT_YET_VALID: 'the certificate is not valid yet',
  CERT_REVOKED: 'the certificate was revoked',
  CERT_SIGNATURE_FAILURE: 'a signature in the chain is wrong',
  INVALID_PURPOSE: 'the certificate is not for servers',
};

/** A certificate was refused; the record goes into the flow. */
export class RefusedPeer extends Error {
  readonly tls: TlsRecord;

  constructor(message: string, tls: TlsRecord) {
    super(message);
    this.name = 'RefusedPeer';
    this.tls = tls;
  }
}

/** What is learnt during a handshake and cannot be asked for afterwards. */
export interface Handshake {
  /** With an option that the types of Node lack. */
  readonly options: ConnectionOptions & { readonly requestOCSP: boolean };
  /** Of the session that is offered, where one is. */
  readonly chain: readonly CertificateRecord[] | undefined;
  nameProblem: string | undefined;
  /** The server's certificate, where Node had to read it anyway; reading it costs a third of a millisecond. */
  peer: DetailedPeerCertificate | undefined;
}

/** TLS options for a server of that name. `key` names the sessions that may be resumed. */
export function handshakeFor(
  host: string,
  parts: {
    readonly trust: UpstreamTrust;
    readonly key: string;
    readonly context: ConnectionOptions['secureContext'];
    readonly http2: boolean;
  },
): Handshake {
  const kept = parts.trust.session(parts.key);
  const handshake: Handshake = {
    nameProblem: undefined,
    peer: undefined,
    chain: kept?.chain,
    options: {
      servername: isIP(host) === 0 ? host : '',
      ...(parts.context === undefined ? {} : { secureContext: parts.context }),
      ...(kept === undefined ? {} : { session: kept.session }),
      ALPNProtocols: parts.http2 ? ['h2', 'http/1.1'] : ['http/1.1'],
      requestOCSP: true,
      // Not left unverified: `judgePeer` does it, with the chain at hand, before anything is sent.
      rejectUnauthorized: false,
      checkServerIdentity: (_name, certificate) => {
        const problem = checkServerIdentity(host, certificate);
        handshake.nameProblem = problem?.message;
        handshake.peer = certificate as DetailedPeerCertificate;
        return problem;
      },
    },
  };
  return handshake;
}

function nameOf(subject: DetailedPeerCertificate['subject'] | undefined): string {
  const parts = Object.entries(subject ?? {});
  return parts.map(([key, value]) => `${key}=${Array.isArray(value) ? value.join('+') : String(value)}`).join(', ');
}

function recordOf(certificate: DetailedPeerCertificate): CertificateRecord {
  const names = certificate.subjectaltname === undefined ? [] : certificate.subjectaltname.split(', ');
  return {
    subject: nameOf(certificate.subject),
    issuer: nameOf(certificate.issuer),
    names: names.slice(0, MOST_NAMES),
    validFrom: Date.parse(certificate.valid_from),
    validTo: Date.parse(certificate.valid_to),
    fingerprint: certificate.fingerprint256,
  };
}

function chainOf(socket: TLSSocket, { peer }: Handshake): readonly CertificateRecord[] {
  const chain: CertificateRecord[] = [];
  // Node gives an empty object where there is no certificate.
  let certificate: Partial<DetailedPeerCertificate> | undefined = peer ?? socket.getPeerCertificate(true);
  while (certificate?.fingerprint256 !== undefined && chain.length < LONGEST_CHAIN) {
    chain.push(recordOf(certificate as DetailedPeerCertificate));
    const issuer: Partial<DetailedPeerCertificate> | undefined = certificate.issuerCertificate;
    // A self-signed certificate is its own issuer.
    certificate = issuer?.fingerprint256 === certificate.fingerprint256 ? undefined : issuer;
  }
  return chain;
}

function problemOf(socket: TLSSocket, handshake: Handshake): string | undefined {
  if (socket.authorized) return undefined;
  if (handshake.nameProblem !== undefined) return handshake.nameProblem;
  const error = socket.authorizationError as Error | string | undefined;
  const code = error instanceof Error ? error.message : String(error);
  return PROBLEMS[code] ?? code;
}

/** The record of a handshake that is complete. */
export function describeTls(
  socket: TLSSocket,
  handshake: Handshake,
  parts: { readonly trust: UpstreamTrust; readonly stapled: boolean; readonly clientCertificate: string | undefined },
): TlsRecord {
  const problem = problemOf(socket, handshake);
  const resumed = socket.isSessionReused();
  return {
    version: socket.getProtocol() ?? 'unknown',
    cipher: socket.getCipher().name,
    alpn: socket.alpnProtocol === false || socket.alpnProtocol === null ? '' : socket.alpnProtocol,
    chain:
      resumed && handshake.chain !== undefined ? handshake.chain : parts.trust.sharedChain(chainOf(socket, handshake)),
    stapled: parts.stapled,
    resumed,
    ...(problem === undefined ? {} : { problem }),
    ...(parts.clientCertificate === undefined ? {} : { clientCertificate: parts.clientCertificate }),
  };
}

/** Remembers the sessions that a connection offers, from now on. */
export function rememberSessions(
  socket: TLSSocket,
  parts: { readonly trust: UpstreamTrust; readonly key: string; readonly chain: readonly CertificateRecord[] },
): void {
  const { trust, key, chain } = parts;
  // Tickets of TLS 1.3 come after the handshake, a session of TLS 1.2 has come in it.
  const early = socket.getProtocol() === 'TLSv1.3' ? undefined : socket.getSession();
  if (early !== undefined) trust.keepSession(key, { session: early, chain });
  socket.on('session', (session: Buffer) => trust.keepSession(key, { session, chain }));
}

/** The error for a certificate that must not be accepted; undefined for one that may. */
export function judgePeer(identity: UpstreamIdentity, record: TlsRecord): ProxyError | undefined {
  if (record.problem === undefined || identity.unverified === true) return undefined;
  const { host } = identity;
  const peer = new RefusedPeer(record.problem, record);
  return new ProxyError('certificate', { host, cause: record.problem }, peer);
}

/** A client certificate that upstream wants comes as an alert (RFC 8446 §6.2), in TLS 1.3 only after the handshake. */
export function isCertificateRequired(error: unknown): boolean {
  const code = (error as NodeJS.ErrnoException | undefined)?.code;
  return code?.includes('ALERT_CERTIFICATE_REQUIRED') === true;
}

/** Names an error of TLS. */
export function nameTlsFailure(error: Error | undefined, host: string): ProxyError {
  if (isCertificateRequired(error)) return new ProxyError('client-certificate-needed', { host }, error);
  return new ProxyError(
    'tls',
    { host, cause: error === undefined ? 'the connection was closed' : tlsWords(error) },
    error,
  );
}

/** Whether a socket is TLS, of whatever layer. */
export function isTlsSocket(socket: Socket): socket is TLSSocket {
  return 'encrypted' in socket;
}
