// Which field lines go on to the next connection (RFC 9110 §7.6.1).
import assert from 'node:assert/strict';
import { Fields } from '../../../src/http/fields.ts';
import { offeredUpgrade, removeHopByHop, type KeptHopByHop } from '../../../src/http/hop-by-hop.ts';

/** Field lines written `Name: value`, one a line. */
function fieldsOf(...lines: string[]): Fields {
  return Fields.of(lines.map((line) => line.split(': ') as [string, string]));
}

interface Case {
  readonly what: string;
  readonly lines: readonly string[];
  readonly left: readonly string[];
  readonly removed: readonly string[];
  readonly keep?: readonly KeptHopByHop[];
}

const cases: readonly Case[] = [
  {
    what: 'removes Connection and what it names, whatever the case',
    lines: ['Host: a', 'Connection: X-One, close', 'x-one: 1', 'X-Two: 2'],
    left: ['Host: a', 'X-Two: 2'],
    removed: ['Connection', 'x-one'],
  },
  {
    what: 'removes what is always meant for one connection',
    lines: [
      'Keep-Alive: timeout=5',
      'Proxy-Connection: keep-alive',
      'TE: gzip',
      'Upgrade: h2c',
      'HTTP2-Settings: x',
      'Proxy-Authorization: x',
      'Proxy-Authenticate: x',
      'Proxy-Authentication-Info: x',
      'A: b',
    ],
    left: ['A: b'],
    removed: [
      'Keep-Alive',
      'Proxy-Connection',
      'TE',
      'Upgrade',
      'HTTP2-Settings',
      'Proxy-Authorization',
      'Proxy-Authenticate',
      'Proxy-Authentication-Info',
    ],
  },
  {
    what: 'leaves the framing and what announces trailers',
    lines: ['Transfer-Encoding: chunked', 'Trailer: X', 'Content-Length: 1'],
    left: ['Transfer-Encoding: chunked', 'Trailer: X', 'Content-Length: 1'],
    removed: [],
  },
  {
    what: 'lets nobody remove what all recipients need',
    lines: [
      'Connection: Host, content-length, Transfer-Encoding, Authorization, Cache-Control, Cookie, X',
      'Host: a',
      'Content-Length: 1',
      'Transfer-Encoding: chunked',
      'Authorization: b',
      'Cache-Control: private',
      'Cookie: c',
      'X: y',
    ],
    left: [
      'Host: a',
      'Content-Length: 1',
      'Transfer-Encoding: chunked',
      'Authorization: b',
      'Cache-Control: private',
      'Cookie: c',
    ],
    removed: ['Connection', 'X'],
  },
  {
    what: 'leaves names that only look alike',
    lines: ['Connections: x', 'Tea: y', 'T: z', 'Keep-alivf: 1', 'X-Upgrade: no'],
    left: ['Connections: x', 'Tea: y', 'T: z', 'Keep-alivf: 1', 'X-Upgrade: no'],
    removed: [],
  },
  {
    what: 'keeps the option keep-alive as it is, where asked to',
    lines: ['A: b', 'connection: Keep-Alive', 'C: d'],
    left: ['A: b', 'connection: Keep-Alive', 'C: d'],
    removed: [],
    keep: ['keep-alive'],
  },
  {
    what: 'keeps the option but not the field Keep-Alive',
    lines: ['Connection: keep-alive', 'Keep-Alive: timeout=5'],
    left: ['Connection: keep-alive'],
    removed: ['Keep-Alive'],
    keep: ['keep-alive'],
  },
  {
    what: 'keeps a switch and drops the other options',
    lines: ['Connection: keep-alive, Upgrade, X', 'Upgrade: websocket', 'X: y', 'A: b', 'connection: z'],
    left: ['Connection: Upgrade', 'Upgrade: websocket', 'A: b'],
    removed: ['Connection', 'X', 'connection'],
    keep: ['upgrade'],
  },
  {
    what: 'keeps a switch byte for byte where there is no other option',
    lines: ['connection:  upgrade', 'Upgrade: websocket'],
    left: ['connection: upgrade', 'Upgrade: websocket'],
    removed: [],
    keep: ['upgrade'],
  },
  {
    what: 'has no switch to keep without Upgrade',
    lines: ['Connection: upgrade', 'A: b'],
    left: ['A: b'],
    removed: ['Connection'],
    keep: ['upgrade'],
  },
  {
    what: 'keeps TE where it asks for trailers, which are forwarded',
    lines: ['TE: trailers', 'Connection: close, TE'],
    left: ['TE: trailers', 'Connection: TE'],
    removed: ['Connection'],
  },
  {
    what: 'keeps TE without its option',
    lines: ['te: Trailers'],
    left: ['te: Trailers'],
    removed: [],
  },
  {
    what: 'keeps authentication with the proxy behind, where asked to',
    lines: ['Proxy-Authorization: x', 'Proxy-Authenticate: y'],
    left: ['Proxy-Authorization: x', 'Proxy-Authenticate: y'],
    removed: [],
    keep: ['proxy-authentication'],
  },
  {
    what: 'removes nearly always the same lines, in order',
    lines: ['Keep-Alive: timeout=5', 'A: b', 'Connection: keep-alive', 'C: d', 'Proxy-Connection: x'],
    left: ['A: b', 'C: d'],
    removed: ['Keep-Alive', 'Connection', 'Proxy-Connection'],
  },
  {
    what: 'removes a line before others that are found first',
    lines: ['Connection: close', 'A: b', 'Keep-Alive: timeout=5'],
    left: ['A: b'],
    removed: ['Connection', 'Keep-Alive'],
  },
  {
    what: 'takes an empty Connection for nothing',
    lines: ['Connection: ', 'A: b'],
    left: ['A: b'],
    removed: ['Connection'],
  },
];

describe('removeHopByHop', () => {
  for (const { what, lines, left, removed, keep } of cases) {
    it(what, () => {
      const fields = fieldsOf(...lines);
      const result = removeHopByHop(fields, keep === undefined ? undefined : { keep });
      assert.deepEqual(
        result.fields.toArray().map(([name, value]) => `${name}: ${value}`),
        left,
      );
      assert.deepEqual(result.removed, removed);
      if (removed.length === 0) assert.equal(result.fields, fields);
    });
  }
});

describe('offeredUpgrade', () => {
  const offer = (minor: 0 | 1, ...lines: string[]): string | undefined =>
    offeredUpgrade({ method: 'GET', target: '/', minor, fields: fieldsOf(...lines) });

  it('is what Upgrade says where Connection says so too (RFC 9110 §7.8)', () => {
    assert.equal(offer(1, 'Connection: keep-alive, Upgrade', 'Upgrade: websocket'), 'websocket');
    assert.equal(offer(1, 'Upgrade: websocket'), undefined);
    assert.equal(offer(1, 'Connection: upgrade'), undefined);
    assert.equal(offer(0, 'Connection: upgrade', 'Upgrade: websocket'), undefined);
  });

  it('is nothing for HTTP/2 in clear text (RFC 9113 §3.1)', () => {
    assert.equal(offer(1, 'Connection: Upgrade, HTTP2-Settings', 'Upgrade: h2c', 'HTTP2-Settings: x'), undefined);
  });
});
