// Answers the calls of the contract: each is one method of the part that knows.
import type { EngineCalls } from '../../contract/engine.ts';
import type { Handlers } from '../../contract/rpc.ts';
import type { Engine } from '../engine.ts';
import type { Publisher } from './publisher.ts';

const MOST_SUMMARIES = 1000;
const MOST_MESSAGES = 200;
const MOST_HOSTS = 1000;

interface Answering {
  readonly engine: Engine;
  readonly publisher: Publisher;
}

export function createHandlers({ engine, publisher }: Answering): Handlers<EngineCalls> {
  const { bodies, recorder } = engine;
  const { store } = recorder;
  return {
    configure: (settings) => engine.configure(settings),
    listen: () => engine.listen(),
    close: async () => {
      await engine.close();
      return undefined;
    },
    setCapturing: (on) => {
      engine.setCapturing(on);
      return undefined;
    },
    clearFlows: () => {
      store.clear();
      return undefined;
    },
    flushCache: () => engine.cache.flush(),
    evictCacheEntry: (id) => engine.cache.evict(id),
    flushCacheHost: (host) => engine.cache.care.flushHost(host),
    cacheHosts: () => engine.cache.care.hosts(MOST_HOSTS),
    expireCacheEntry: (id) => engine.cache.care.expire(id),
    pinCacheEntry: ({ id, pinned }) => engine.cache.care.pin(id, pinned),
    revalidateCacheEntry: (id) => engine.revalidate(id),
    setCacheOrder: (order) => {
      engine.cache.care.sortBy(order);
      return undefined;
    },
    openCacheBody: ({ id, form }) => engine.openCacheBody(id, form),
    flowDetail: async (id) => {
      const number = store.numberOf(id);
      return number === undefined ? undefined : await store.detail(number);
    },
    flowsBefore: ({ before, count }) => {
      const number = before === undefined ? undefined : store.numberOf(before);
      if (before !== undefined && number === undefined) return [];
      return store.before(number, Math.min(count, MOST_SUMMARIES));
    },
    flowMessages: async ({ id, from, count }) => {
      const number = store.numberOf(id);
      return number === undefined ? undefined : await store.messageWindow(number, from, Math.min(count, MOST_MESSAGES));
    },
    openBody: (choice) => bodies.openBody(choice),
    readBody: ({ handle, offset }) => bodies.readBody(handle, offset),
    closeBody: (handle) => {
      bodies.closeBody(handle);
      return undefined;
    },
    acknowledge: (sequence) => {
      publisher.acknowledge(sequence);
      return undefined;
    },
  };
}
