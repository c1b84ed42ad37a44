// The client that sends the suite's requests through the proxy, in absolute form or as to the origin itself.
import { once } from 'node:events';
import { Agent, request as send, type IncomingMessage } from 'node:http';
import { connect, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import type { TestRequest } from './suite.ts';
import { linesOf, valueOf, type Lines } from './values.ts';

/** What the client was answered. */
export interface Reception {
  readonly status: number;
  readonly fields: Lines;
  readonly body: string;
  readonly interim: readonly { readonly status: number; readonly fields: Lines }[];
}

interface Outgoing {
  readonly method: string;
  /** Path and query. */
  readonly path: string;
  readonly fields: Lines;
  readonly body?: string | undefined;
}

/** How it speaks to the proxy. */
export type Way =
  /** Absolute targets. */
  | { readonly kind: 'absolute' }
  /** As if it were the origin. */
  | { readonly kind: 'direct' }
  /** TLS in a CONNECT tunnel, trusting this authority (PEM). */
  | { readonly kind: 'tunnel'; readonly ca: string };

/** ms after which a client of the suite gives up. */
const TIMEOUT = 10_000;

export class SuiteClient {
  readonly #agent = new Agent({ keepAlive: false });
  readonly #port: number;
  readonly #host: string;
  readonly #way: Way;
  readonly #prefix: string;
  /** How many requests were sent. */
  sent = 0;

  /** @param port of the proxy; @param origin as `http://127.0.0.1:8000`. */
  constructor(port: number, origin: string, way: Way) {
    this.#port = port;
    this.#host = new URL(origin).host;
    this.#way = way;
    this.#prefix = way.kind === 'absolute' ? origin : '';
  }

  /** Sends one request; it must be answered with a whole message. */
  async exchange({ method, path, fields, body }: Outgoing): Promise<Reception> {
    this.sent += 1;
    const headers = [['Host', this.#host], ...fields].flat();
    if (body !== undefined) headers.push('Content-Length', String(Buffer.byteLength(body)));
    const tunnel = this.#way.kind === 'tunnel' ? await this.#openTunnel(this.#way.ca) : undefined;
    return await new Promise((fulfil, reject) => {
      const interim: { status: number; fields: Lines }[] = [];
      const request = send({
        host: '127.0.0.1',
        port: this.#port,
        ...(tunnel === undefined ? { agent: this.#agent } : { createConnection: () => tunnel }),
        method,
        path: this.#prefix + path,
        headers,
        timeout: TIMEOUT,
      });
      request.on('information', ({ statusCode, rawHeaders }) =>
        interim.push({ status: statusCode, fields: linesOf(rawHeaders) }),
      );
      request.once('timeout', () => request.destroy(new Error(`no answer within ${TIMEOUT / 1000} s`)));
      request.once('error', reject);
      request.once('response', (response) => {
        wholeOf(response).then((text) => {
          const { statusCode: status = 0, rawHeaders } = response;
          fulfil({ status, fields: linesOf(rawHeaders), body: text, interim });
        }, reject);
      });
      request.end(body);
    });
  }

  /** A connection to the origin as its client sees it, with whom it ends up being verified. */
  async #openTunnel(ca: string): Promise<Socket> {
    const socket = connect({ host: '127.0.0.1', port: this.#port });
    socket.write(`CONNECT ${this.#host} HTTP/1.1\r\nHost: ${this.#host}\r\n\r\n`);
    const [answer] = (await once(socket, 'data')) as [Buffer];
    if (!answer.toString('latin1').startsWith('HTTP/1.1 200 '))
      throw new Error(`CONNECT: ${answer.toString('latin1')}`);
    const secured = connectTls({ socket, host: '127.0.0.1', ca });
    await once(secured, 'secureConnect');
    return secured;
  }
}

async function wholeOf(response: IncomingMessage): Promise<string> {
  const pieces: Buffer[] = [];
  for await (const piece of response) pieces.push(piece as Buffer);
  return Buffer.concat(pieces).toString('latin1');
}

/** The request of a test as it goes over the wire; `serverNow` is the previous answer's, for relative dates. */
export function outgoing(
  { id, uuid }: { readonly id: string; readonly uuid: string },
  request: TestRequest,
  number: number,
  serverNow: number,
): Outgoing {
  const query = request.query_arg === undefined ? '' : `?${request.query_arg}`;
  const file = request.filename === undefined ? '' : `/${request.filename}`;
  const own = (request.request_headers ?? []).map(
    (field) => [field[0], valueOf(field, request, serverNow, '')] as const,
  );
  return {
    method: request.request_method ?? 'GET',
    path: `/test/${uuid}${file}${query}`,
    fields: [
      // What keeps a client from adding its own.
      ['Pragma', 'foo'],
      ['Cache-Control', 'nothing-to-see-here'],
      ...own,
      ['Test-Name', id],
      ['Test-ID', id],
      ['Req-Num', String(number)],
    ],
    body: request.request_body,
  };
}
