// What proxies are held against: no proxy at all, and the least that Node can do between two sockets.
import { freePort, startScript } from '../system/child.ts';
import { onceListening, type Contender } from './contender.ts';

export const direct: Contender = {
  name: 'direct',
  title: 'no proxy',
  can: { everything: true },
  missing: () => undefined,
  start: async ({ originPort }) => ({ port: originPort, pids: [], stop: async () => undefined }),
};

export const relay: Contender = {
  name: 'relay',
  title: 'bare TCP relay in Node',
  can: { everything: true },
  missing: () => undefined,
  async start({ cpus, originPort }) {
    const port = await freePort();
    return await onceListening(
      await startScript('tcp-relay.ts', [String(port), String(originPort)], { cpu: cpus.proxy }),
      port,
    );
  },
};
