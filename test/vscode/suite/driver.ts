// What the suites share: an upstream server, clients in processes of their own, and waiting for what the views come to show.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { promisify } from 'node:util';
import { gzipSync } from 'node:zlib';
import * as vscode from 'vscode';
import { becomesTrue } from '../support/wait.ts';

const run = promisify(execFile);
const limit = 20_000;

/** A server to send requests to, which counts what it sees. */
export interface Upstream {
  readonly origin: string;
  /** Requests that reached it. */
  readonly requests: string[];
  /** Sockets that are open now. */
  readonly open: () => number;
  close(): Promise<void>;
}

type Route = (request: IncomingMessage, response: ServerResponse) => void;

const users = JSON.stringify({ users: [{ id: 7, name: 'Ada' }], page: 2 });

/** Paths of the upstream and what they answer. */
const routes: Readonly<Record<string, Route>> = {
  '/cached': (request, response) => {
    const fields = { 'Content-Type': 'text/plain', 'Cache-Control': 'max-age=600', ETag: '"1"' };
    if (request.headers['if-none-match'] === fields.ETag) response.writeHead(304, fields).end();
    else response.writeHead(200, fields).end('kept for ten minutes\n');
  },
  '/greeting': (request, response) => {
    const german = request.headers['accept-language'] === 'de';
    response
      .writeHead(200, { 'Content-Type': 'text/plain', 'Cache-Control': 'max-age=600', Vary: 'Accept-Language' })
      .end(german ? 'Guten Tag\n' : 'Hello\n');
  },
  '/large': (_request, response) => {
    response.writeHead(200, { 'Content-Type': 'text/plain', 'Cache-Control': 'max-age=600' }).end('x'.repeat(700_000));
  },
  '/users': (_request, response) => {
    response.writeHead(200, {
      'Content-Type': 'application/json',
      'Content-Encoding': 'gzip',
      'Cache-Control': 'no-store',
      'Set-Cookie': 'id=secret-cookie; Path=/',
    });
    response.end(gzipSync(users));
  },
  '/bytes': (_request, response) => {
    response.writeHead(200, { 'Content-Type': 'application/octet-stream' }).end(Buffer.from([0, 1, 2, 3, 250, 251]));
  },
  '/missing': (_request, response) => {
    response.writeHead(404, { 'Content-Type': 'text/plain' }).end('no such thing\n');
  },
  '/echo': (request, response) => {
    response.writeHead(200, { 'Content-Type': request.headers['content-type'] ?? 'text/plain' });
    request.pipe(response);
  },
};

function answer(request: IncomingMessage, response: ServerResponse): void {
  const path = (request.url ?? '').split('?')[0] ?? '';
  const route =
    routes[path] ?? ((_request, made) => made.writeHead(200, { 'Content-Type': 'text/plain' }).end('hello\n'));
  route(request, response);
}

export async function startUpstream(): Promise<Upstream> {
  const requests: string[] = [];
  const sockets = new Set<Socket>();
  const server: Server = createServer({ keepAliveTimeout: 60_000 }, (request, response) => {
    requests.push(`${request.method} ${request.url}`);
    answer(request, response);
  });
  server.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  const { port } = server.address() as AddressInfo;
  return {
    origin: `http://127.0.0.1:${port}`,
    requests,
    open: () => sockets.size,
    close: async () => {
      server.closeAllConnections();
      await new Promise<void>((resolve) => {
        server.close(() => resolve());
      });
    },
  };
}

/** The environment of a client, without what it says about proxies. */
function plainEnvironment(): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !/_proxy$/i.test(name)));
}

/** Sends a request with curl through the proxy and gives the body. */
export async function curl(proxy: string, url: string, ...more: readonly string[]): Promise<string> {
  const fixed = ['--silent', '--show-error', '--max-time', '20', '--noproxy', '', '--proxy', proxy];
  const { stdout } = await run('curl', [...fixed, ...more, url], { env: plainEnvironment() });
  return stdout;
}

const fetching = `fetch(process.argv[1]).then(async (response) => console.log(response.status + ' ' + (await response.text())))`;

/** Whether this Node's own fetch can use a proxy at all: it does from 22.21 and 24 on. */
export const fetchKnowsProxies = process.allowedNodeEnvironmentFlags.has('--use-env-proxy');

/** Sends a request with Node's own fetch, in a process of its own, and gives the status and the body. */
export async function nodeFetch(proxy: string, url: string): Promise<string> {
  const env = { ...plainEnvironment(), ELECTRON_RUN_AS_NODE: '1', NODE_USE_ENV_PROXY: '1', HTTP_PROXY: proxy };
  const { stdout } = await run(process.execPath, ['-e', fetching, url], { env });
  return stdout.trim();
}

const pouring = `
const { Agent, get } = require('node:http');
const [proxy, path, rate, seconds] = process.argv.slice(1);
const { hostname, port } = new URL(proxy);
const options = { hostname, port, path, headers: { host: new URL(path).host }, agent: new Agent({ keepAlive: true, maxSockets: 16 }) };
const total = rate * seconds;
const started = performance.now();
let [sent, answered] = [0, 0];
const send = () => {
  const due = Math.min(total, Math.ceil(((performance.now() - started) / 1000) * rate));
  for (; sent < due; sent += 1) get(options, (response) => response.resume().on('end', finish));
  if (sent < total) setTimeout(send, 10);
};
const finish = () => {
  answered += 1;
  if (answered < total) return;
  console.log(answered);
  options.agent.destroy();
};
send();
`;

/** Sends so many requests a second through the proxy, from a process of its own, and gives how many were answered. */
export async function pour(proxy: string, url: string, rate: number, seconds: number): Promise<number> {
  const env = { ...plainEnvironment(), ELECTRON_RUN_AS_NODE: '1' };
  const { stdout } = await run(process.execPath, ['-e', pouring, proxy, url, String(rate), String(seconds)], { env });
  return Number(stdout);
}

interface Api {
  proxyUrl(): string | undefined;
}

/** The extension's public API. */
export async function api(): Promise<Api> {
  const extension = vscode.extensions.getExtension<Api>('wirelens.wirelens');
  assert.ok(extension, 'the extension is not installed');
  return extension.activate();
}

/** Waits for a condition, and says what was waited for where it does not come true. */
export async function eventually(what: string, condition: () => boolean | Promise<boolean>): Promise<void> {
  assert.ok(await becomesTrue(condition, limit), `waited in vain: ${what}`);
}

/** Sets a setting of the user and waits until it counts. Undefined takes it back. */
export async function setSetting(name: string, value: unknown): Promise<void> {
  await vscode.workspace.getConfiguration('wirelens').update(name, value, vscode.ConfigurationTarget.Global);
}

/** Runs a command of ours. */
export async function command(name: string, ...args: unknown[]): Promise<unknown> {
  return vscode.commands.executeCommand(`wirelens.${name}`, ...args);
}
