// Many clients and upstreams that behave badly in every order: nothing fails inside, and nothing is left over.
import assert from 'node:assert/strict';
import { createServer, type AddressInfo, type Socket } from 'node:net';
import type { Conversation } from '../support/conversation.ts';
import { head } from '../support/conversation.ts';
import { roundTrip } from '../support/messages.ts';
import type { Proxy } from '../support/proxy.ts';
import { useStage, type Stage } from '../support/stage.ts';
import { until } from '../support/until.ts';

/** Numbers from 0 to below 1, the same ones for the same seed. */
function numbers(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state * 1_103_515_245 + 12_345) % 2_147_483_648;
    return state / 2_147_483_648;
  };
}

function pick<T>(random: () => number, values: readonly T[]): T {
  return values[Math.floor(random() * values.length)] as T;
}

const ways: readonly ((socket: Socket) => void)[] = [
  (socket) => socket.write('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok'),
  (socket) => socket.write('HTTP/1.1 200 OK\r\nContent-Length: 2\r\nCache-Control: max-age=9\r\n\r\nok'),
  (socket) => socket.write('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n'),
  (socket) => socket.write('HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n'),
  (socket) => socket.end('HTTP/1.1 200 OK\r\n\r\nuntil the close'),
  (socket) => socket.end('HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\npart'),
  (socket) => socket.write('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok and more'),
  (socket) => socket.write('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n'),
  (socket) => socket.write('nonsense\r\n\r\n'),
  (socket) => socket.resetAndDestroy(),
  (socket) => socket.end(),
  (socket) => socket.write('HTTP/1.1 103 Early Hints\r\n\r\n', () => socket.resetAndDestroy()),
  (socket) => socket.write('HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\nhello'),
  () => undefined,
];

/** A server that answers every request in one of the ways. */
async function unreliable(stage: Stage, random: () => number): Promise<string> {
  const sockets = new Set<Socket>();
  const server = createServer({ noDelay: true }, (socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined);
    socket.on('data', (chunk) => {
      if (chunk.includes('HTTP/1.1') && !socket.destroyed && socket.writable) pick(random, ways)(socket);
    });
  });
  await new Promise<void>((fulfil) => server.listen(0, '127.0.0.1', fulfil));
  stage.closing(async () => {
    for (const socket of sockets) socket.destroy();
    await new Promise<void>((fulfil) => server.close(() => fulfil()));
  });
  return `127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** One client's life: some request, and an end that may come too early. */
async function live(client: Conversation, authority: string, random: () => number): Promise<void> {
  const path = `/${Math.floor(random() * 5)}`;
  const host = `Host: ${authority}`;
  const get = head(`GET http://${authority}${path} HTTP/1.1`, host);
  const request = pick(random, [
    get,
    get + get + get,
    head(`POST http://${authority}${path} HTTP/1.1`, host, 'Content-Length: 4') + 'body',
    head(`POST http://${authority}${path} HTTP/1.1`, host, 'Content-Length: 40') + 'part',
    head(`PUT http://${authority}${path} HTTP/1.1`, host, 'Transfer-Encoding: chunked') + '2\r\nab\r\n0\r\n\r\n',
    head(`PUT http://${authority}${path} HTTP/1.1`, host, 'Transfer-Encoding: chunked') + '2\r\nabcd',
    head(`GET http://${authority}${path} HTTP/1.1`, host, 'Connection: upgrade', 'Upgrade: x') + 'bytes',
    head(`CONNECT ${authority} HTTP/1.1`, host) + head(`GET ${path} HTTP/1.1`, host),
    head(`CONNECT ${authority} HTTP/1.1`, host) + '\x00\x01',
    head(`CONNECT ${authority} HTTP/1.1`, host),
    'GET http://never',
    'garbage\r\n\r\n',
  ]);
  client.send(request);
  for (let turns = Math.floor(random() * 12); turns > 0; turns -= 1) {
    await new Promise<void>((fulfil) => setImmediate(fulfil));
  }
  pick(random, [(): void => client.reset(), (): void => void client.end(), (): void => undefined])();
}

async function churn(stage: Stage, proxy: Proxy, seed: number): Promise<void> {
  const random = numbers(seed);
  const authority = await unreliable(stage, random);
  const clients: Conversation[] = [];
  for (let round = 0; round < 20; round += 1) {
    const some = await Promise.all(Array.from({ length: 8 }, () => stage.client(proxy)));
    await Promise.all(some.map((client) => live(client, authority, random)));
    clients.push(...some);
  }
  for (const client of clients) client.reset();
}

describe('churn', () => {
  const stage = useStage();

  for (const seed of [1, 2, 3]) {
    it(`leaves an engine that works and holds nothing (seed ${seed})`, async () => {
      const proxy = await stage.proxy({ maxConcurrent: 20, maxQueued: 20, 'pool.maxPerOrigin': 6 });
      await churn(stage, proxy, seed);
      // Twice the grace of half-closed clients, and far from every other time-out.
      for (const time of [6000, 6000]) {
        await stage.caughtUp(proxy);
        proxy.clock.advance(time);
      }
      const state = (): ReturnType<typeof proxy.engine.state> => proxy.engine.state();
      await until(() => state().inFlight + state().queued + state().clientConnections === 0, 'all is quiet', state);
      const upstream = (): ReturnType<typeof proxy.upstream> => proxy.upstream();
      await until(() => upstream().busy + upstream().tunnel === 0, 'upstream is quiet', upstream);
      const unfinished = proxy.flows().filter((flow) => flow.state !== 'done' && flow.state !== 'failed');
      assert.deepEqual(unfinished, []);
      const codes = new Set(proxy.flows().map((flow) => flow.error?.code));
      assert.equal(codes.has('internal'), false);
      assert.ok(codes.size > 3, [...codes].join());
      const origin = await stage.origin();
      await roundTrip(await stage.client(proxy), origin.accept(), origin);
    });
  }
});
