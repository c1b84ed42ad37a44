// What makes two connections to upstream interchangeable: everything that matters for trust, spelled out.
import { formatAuthority } from '../../http/target.ts';

/** The identity of a pooled connection. */
export interface UpstreamIdentity {
  readonly scheme: 'http' | 'https';
  /** Lower case; a name, an IPv4 address, or an IPv6 address without brackets. */
  readonly host: string;
  readonly port: number;
  /** HTTP/2 without TLS, spoken from the first byte (RFC 9113 §3.3); over TLS both sides agree by ALPN. */
  readonly priorKnowledge?: true;
  /** The client connection whose credentials are bound to it (NTLM, Negotiate): never shared with another. */
  readonly boundTo?: number;
}

/** Equal for two identities exactly if their connections may be exchanged for each other. */
export function identityKey(identity: UpstreamIdentity): string {
  const origin = `${identity.scheme}://${formatAuthority(identity.host, identity.port, identity.scheme)}`;
  const spoken = identity.priorKnowledge === true ? `${origin} (HTTP/2)` : origin;
  return identity.boundTo === undefined ? spoken : `${spoken} (client connection ${identity.boundTo})`;
}
