// What became of a tunnel, and TLS with a client, in words.
import type { ClientTlsRecord, InterceptDecision, TunnelRecord } from '../contract/decisions.ts';

const OPENED: Readonly<Record<Extract<InterceptDecision, { kind: 'intercept' }>['reason'], string>> = {
  all: 'Opened: all HTTPS is (https.intercept)',
  wired: 'Opened: the certificate of Wirelens was exported (https.intercept)',
  own: 'Opened: it leads to Wirelens itself',
};

const PASSED: Readonly<Record<Extract<InterceptDecision, { kind: 'tunnel' }>['reason'], string>> = {
  off: 'Not opened: interception is off (https.intercept)',
  'not-wired': 'Not opened: the certificate of Wirelens was not exported (https.intercept)',
  excluded: 'Not opened: the host is excluded (https.exclude)',
  'not-included': 'Not opened: the host is not included (https.include)',
  'rejected-before': 'Not opened: this client rejected the certificate of Wirelens before (https.bypassAfterRejection)',
  protocol: 'Not opened: the client offers only protocols that Wirelens does not speak',
  stream: 'Not opened: it is a stream of an HTTP/2 connection',
  'no-authority': 'Not opened: the certificate authority cannot be read or made; the log says why',
};

const INSIDE: Readonly<Record<NonNullable<TunnelRecord['inside']>, string>> = {
  tls: 'TLS',
  'http/1': 'HTTP/1',
  'http/2': 'HTTP/2',
  bytes: 'other bytes',
};

/** Whether a tunnel was opened and why, and what was in it. */
export function describeTunnel({ decision, inside }: TunnelRecord): string {
  const words = decision.kind === 'intercept' ? OPENED[decision.reason] : PASSED[decision.reason];
  return inside === undefined ? words : `${words} · ${INSIDE[inside]} inside`;
}

/** `TLSv1.3 · TLS_AES_256_GCM_SHA384 · http/1.1 · api.test · resumed` */
export function describeClientTls({ version, cipher, alpn, serverName, resumed }: ClientTlsRecord): string {
  return [version, cipher, alpn, serverName, resumed ? 'resumed' : undefined]
    .filter((part) => part !== undefined && part !== '')
    .join(' · ');
}
