// Whom a request is for: its target read against the role of the connection that it came on.
import { ProxyError } from '../../contract/errors.ts';
import type { RequestHead } from '../../http/head.ts';
import { formatAuthority, parseAuthority, parseTarget, sameAuthority } from '../../http/target.ts';
import { WireError } from '../../http/wire-error.ts';
import type { ConnectionRole } from '../listen/role.ts';
import type { UpstreamIdentity } from '../upstream/identity.ts';

/** Where an exchange goes, and under which name it is known. */
export interface Destination {
  readonly identity: UpstreamIdentity;
  /** As it stands in Host. */
  readonly authority: string;
  /** Path and query, or `*`. */
  readonly path: string;
  /** The absolute URL, normalised: the effective request URI (RFC 9110 §7.1). */
  readonly url: string;
  /** False inside a tunnel where Host names another than the tunnel leads to: such answers must not be cached under it. */
  readonly authoritative: boolean;
}

/** The name under which the proxy answers about itself. */
export const OWN_NAME = 'wirelens.test';

function destination(identity: UpstreamIdentity, path: string): Destination {
  const authority = formatAuthority(identity.host, identity.port, identity.scheme);
  const pathOfUrl = path === '*' ? '' : path;
  return { identity, authority, path, url: `${identity.scheme}://${authority}${pathOfUrl}`, authoritative: true };
}

function refused(rule: string): ProxyError {
  return new ProxyError('bad-target', { rule });
}

function fromAbsolute(head: RequestHead, role: ConnectionRole): Destination {
  const target = parseTarget(head.method, head.target);
  if (target.form !== 'absolute') throw refused('the request target is not absolute');
  const { scheme, host, port, path } = target;
  const whole = head.method === 'OPTIONS' && target.path === '/' ? pathOfOptions(head) : path;
  const { origin } = role.kind === 'forward' ? { origin: undefined } : role;
  if (origin !== undefined && role.kind === 'inside-tunnel') {
    if (origin.scheme === scheme && origin.host === host && origin.port === port) return destination(origin, whole);
    const leads = `${origin.scheme}://${formatAuthority(origin.host, origin.port, origin.scheme)}`;
    throw refused(`the tunnel leads to ${leads}, the request to another`);
  }
  if (origin !== undefined && role.kind === 'reverse') return destination(origin, path);
  return destination({ scheme, host, port }, whole);
}

/** RFC 9112 §3.2.4: an OPTIONS request without a path is for the server as a whole. */
function pathOfOptions(head: RequestHead): string {
  return /^[a-z]+:\/\/[^/?]*$/i.test(head.target) ? '*' : '/';
}

/**
 * Reads the target of anything but CONNECT.
 * @throws ProxyError `bad-target`, WireError of the target's grammar.
 */
export function destinationOf(head: RequestHead, role: ConnectionRole): Destination {
  const first = head.target.charCodeAt(0);
  const originForm = first === 0x2f || head.target === '*';
  if (!originForm) return fromAbsolute(head, role);
  if (role.kind === 'forward') throw refused('this is a proxy port, and the request target is not an absolute URL');
  parseTarget(head.method, head.target);
  const plain = destination(role.origin, head.target);
  return role.kind === 'inside-tunnel' ? withOwnHost(plain, head) : plain;
}

/** Inside a tunnel the client speaks to its server: the Host that it sent stays, and names what it asked for. */
function withOwnHost(plain: Destination, head: RequestHead): Destination {
  const host = head.fields.get('host');
  if (host === undefined || host === plain.authority) return plain;
  const { identity, path } = plain;
  const authoritative = sameAuthority(parseAuthority(host), identity, identity.scheme);
  if (authoritative) return { ...plain, authority: host };
  return {
    identity,
    authority: host,
    path,
    url: `${identity.scheme}://${host}${path === '*' ? '' : path}`,
    authoritative,
  };
}

/**
 * The authority of a CONNECT request (RFC 9110 §9.3.6): a host, and a port that must be there.
 * @throws ProxyError `bad-target`.
 */
export function tunnelDestination(head: RequestHead, role: ConnectionRole): UpstreamIdentity {
  if (role.kind !== 'forward') throw refused('CONNECT is for proxy ports, and this is none');
  try {
    const { host, port } = parseAuthority(head.target);
    if (port === undefined) throw refused('CONNECT without a port');
    return { scheme: 'http', host, port };
  } catch (error) {
    if (error instanceof WireError) throw refused(error.rule);
    throw error;
  }
}
