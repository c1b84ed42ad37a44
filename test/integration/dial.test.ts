// Reaching upstream by name: localhost on either loopback address, and addresses that do not answer.
import assert from 'node:assert/strict';
import { asked, roundTrip } from '../support/messages.ts';
import { useStage } from '../support/stage.ts';

describe('localhost', () => {
  const stage = useStage();

  for (const host of ['::1', '127.0.0.1']) {
    it(`is reached where the server listens on ${host} only`, async () => {
      const proxy = await stage.proxy();
      const origin = await stage.origin({ host });
      origin.host = 'localhost';
      await roundTrip(await stage.client(proxy), origin.accept(), origin);
      const { connection, timing } = await proxy.detail();
      assert.equal(connection?.remote, host === '::1' ? `[::1]:${origin.port}` : `127.0.0.1:${origin.port}`);
      assert.ok(timing.dns !== undefined && timing.connect !== undefined);
    });
  }

  it('is refused with the addresses where nobody listens', async () => {
    const proxy = await stage.proxy();
    const dead = await stage.origin();
    await dead.close();
    dead.host = 'localhost';
    const client = await stage.client(proxy);
    client.send(asked(dead, '/'));
    const answer = await client.readAnswer();
    assert.equal(answer.status, 502);
    assert.match(
      answer.body,
      new RegExp(`refused the connection \\(\\[::1\\]:${dead.port}, 127\\.0\\.0\\.1:${dead.port}\\)`),
    );
    assert.equal((await proxy.flow()).error?.code, 'connection-refused');
  });

  it('is a name of its own in the pool, whichever address it was', async () => {
    const proxy = await stage.proxy();
    const origin = await stage.origin();
    origin.host = 'localhost';
    const client = await stage.client(proxy);
    const upstream = await roundTrip(client, origin.accept(), origin, '/1');
    await roundTrip(client, upstream, origin, '/2');
    assert.equal(proxy.engine.origins()[0]?.key, `http://localhost:${origin.port}`);
  });
});

describe('an IPv6 address', () => {
  const stage = useStage();

  it('is written in brackets on the way to upstream', async () => {
    const proxy = await stage.proxy();
    const origin = await stage.origin({ host: '::1' });
    await roundTrip(await stage.client(proxy), origin.accept(), origin);
    assert.equal((await proxy.flow()).url, `http://[::1]:${origin.port}/`);
  });
});
