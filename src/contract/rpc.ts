// Typed calls and events over a port: requests are numbered, answers carry the number, events carry none.
import { disposable, type Disposable } from '../base/disposable.ts';
import type { Port } from './port.ts';

type CallMap = { readonly [name: string]: { argument: unknown; result: unknown } };

/** One function for each call of a contract. */
export type Handlers<Calls> = {
  readonly [Name in keyof Calls]: Calls[Name] extends { argument: infer Argument; result: infer Result }
    ? (argument: Argument) => Result | Promise<Result>
    : never;
};

interface CallMessage {
  readonly type: 'call';
  readonly id: number;
  readonly name: string;
  readonly argument: unknown;
}
interface ResultMessage {
  readonly type: 'result';
  readonly id: number;
  readonly result?: unknown;
  readonly error?: string;
}
interface EventMessage {
  readonly type: 'event';
  readonly name: string;
  readonly value: unknown;
}
type Message = CallMessage | ResultMessage | EventMessage;

/** The calling side. Calls under way are rejected with `ClosedError` when the port closes. */
export interface Client<Calls, Events> extends Disposable {
  call<Name extends keyof Calls & string>(
    name: Name,
    argument: Calls[Name] extends { argument: infer Argument } ? Argument : never,
  ): Promise<Calls[Name] extends { result: infer Result } ? Result : never>;
  on<Name extends keyof Events & string>(name: Name, listener: (value: Events[Name]) => void): Disposable;
}

/** The other side went away before it answered. */
export class ClosedError extends Error {
  constructor() {
    super('The connection to the engine is closed.');
    this.name = 'ClosedError';
  }
}

export function connectClient<Calls extends { [Name in keyof Calls]: CallMap[string] }, Events>(
  port: Port,
): Client<Calls, Events> {
  const waiting = new Map<number, { resolve: (value: never) => void; reject: (error: Error) => void }>();
  const listeners = new Map<string, Set<(value: never) => void>>();
  let next = 1;
  let closed = false;
  const close = (): void => {
    closed = true;
    for (const { reject } of waiting.values()) reject(new ClosedError());
    waiting.clear();
  };
  const messages = port.onMessage((raw) => {
    const message = raw as Message;
    if (message.type === 'event') {
      for (const listener of listeners.get(message.name) ?? []) listener(message.value as never);
    } else if (message.type === 'result') {
      const one = waiting.get(message.id);
      waiting.delete(message.id);
      if (message.error === undefined) one?.resolve(message.result as never);
      else one?.reject(new Error(message.error));
    }
  });
  const closing = port.onClose(close);
  return {
    call(name, argument) {
      if (closed) return Promise.reject(new ClosedError());
      const id = next++;
      return new Promise((resolve, reject) => {
        waiting.set(id, { resolve, reject });
        port.send({ type: 'call', id, name, argument } satisfies CallMessage);
      });
    },
    on(name, listener) {
      let own = listeners.get(name);
      if (own === undefined) listeners.set(name, (own = new Set()));
      own.add(listener);
      return disposable(() => own.delete(listener));
    },
    dispose() {
      messages.dispose();
      closing.dispose();
      close();
    },
  };
}

/** The answering side. */
export interface Server<Events> extends Disposable {
  announce<Name extends keyof Events & string>(name: Name, value: Events[Name]): void;
}

function isCall(raw: unknown): raw is CallMessage {
  return typeof raw === 'object' && raw !== null && (raw as { type?: unknown }).type === 'call';
}

export function serve<Calls extends { [Name in keyof Calls]: CallMap[string] }, Events>(
  port: Port,
  handlers: Handlers<Calls>,
): Server<Events> {
  const table = handlers as unknown as Record<string, ((argument: unknown) => unknown) | undefined>;
  const messages = port.onMessage((raw) => {
    if (!isCall(raw)) return;
    const handler = Object.hasOwn(table, raw.name) ? table[raw.name] : undefined;
    const run = async (): Promise<unknown> => {
      if (handler === undefined) throw new Error(`There is no call ${raw.name}.`);
      return await handler(raw.argument);
    };
    void run().then(
      (result) => port.send({ type: 'result', id: raw.id, result } satisfies ResultMessage),
      (error: unknown) =>
        port.send({
          type: 'result',
          id: raw.id,
          error: error instanceof Error ? error.message : String(error),
        } satisfies ResultMessage),
    );
  });
  return {
    announce: (name, value) => port.send({ type: 'event', name, value } satisfies EventMessage),
    dispose: () => messages.dispose(),
  };
}
