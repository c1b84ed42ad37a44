// Tells whether an address and port lead back to ourselves, however they are spelled.
import { networkInterfaces } from 'node:os';
import { isIPv6 } from 'node:net';
import { isLoopback } from '../../base/loopback.ts';

/** Where we listen, as the socket says it. */
export interface ListeningAddress {
  readonly address: string;
  readonly port: number;
}

/** One spelling for equal addresses: IPv4 inside IPv6 unwrapped, zones dropped. */
function normalise(address: string): string {
  const plain = address.toLowerCase().replace(/%.*$/, '');
  if (!isIPv6(plain)) return plain;
  const shortest = new URL(`http://[${plain}]`).hostname.slice(1, -1);
  const mapped = /^::ffff:([0-9a-f]{1,4}):([0-9a-f]{1,4})$/.exec(shortest);
  if (mapped?.[1] === undefined || mapped[2] === undefined) return shortest;
  const [high, low] = [Number.parseInt(mapped[1], 16), Number.parseInt(mapped[2], 16)];
  return [high >> 8, high & 0xff, low >> 8, low & 0xff].join('.');
}

function isUnspecified(address: string): boolean {
  return address === '0.0.0.0' || address === '::';
}

function isLocal(address: string): boolean {
  if (isLoopback(address) || isUnspecified(address)) return true;
  return Object.values(networkInterfaces()).some((list) => list?.some((one) => normalise(one.address) === address));
}

/** Whether a connection to `address` and `port` would reach the listener at `own`. */
export function leadsTo(own: ListeningAddress, address: string, port: number): boolean {
  if (port !== own.port) return false;
  const asked = normalise(address);
  const listening = normalise(own.address);
  if (isUnspecified(listening)) return isLocal(asked);
  return asked === listening || isUnspecified(asked);
}
