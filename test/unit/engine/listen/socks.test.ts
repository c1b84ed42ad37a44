// SOCKS as a conversation: what is sent, what is answered, and whom it leads to, in whatever pieces it comes.
import assert from 'node:assert/strict';
import fc from 'fast-check';
import { socksFailed, socksGranted, SocksParser, type SocksStep } from '../../../../src/engine/listen/socks.ts';

interface Outcome {
  readonly replies: string;
  readonly last: SocksStep;
}

/** Pushes the pieces until there is an end; what comes after that is the rest. */
function talk(...pieces: readonly Buffer[]): Outcome {
  const parser = new SocksParser();
  let replies = '';
  let last: SocksStep = { kind: 'more' };
  for (const piece of pieces) {
    last = parser.push(piece);
    while (last.kind === 'reply') {
      replies += last.reply.toString('hex');
      last = parser.push(Buffer.alloc(0));
    }
    if (last.kind !== 'more') break;
  }
  return { replies, last };
}

const bytes = (...parts: readonly (number | string)[]): Buffer =>
  Buffer.concat(parts.map((part) => (typeof part === 'string' ? Buffer.from(part, 'latin1') : Buffer.from([part]))));

const greeting = bytes(5, 2, 0, 2);
const named = bytes(5, 1, 0, 3, 12, 'Example.test', 1, 187);

function request(outcome: Outcome): unknown {
  const { last } = outcome;
  assert.ok(last.kind === 'request', JSON.stringify(last));
  const { rest, ...others } = last.request;
  return { ...others, rest: rest.toString('latin1') };
}

describe('SOCKS 5', () => {
  it('takes a client without a password and leads to a name', () => {
    const outcome = talk(greeting, named);
    assert.equal(outcome.replies, '0500');
    assert.deepEqual(request(outcome), { version: 5, host: 'example.test', port: 443, rest: '' });
  });

  it('leads to addresses of both families', () => {
    assert.deepEqual(request(talk(greeting, bytes(5, 1, 0, 1, 10, 0, 0, 7, 0, 80))), {
      version: 5,
      host: '10.0.0.7',
      port: 80,
      rest: '',
    });
    const six = Buffer.concat([bytes(5, 1, 0, 4), Buffer.alloc(15), bytes(1, 31, 144)]);
    assert.deepEqual(request(talk(greeting, six)), { version: 5, host: '::1', port: 8080, rest: '' });
  });

  it('is the same in whatever pieces it comes, and keeps what was sent ahead', () => {
    const whole = Buffer.concat([greeting, named, bytes('GET /')]);
    fc.assert(
      fc.property(fc.integer({ min: 1, max: greeting.length + named.length - 1 }), (cut) => {
        const outcome = talk(whole.subarray(0, cut), whole.subarray(cut));
        assert.equal(outcome.replies, '0500');
        assert.deepEqual(request(outcome), { version: 5, host: 'example.test', port: 443, rest: 'GET /' });
      }),
    );
  });

  for (const [what, pieces, reply] of [
    ['a password', [bytes(5, 1, 2)], '05ff'],
    ['another command than CONNECT', [greeting, bytes(5, 3, 0, 1, 1, 2, 3, 4, 0, 80)], '05070001000000000000'],
    ['a kind of address that does not exist', [greeting, bytes(5, 1, 0, 9, 1, 2, 3, 4)], '05080001000000000000'],
    ['the port 0', [greeting, bytes(5, 1, 0, 1, 1, 2, 3, 4, 0, 0)], '05010001000000000000'],
    ['a name with a line break', [greeting, bytes(5, 1, 0, 3, 3, 'a\r\n', 0, 80)], '05010001000000000000'],
    ['an empty name', [greeting, bytes(5, 1, 0, 3, 0, 0, 80)], '05010001000000000000'],
  ] as const) {
    it(`refuses ${what}`, () => {
      const { last } = talk(...pieces);
      assert.ok(last.kind === 'refused');
      assert.equal(last.reply.toString('hex'), reply);
    });
  }
});

describe('SOCKS 4', () => {
  it('leads to an address, whatever the user id', () => {
    const outcome = talk(bytes(4, 1, 0, 80, 10, 0, 0, 7, 'somebody', 0));
    assert.deepEqual(request(outcome), { version: 4, host: '10.0.0.7', port: 80, rest: '' });
  });

  it('leads to a name (4a), in whatever pieces it comes', () => {
    const whole = bytes(4, 1, 1, 187, 0, 0, 0, 1, 0, 'example.test', 0, 'ahead');
    fc.assert(
      fc.property(fc.integer({ min: 1, max: whole.length - 6 }), (cut) => {
        const outcome = talk(whole.subarray(0, cut), whole.subarray(cut));
        assert.deepEqual(request(outcome), { version: 4, host: 'example.test', port: 443, rest: 'ahead' });
      }),
    );
  });

  it('refuses BIND, and a user id without an end', () => {
    assert.equal(talk(bytes(4, 2, 0, 80, 10, 0, 0, 7, 0)).last.kind, 'refused');
    assert.equal(talk(bytes(4, 1, 0, 80, 10, 0, 0, 7, 'x'.repeat(1000))).last.kind, 'refused');
  });
});

describe('any bytes', () => {
  it('never make it throw, and never lead to a name with a control character', () => {
    fc.assert(
      fc.property(fc.constantFrom(4, 5), fc.uint8Array({ maxLength: 700 }), (version, rest) => {
        const { last } = talk(Buffer.concat([bytes(version), rest]));
        if (last.kind === 'request') assert.match(last.request.host, /^[\w.:-]+$/);
      }),
    );
  });
});

describe('the replies', () => {
  it('say what failed as far as each version can', () => {
    assert.equal(socksGranted(5).toString('hex'), '05000001000000000000');
    assert.equal(socksGranted(4).toString('hex'), '005a000000000000');
    assert.equal(socksFailed(5, 'refused').toString('hex'), '05050001000000000000');
    assert.equal(socksFailed(4, 'name').toString('hex'), '005b000000000000');
  });
});
