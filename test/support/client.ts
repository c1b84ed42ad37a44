// Clients from libraries, pointed at the proxy: node:http in absolute form, undici with and without a tunnel.
import { Agent, request, type IncomingHttpHeaders } from 'node:http';
import { ProxyAgent } from 'undici';
import type { Proxy } from './proxy.ts';
import type { Stage } from './stage.ts';

/** An answer as node:http gives it. */
export interface NodeAnswer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly rawHeaders: readonly string[];
  readonly body: string;
  readonly trailers: NodeJS.Dict<string>;
}

/** A node:http agent with keep-alive that ends with the test. */
export function keepAliveAgent(stage: Stage, maxSockets = Infinity): Agent {
  const agent = new Agent({ keepAlive: true, maxSockets });
  stage.closing(() => agent.destroy());
  return agent;
}

export interface NodeRequest {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string | readonly string[]>>;
  readonly body?: string | Buffer;
  readonly agent?: Agent;
}

/** Asks for an absolute URL through the proxy. */
export async function viaNode(proxy: Proxy, url: string, options: NodeRequest = {}): Promise<NodeAnswer> {
  const { method = 'GET', headers = {}, body, agent } = options;
  return await new Promise<NodeAnswer>((fulfil, reject) => {
    const outgoing = request({
      host: '127.0.0.1',
      port: proxy.port,
      path: url,
      method,
      agent: agent ?? false,
      headers: { host: new URL(url).host, ...headers } as Record<string, string>,
    });
    outgoing.once('error', reject);
    outgoing.once('response', (response) => {
      let text = '';
      response.setEncoding('latin1').on('data', (piece: string) => (text += piece));
      response.once('error', reject);
      response.once('end', () => {
        const { statusCode = 0, rawHeaders, trailers } = response;
        fulfil({ status: statusCode, headers: response.headers, rawHeaders, body: text, trailers });
      });
    });
    outgoing.end(body);
  });
}

/** undici's agent for proxies; without `tunnel` it sends absolute URLs, with it CONNECT even for http. */
export function undiciAgent(stage: Stage, proxy: Proxy, tunnel: boolean): ProxyAgent {
  const agent = new ProxyAgent({ uri: proxy.url, proxyTunnel: tunnel });
  stage.closing(async () => await agent.close());
  return agent;
}
