// Connections that carry credentials of their own (NTLM, Negotiate): they belong to one client and are never shared.
import assert from 'node:assert/strict';
import { head } from '../support/conversation.ts';
import { asked, forwarded, ok, roundTrip } from '../support/messages.ts';
import { useStage } from '../support/stage.ts';

describe('a connection that NTLM has authenticated', () => {
  const stage = useStage();
  const challenge = head('HTTP/1.1 401 Unauthorized', 'WWW-Authenticate: NTLM TlRMTVNTUAAC', 'Content-Length: 0');

  it('goes on to carry the exchanges of its client, and of no other', async () => {
    const proxy = await stage.proxy();
    const origin = await stage.origin();
    const [alice, bob] = [await stage.client(proxy), await stage.client(proxy)];
    alice.send(asked(origin, '/1', 'Authorization: NTLM TlRMTVNTUAAB'));
    const hers = await origin.accept();
    await hers.expect(forwarded(origin, '/1', 'Authorization: NTLM TlRMTVNTUAAB'));
    hers.send(challenge);
    await alice.expect(challenge);
    await proxy.parked(1);
    alice.send(asked(origin, '/1', 'Authorization: NTLM TlRMTVNTUAAD'));
    await hers.expect(forwarded(origin, '/1', 'Authorization: NTLM TlRMTVNTUAAD'));
    hers.send(ok('for alice'));
    await alice.expect(ok('for alice'));
    await proxy.parked(1);

    const his = await roundTrip(bob, origin.accept(), origin, '/bob');
    await roundTrip(alice, hers, origin, '/alice');
    await roundTrip(bob, his, origin, '/bob/2');
    assert.equal(origin.accepted, 2);
    const keys = proxy.engine.origins().map(({ key }) => key);
    assert.equal(keys.length, 2);
    assert.ok(keys.some((key) => key.includes('client connection')));
  });

  it('is not left behind for the next client', async () => {
    const proxy = await stage.proxy();
    const origin = await stage.origin();
    const alice = await stage.client(proxy);
    alice.send(asked(origin, '/1'));
    const hers = await origin.accept();
    await hers.readHead();
    hers.send(
      head(
        'HTTP/1.1 401 Unauthorized',
        'WWW-Authenticate: Basic realm=x',
        'www-authenticate: Negotiate',
        'Content-Length: 0',
      ),
    );
    await alice.readHead();
    alice.reset();
    await hers.expectClose();
    await roundTrip(await stage.client(proxy), origin.accept(), origin, '/2');
  });

  it('stays shared where the challenge is Basic', async () => {
    const proxy = await stage.proxy();
    const origin = await stage.origin();
    const [alice, bob] = [await stage.client(proxy), await stage.client(proxy)];
    alice.send(asked(origin, '/1'));
    const upstream = await origin.accept();
    await upstream.readHead();
    upstream.send(head('HTTP/1.1 401 Unauthorized', 'WWW-Authenticate: Basic realm="NTLM"', 'Content-Length: 0'));
    await alice.readHead();
    await proxy.parked(1);
    await roundTrip(bob, upstream, origin, '/2');
  });
});
