// What a client's connection is for, and so which request targets it takes.
import type { UpstreamIdentity } from '../upstream/identity.ts';

export type ConnectionRole =
  /** A proxy port: absolute form, and CONNECT. */
  | { readonly kind: 'forward' }
  /** A port in front of one upstream: origin form. */
  | { readonly kind: 'reverse'; readonly origin: UpstreamIdentity }
  /** Inside a tunnel (CONNECT, SOCKS) that carries HTTP, plain or in TLS that we ended: origin form for that authority. */
  | { readonly kind: 'inside-tunnel'; readonly origin: UpstreamIdentity };
