// What the cache's integration tests play: a proxy with one client, and an origin that answers what it is told.
import type { Conversation, ReadAnswer } from './conversation.ts';
import { asked } from './messages.ts';
import type { ScriptedOrigin } from './origin.ts';
import type { Proxy, ProxyOptions } from './proxy.ts';
import type { Stage } from './stage.ts';

/** A proxy with one client, and an origin that answers what it is told. */
export class Scene {
  readonly proxy: Proxy;
  readonly origin: ScriptedOrigin;
  readonly client: Conversation;
  #upstream: Conversation | undefined;

  private constructor(proxy: Proxy, origin: ScriptedOrigin, client: Conversation) {
    this.proxy = proxy;
    this.origin = origin;
    this.client = client;
  }

  static async begin(stage: Stage, options: ProxyOptions = {}): Promise<Scene> {
    const proxy = await stage.proxy(options);
    return new Scene(proxy, await stage.origin(), await stage.client(proxy));
  }

  /** Asks, has upstream answer, and yields what upstream was asked. */
  async forward(path: string, fields: readonly string[], answer: string): Promise<string> {
    this.client.send(asked(this.origin, path, ...fields));
    const asking = await this.answer(answer);
    await this.client.readAnswer();
    return asking;
  }

  /** A client of its own that asks. */
  async another(stage: Stage, path: string, ...fields: readonly string[]): Promise<Conversation> {
    const client = await stage.client(this.proxy);
    client.send(asked(this.origin, path, ...fields));
    return client;
  }

  /** Has upstream answer the next request. */
  async answer(answer: string): Promise<string> {
    const upstream = await this.upstream();
    const asking = await upstream.readHead();
    upstream.send(answer);
    return asking;
  }

  /** The connection on which upstream is asked. */
  async upstream(): Promise<Conversation> {
    this.#upstream ??= await this.origin.accept();
    return this.#upstream;
  }

  /** Upstream ends its connection. */
  hangUp(): void {
    this.#upstream?.end();
    this.#upstream = undefined;
  }

  /** Asks, and upstream must not be bothered. */
  async ask(path: string, ...fields: readonly string[]): Promise<ReadAnswer> {
    this.client.send(asked(this.origin, path, ...fields));
    return await this.client.readAnswer();
  }

  async cached(number: number): Promise<string> {
    return (await this.proxy.flow(number)).cache;
  }
}
