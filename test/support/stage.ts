// What an integration test plays on: everything made through it is ended after the test, and nothing may be left over.
import assert from 'node:assert/strict';
import { spawn, type ChildProcess } from 'node:child_process';
import type { RequestListener } from 'node:http';
import { trustTestAuthority } from './certificates.ts';
import { connectTo, head, type Conversation } from './conversation.ts';
import { HttpOrigin, ScriptedOrigin, type OriginOptions } from './origin.ts';
import { Proxy, type ProxyOptions } from './proxy.ts';
import { until } from './until.ts';

trustTestAuthority();

/** How many resources of each kind keep this process alive. */
function resources(): Map<string, number> {
  const counts = new Map<string, number>();
  for (const kind of process.getActiveResourcesInfo()) {
    // The waiting itself takes immediates.
    if (kind !== 'Immediate') counts.set(kind, (counts.get(kind) ?? 0) + 1);
  }
  return counts;
}

function surplus(before: ReadonlyMap<string, number>): string[] {
  const more: string[] = [];
  for (const [kind, count] of resources()) {
    const known = before.get(kind) ?? 0;
    if (count > known) more.push(`${count - known} ${kind}`);
  }
  return more;
}

/** What a run of curl gave. */
export interface CurlResult {
  readonly code: number;
  readonly output: string;
  readonly errors: string;
}

export class Stage {
  readonly #proxies: Proxy[] = [];
  readonly #origins: (ScriptedOrigin | HttpOrigin)[] = [];
  readonly #clients: Conversation[] = [];
  readonly #processes = new Set<ChildProcess>();
  readonly #closing: (() => Promise<void> | void)[] = [];
  #before: ReadonlyMap<string, number> = new Map();

  begin(): void {
    this.#before = resources();
  }

  async proxy(options: ProxyOptions = {}): Promise<Proxy> {
    const proxy = await Proxy.start(options);
    this.#proxies.push(proxy);
    return proxy;
  }

  /** A server that the test speaks for. */
  async origin(options: OriginOptions = {}): Promise<ScriptedOrigin> {
    const origin = await ScriptedOrigin.start(options);
    this.#origins.push(origin);
    return origin;
  }

  async httpOrigin(handler: RequestListener, options: OriginOptions = {}): Promise<HttpOrigin> {
    const origin = await HttpOrigin.start(handler, options);
    this.#origins.push(origin);
    return origin;
  }

  /** A raw client that is connected to the proxy. */
  async client(proxy: Proxy): Promise<Conversation> {
    const client = await connectTo(proxy.port);
    this.#clients.push(client);
    return client;
  }

  /** Resolves when the engine has read all that was sent to it before: what comes later is read later. */
  async caughtUp(proxy: Proxy): Promise<void> {
    const client = await this.client(proxy);
    client.send(head('GET http://wirelens.test/ HTTP/1.1', 'Host: wirelens.test', 'Connection: close'));
    await client.readAnswer();
    await client.rest();
    client.reset();
  }

  /** Runs curl to its end. */
  async curl(...options: readonly string[]): Promise<CurlResult> {
    return await this.run('curl', '--silent', '--show-error', '--noproxy', '', '--max-time', '8', ...options);
  }

  /** Runs a program to its end. */
  async run(program: string, ...options: readonly string[]): Promise<CurlResult> {
    const child = spawn(program, options, {
      env: { PATH: process.env['PATH'] ?? '' },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.#processes.add(child);
    let output = '';
    let errors = '';
    child.stdout.setEncoding('latin1').on('data', (text: string) => (output += text));
    child.stderr.setEncoding('latin1').on('data', (text: string) => (errors += text));
    const code = await new Promise<number>((fulfil, reject) => {
      child.once('error', reject);
      child.once('close', (status) => fulfil(status ?? -1));
    });
    this.#processes.delete(child);
    return { code, output, errors };
  }

  /** Ends something else after the test, before the proxies. */
  closing(close: () => Promise<void> | void): void {
    this.#closing.push(close);
  }

  /** Ends everything: clients first, as a reset so that the engine knows at once; then origins; then the engines. */
  async end(): Promise<void> {
    for (const child of this.#processes) child.kill('SIGKILL');
    for (const client of this.#clients.splice(0)) client.reset();
    for (const close of this.#closing.splice(0)) await close();
    for (const origin of this.#origins.splice(0)) await origin.close();
    for (const proxy of this.#proxies.splice(0)) await proxy.end();
    await until(
      () => surplus(this.#before).length === 0,
      'everything is closed',
      () => surplus(this.#before),
    );
    assert.deepEqual(surplus(this.#before), []);
  }
}

/** A stage for every test of the `describe` that calls it. */
export function useStage(): Stage {
  const stage = new Stage();
  // Mocha sets the timer of an asynchronous hook after its first step: count it as one that was there before.
  beforeEach(async () => {
    await new Promise<void>((fulfil) => setImmediate(fulfil));
    stage.begin();
  });
  afterEach(async () => await stage.end());
  return stage;
}
