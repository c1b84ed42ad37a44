// The messages that most integration tests exchange, as text on the wire.
import { head, type Conversation } from './conversation.ts';

/** Whatever stands behind the proxy. */
interface Target {
  readonly authority: string;
  url(path?: string): string;
}

/** A request as a client sends it to a proxy. */
export function asked(target: Target, path: string, ...fields: readonly string[]): string {
  return head(`GET ${target.url(path)} HTTP/1.1`, `Host: ${target.authority}`, ...fields);
}

/** The same request as upstream has to see it. */
export function forwarded(target: Target, path: string, ...fields: readonly string[]): string {
  return head(`GET ${path} HTTP/1.1`, `Host: ${target.authority}`, ...fields);
}

/** A 200 with a body by length. */
export function ok(body: string, ...fields: readonly string[]): string {
  return head('HTTP/1.1 200 OK', ...fields, `Content-Length: ${body.length}`) + body;
}

/** One GET all the way to `upstream` and back. */
export async function roundTrip(
  client: Conversation,
  upstream: Conversation | Promise<Conversation>,
  target: Target,
  path = '/',
): Promise<Conversation> {
  client.send(asked(target, path));
  const taken = await upstream;
  await taken.expect(forwarded(target, path));
  taken.send(ok(`answer to ${path}`));
  await client.expect(ok(`answer to ${path}`));
  return taken;
}
