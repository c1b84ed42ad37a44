// The request as it goes to upstream: own target form, hop-by-hop fields removed, and nothing else unless it was set.
import type { EngineSettings } from '../../contract/settings.ts';
import type { Fields } from '../../http/fields.ts';
import type { Framing } from '../../http/framing.ts';
import type { RequestHead } from '../../http/head.ts';
import { offeredUpgrade, removeHopByHop } from '../../http/hop-by-hop.ts';
import { writeRequestHead } from '../../http/writer.ts';
import type { UpstreamProxy } from '../../contract/upstream.ts';
import { proxyAuthorization } from '../upstream/through-proxy.ts';
import type { Destination } from './destination.ts';

export interface Outgoing {
  /** Start line, field lines and empty line. */
  readonly head: string;
  /** What the head is made of, for HTTP/2. */
  readonly target: string;
  readonly fields: Fields;
  /** Names of the fields that were not forwarded. */
  readonly removed: readonly string[];
  /** Whether the client asks to leave HTTP/1.1 (RFC 9110 §7.8). */
  readonly upgrade: boolean;
}

export interface OutgoingOptions {
  readonly framing: Framing;
  readonly settings: EngineSettings;
  readonly clientAddress: string;
  /** Validators that the cache puts in place of the client's own. */
  readonly conditions: readonly (readonly [name: string, value: string])[] | undefined;
  /** The proxy that is asked for it with an absolute URL, where there is one. */
  readonly proxy?: UpstreamProxy | undefined;
}

const CONDITIONAL: ReadonlySet<string> = new Set(['if-none-match', 'if-modified-since']);

function addressOnly(remote: string): string {
  return remote.slice(0, remote.lastIndexOf(':')).replace(/^\[|\]$/g, '');
}

/** RFC 9112 §3.2.2: the Host that the client sent counts for nothing beside an absolute target. */
function withHost(fields: Fields, destination: Destination): Fields {
  return fields.get('host') === destination.authority ? fields : fields.replace('Host', destination.authority);
}

function withConditions(fields: Fields, conditions: OutgoingOptions['conditions']): Fields {
  if (conditions === undefined) return fields;
  let changed = fields.without(CONDITIONAL);
  for (const [name, value] of conditions) changed = changed.append(name, value);
  return changed;
}

function withOwnFields(fields: Fields, minor: 0 | 1, options: OutgoingOptions): Fields {
  const { headers, keepAlive } = options.settings;
  let changed = fields;
  if (headers.via) changed = changed.append('Via', `1.${minor} wirelens`);
  if (headers.forwardedFor) changed = changed.append('X-Forwarded-For', addressOnly(options.clientAddress));
  if (!keepAlive) changed = changed.append('Connection', 'close');
  return changed;
}

/** Composes what upstream gets. */
export function outgoingRequest(request: RequestHead, destination: Destination, options: OutgoingOptions): Outgoing {
  const upgrade = offeredUpgrade(request) !== undefined;
  const { fields: kept, removed } = removeHopByHop(request.fields, upgrade ? { keep: ['upgrade'] } : undefined);
  let fields = withHost(kept, destination);
  fields = withConditions(fields, options.conditions);
  if (!upgrade) fields = withOwnFields(fields, request.minor, options);
  const { proxy } = options;
  const authorization = proxy === undefined ? undefined : proxyAuthorization(proxy);
  if (authorization !== undefined) fields = fields.append('Proxy-Authorization', authorization);
  // RFC 9112 §3.2.2: a proxy is asked with the whole URL.
  const target = proxy === undefined ? destination.path : destination.url;
  const head = writeRequestHead({ method: request.method, target, fields });
  return { head, target, fields, removed, upgrade };
}
