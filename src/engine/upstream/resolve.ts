// Names to addresses: the system's resolver, both loopback addresses for localhost, and never our own listeners.
import { lookup } from 'node:dns/promises';
import { isIP } from 'node:net';
import { ProxyError } from '../../contract/errors.ts';
import { formatAuthority } from '../../http/target.ts';
import { codeOf, systemWords } from './causes.ts';

export interface Address {
  readonly address: string;
  readonly family: 4 | 6;
}

/** Tells whether a connection to this address and port would reach one of our own listeners. */
export type OwnAddress = (address: string, port: number) => boolean;

const LOCALHOST: readonly Address[] = [
  { address: '::1', family: 6 },
  { address: '127.0.0.1', family: 4 },
];

function isLocalhost(host: string): boolean {
  return host === 'localhost' || host.endsWith('.localhost') || host === 'localhost.';
}

async function addressesOf(host: string): Promise<readonly Address[]> {
  const family = isIP(host);
  if (family === 4 || family === 6) return [{ address: host, family }];
  if (isLocalhost(host)) return LOCALHOST;
  try {
    const found = await lookup(host, { all: true, verbatim: true });
    return found.map(({ address, family }) => ({ address, family: family === 6 ? 6 : 4 }));
  } catch (error) {
    if (codeOf(error) === 'ENOTFOUND') throw new ProxyError('name-not-found', { host }, error);
    throw new ProxyError('name-lookup-failed', { host, cause: systemWords(error) }, error);
  }
}

/**
 * All addresses of a host in the order in which they are to be tried (RFC 6724, RFC 8305). Addresses of our own
 * listeners are refused, whatever name led to them, since a request to ourselves would go round in a circle.
 */
export async function resolve(host: string, port: number, isOwn: OwnAddress): Promise<readonly Address[]> {
  const addresses = await addressesOf(host);
  if (addresses.some(({ address }) => isOwn(address, port))) {
    throw new ProxyError('own-address', { authority: formatAuthority(host, port, 'http') });
  }
  return addresses;
}
