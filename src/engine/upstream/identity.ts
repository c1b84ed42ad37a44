// What makes two connections to upstream interchangeable: everything that matters for trust, spelled out.
import { formatAuthority } from '../../http/target.ts';

/** The identity of a pooled connection. */
export interface UpstreamIdentity {
  readonly scheme: 'http' | 'https';
  /** Lower case; a name, an IPv4 address, or an IPv6 address without brackets. */
  readonly host: string;
  readonly port: number;
  /** Where to connect instead of to `host`: a client in a tunnel to this address asked for that name (SNI). */
  readonly address?: string;
  /** The client connection whose credentials are bound to it (NTLM, Negotiate): never shared with another. */
  readonly boundTo?: number;
}

/** Equal for two identities exactly if their connections may be exchanged for each other. */
export function identityKey(identity: UpstreamIdentity): string {
  const origin = `${identity.scheme}://${formatAuthority(identity.host, identity.port, identity.scheme)}`;
  const reached = identity.address === undefined ? origin : `${origin} at ${identity.address}`;
  return identity.boundTo === undefined ? reached : `${reached} (client connection ${identity.boundTo})`;
}
