// Requests through the proxy to the proxy: refused whatever the spelling, since they would go round in a circle.
import assert from 'node:assert/strict';
import { connectTo, head } from '../support/conversation.ts';
import { roundTrip } from '../support/messages.ts';
import { useStage } from '../support/stage.ts';

describe('the own address', () => {
  const stage = useStage();

  for (const name of [
    '127.0.0.1',
    'localhost',
    'LOCALHOST',
    'anything.localhost',
    '0.0.0.0',
    '[::]',
    '[::ffff:127.0.0.1]',
    '[::ffff:7f00:1]',
    '[0:0:0:0:0:ffff:7f00:0001]',
  ]) {
    it(`as ${name} is refused with 421`, async () => {
      const proxy = await stage.proxy();
      const client = await stage.client(proxy);
      client.send(head(`GET http://${name}:${proxy.port}/ HTTP/1.1`, `Host: ${name}:${proxy.port}`));
      const answer = await client.readAnswer();
      assert.equal(answer.status, 421);
      assert.match(answer.field('proxy-status') ?? '', /error=proxy_loop_detected/);
      assert.equal((await proxy.flow()).error?.code, 'own-address');
      assert.equal(proxy.flows().length, 1);
    });
  }

  it('as the target of CONNECT is refused with 421', async () => {
    const proxy = await stage.proxy();
    const client = await stage.client(proxy);
    client.send(head(`CONNECT localhost:${proxy.port} HTTP/1.1`, `Host: localhost:${proxy.port}`));
    assert.equal((await client.readAnswer()).status, 421);
  });

  for (const [host, name] of [
    ['::1', '[::1]'],
    ['::1', 'localhost'],
    ['::', '[::1]'],
    ['::', '127.0.0.1'],
    ['0.0.0.0', '127.0.0.1'],
    ['0.0.0.0', '127.8.8.8'],
  ] as const) {
    it(`as ${name} is refused where the proxy listens on ${host}`, async () => {
      const proxy = await stage.proxy({ host });
      const client = await connectTo(proxy.port, host.includes(':') ? '::1' : '127.0.0.1');
      stage.closing(() => client.reset());
      client.send(head(`GET http://${name}:${proxy.port}/ HTTP/1.1`, `Host: ${name}:${proxy.port}`));
      assert.equal((await client.readAnswer()).status, 421);
    });
  }

  it('is the port too: another port of this machine is none of it', async () => {
    const proxy = await stage.proxy();
    const origin = await stage.origin();
    await roundTrip(await stage.client(proxy), origin.accept(), origin);
  });
});
