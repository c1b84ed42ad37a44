// How an address that is listened on is written, and what to say where others than this machine reach it.
import { isIPv6 } from 'node:net';
import { isLoopback } from '../../base/loopback.ts';

/** As in `http://127.0.0.1:8080`; IPv6 in brackets (RFC 3986 §3.2.2). */
export function urlOf(host: string, port: number): string {
  return `http://${isIPv6(host) ? `[${host}]` : host}:${port}`;
}

/** The warning for an address, given as the socket says it; undefined where only this machine can reach it. */
export function exposureOf(host: string): string | undefined {
  if (isLoopback(host)) return undefined;
  return `warning: other machines can reach this proxy and send requests through it (${host})`;
}
