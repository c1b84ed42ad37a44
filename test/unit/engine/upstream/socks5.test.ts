// The client's side of SOCKS5 as bytes, in whatever pieces they come.
import assert from 'node:assert/strict';
import fc from 'fast-check';
import { SocksHandshake, type SocksEvent } from '../../../../src/engine/upstream/socks5.ts';

const target = { host: 'api.test', port: 443 };
const me = { username: 'me', password: 'secret' };

function request(host: readonly number[], port = [1, 187]): number[] {
  return [5, 1, 0, ...host, ...port];
}

const byName = request([3, 8, ...Buffer.from('api.test')]);

function after(handshake: SocksHandshake, ...pieces: readonly (readonly number[])[]): SocksEvent {
  let last: SocksEvent = { kind: 'more' };
  for (const piece of pieces) last = handshake.push(Buffer.from(piece));
  return last;
}

describe('a SOCKS5 handshake', () => {
  it('offers a password only where there is one', () => {
    assert.deepEqual([...new SocksHandshake(target, undefined).greeting], [5, 1, 0]);
    assert.deepEqual([...new SocksHandshake(target, me).greeting], [5, 2, 0, 2]);
  });

  it('asks for a name by its name', () => {
    const event = after(new SocksHandshake(target, undefined), [5, 0]);
    assert.deepEqual(event, { kind: 'send', bytes: Buffer.from(byName) });
  });

  it('asks for addresses as such', () => {
    const four = after(new SocksHandshake({ host: '192.0.2.7', port: 443 }, undefined), [5, 0]);
    assert.deepEqual(four, { kind: 'send', bytes: Buffer.from(request([1, 192, 0, 2, 7])) });
    const six = after(new SocksHandshake({ host: '2001:db8::ff', port: 443 }, undefined), [5, 0]);
    const bytes = [0x20, 1, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff];
    assert.deepEqual(six, { kind: 'send', bytes: Buffer.from(request([4, ...bytes])) });
  });

  it('sends name and password where they are asked for', () => {
    const handshake = new SocksHandshake(target, me);
    const bytes = Buffer.from([1, 2, ...Buffer.from('me'), 6, ...Buffer.from('secret')]);
    assert.deepEqual(after(handshake, [5, 2]), { kind: 'send', bytes });
    assert.deepEqual(after(handshake, [1, 0]), { kind: 'send', bytes: Buffer.from(byName) });
  });

  const failures: readonly (readonly [string, readonly (readonly number[])[], SocksEvent])[] = [
    ['no method acceptable', [[5, 255]], { kind: 'failed', why: 'authentication', cause: 'no method acceptable' }],
    ['a method that was not offered', [[5, 2]], { kind: 'failed', why: 'authentication', cause: 'method 2' }],
    [
      'a refusal',
      [
        [5, 0],
        [5, 5, 0],
      ],
      { kind: 'failed', why: 'refused', cause: 'connection refused' },
    ],
    [
      'an unknown refusal',
      [
        [5, 0],
        [5, 77],
      ],
      { kind: 'failed', why: 'refused', cause: 'reply 77' },
    ],
    ['another protocol', [[72, 84]], { kind: 'failed', why: 'protocol', cause: 'it does not speak SOCKS5' }],
    ['bytes too early', [[5, 0, 5]], { kind: 'failed', why: 'protocol', cause: 'it does not speak SOCKS5' }],
    [
      'an unknown address',
      [
        [5, 0],
        [5, 0, 0, 9, 0],
      ],
      { kind: 'failed', why: 'protocol', cause: 'its reply has an unknown address' },
    ],
  ];
  for (const [name, pieces, expected] of failures) {
    it(`fails on ${name}`, () => {
      assert.deepEqual(after(new SocksHandshake(target, undefined), ...pieces), expected);
    });
  }

  it('fails on a wrong password', () => {
    const event = after(new SocksHandshake(target, me), [5, 2], [1, 1]);
    assert.deepEqual(event, { kind: 'failed', why: 'authentication', cause: 'status 1' });
  });

  const address = fc.oneof(
    fc.uint8Array({ minLength: 4, maxLength: 4 }).map((bytes) => [1, ...bytes]),
    fc.uint8Array({ minLength: 16, maxLength: 16 }).map((bytes) => [4, ...bytes]),
    fc.uint8Array({ maxLength: 255 }).map((bytes) => [3, bytes.length, ...bytes]),
  );

  it('ends exactly behind the reply, in whatever pieces it comes', () => {
    const surplus = fc.uint8Array({ maxLength: 20 });
    fc.assert(
      fc.property(address, surplus, fc.array(fc.nat(300), { maxLength: 5 }), (bound, rest, cuts) => {
        const reply = Buffer.from([5, 0, 0, ...bound, 0, 80]);
        const whole = Buffer.concat([reply, rest]);
        const handshake = new SocksHandshake(target, undefined);
        handshake.push(Buffer.from([5, 0]));
        const ends = [...cuts.filter((cut) => cut < whole.length), whole.length].toSorted((one, other) => one - other);
        let from = 0;
        for (const end of ends) {
          const event = handshake.push(whole.subarray(from, end));
          if (event.kind === 'open') {
            assert.equal(from + event.consumed, reply.length);
            return;
          }
          assert.ok(event.kind === 'more' && end < reply.length);
          from = end;
        }
        assert.fail('never open');
      }),
    );
  });
});
