// What makes two connections to upstream interchangeable: everything that matters for trust, spelled out.
import { proxyName, type UpstreamProxy } from '../../contract/upstream.ts';
import { formatAuthority } from '../../http/target.ts';

/** A proxy on the way. */
export interface Via {
  readonly proxy: UpstreamProxy;
  /** Whether the connection is a tunnel through it; false where it is asked with absolute URLs. */
  readonly tunnel: boolean;
}

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
  readonly via?: Via;
  /** The address that is set for the host (`dnsOverrides`). */
  readonly address?: string;
  /** A wrong certificate is accepted. */
  readonly unverified?: true;
  /** The file of the certificate that is shown to upstream where it asks for one. */
  readonly clientCertificate?: string;
}

function detours(identity: UpstreamIdentity): string {
  const { via, address, unverified, clientCertificate } = identity;
  let words = '';
  if (via !== undefined) words += ` via ${proxyName(via.proxy)}${via.tunnel ? '' : ' (absolute URLs)'}`;
  if (address !== undefined) words += ` at ${address}`;
  if (clientCertificate !== undefined) words += ` with ${clientCertificate}`;
  return unverified === undefined ? words : `${words} (not verified)`;
}

/** Equal for two identities exactly if their connections may be exchanged for each other. */
export function identityKey(identity: UpstreamIdentity): string {
  const origin = `${identity.scheme}://${formatAuthority(identity.host, identity.port, identity.scheme)}`;
  const spoken = identity.priorKnowledge === true ? `${origin} (HTTP/2)` : origin;
  const name = `${spoken}${detours(identity)}`;
  return identity.boundTo === undefined ? name : `${name} (client connection ${identity.boundTo})`;
}
