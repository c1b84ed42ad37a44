// What may be stored (RFC 9111 §3), each refusal with its reason and clause.
import assert from 'node:assert/strict';
import { formatHttpDate } from '../../../src/http/date.ts';
import { START, World, word, type Ask, type Reply } from './world.ts';

const fresh: readonly [string, string] = ['Cache-Control', 'max-age=60'];
const changed: readonly [string, string] = ['Last-Modified', formatHttpDate(START - 1e6)];

describe('whether a response is stored', () => {
  const cases: readonly [title: string, reply: Reply, expected: string, ask?: Ask][] = [
    ['with max-age', { fields: [fresh] }, 'stored'],
    ['with Expires', { fields: [['Expires', formatHttpDate(START + 60_000)]] }, 'stored'],
    ['with an ETag alone', { fields: [['ETag', '"a"']] }, 'stored'],
    ['with Last-Modified alone', { fields: [changed] }, 'stored'],
    ['without freshness and validator', {}, 'not-stored:no-freshness'],
    ['with public and nothing else', { fields: [['Cache-Control', 'public']] }, 'not-stored:no-freshness'],
    ['stale on arrival', { fields: [['Cache-Control', 'max-age=0']] }, 'not-stored:already-stale'],
    ['stale on arrival by its Age', { fields: [fresh, ['Age', '60']] }, 'not-stored:already-stale'],
    [
      'stale on arrival with a validator',
      {
        fields: [
          ['Cache-Control', 'max-age=0'],
          ['ETag', '"a"'],
        ],
      },
      'stored',
    ],
    ['stale on arrival with stale-if-error', { fields: [['Cache-Control', 'max-age=0, stale-if-error=9']] }, 'stored'],
    ['with no-store (§5.2.2.5)', { fields: [['Cache-Control', 'max-age=60, no-store']] }, 'not-stored:no-store'],
    ['with no-store on another line', { fields: [fresh, ['Cache-Control', 'No-Store']] }, 'not-stored:no-store'],
    [
      'with no-store in the request (§5.2.1.5)',
      { fields: [fresh] },
      'not-stored:request-no-store',
      { fields: [['Cache-Control', 'no-store']] },
    ],
    ['with private (§5.2.2.7)', { fields: [['Cache-Control', 'max-age=60, private']] }, 'not-stored:private'],
    ['with private for one field', { fields: [['Cache-Control', 'max-age=60, private="x-a"']] }, 'stored'],
    ['with private for no field', { fields: [['Cache-Control', 'max-age=60, private=""']] }, 'not-stored:private'],
    [
      'with no-cache and a validator (§5.2.2.4)',
      {
        fields: [
          ['Cache-Control', 'no-cache'],
          ['ETag', '"a"'],
        ],
      },
      'stored',
    ],
    ['with no-cache and none', { fields: [['Cache-Control', 'no-cache, max-age=60']] }, 'not-stored:no-validator'],
    ['with Vary: *', { fields: [fresh, ['Vary', 'a'], ['Vary', '*']] }, 'not-stored:vary-any'],
    [
      'to Authorization (§3.5)',
      { fields: [fresh] },
      'not-stored:authorization',
      { fields: [['Authorization', 'Basic eA==']] },
    ],
    [
      'to Authorization with public',
      { fields: [fresh, ['Cache-Control', 'public']] },
      'stored',
      { fields: [['Authorization', 'x']] },
    ],
    [
      'to Authorization with must-revalidate',
      { fields: [fresh, ['Cache-Control', 'must-revalidate']] },
      'stored',
      { fields: [['Authorization', 'x']] },
    ],
    [
      'to Authorization with s-maxage',
      { fields: [['Cache-Control', 's-maxage=9']] },
      'stored',
      { fields: [['Authorization', 'x']] },
    ],
    [
      'to Authorization with proxy-revalidate',
      { fields: [fresh, ['Cache-Control', 'proxy-revalidate']] },
      'not-stored:authorization',
      { fields: [['Authorization', 'x']] },
    ],
    ['to POST', { fields: [fresh] }, 'not-stored:method', { method: 'POST' }],
    ['to an unknown method', { fields: [fresh] }, 'not-stored:method', { method: 'BREW' }],
    ['to HEAD', { fields: [fresh] }, 'not-stored:method', { method: 'HEAD' }],
    ['to GET with a range, but whole', { fields: [fresh] }, 'stored', { fields: [['Range', 'bytes=0-1']] }],
    ['of a part', { status: 206, fields: [fresh, ['Content-Range', 'bytes 0-1/9']] }, 'stored'],
    [
      'of a part of unknown place',
      { status: 206, fields: [fresh, ['Content-Range', 'bytes 0-1/*']] },
      'not-stored:range',
    ],
    ['of several parts', { status: 206, fields: [fresh] }, 'not-stored:range'],
    ['304 to a condition of the client', { status: 304, fields: [fresh] }, 'not-stored:not-modified'],
    ['that is interim', { status: 103, fields: [fresh] }, 'not-stored:status'],
    ['404 by heuristics', { status: 404, fields: [changed] }, 'stored'],
    ['302 without freshness', { status: 302, fields: [changed] }, 'not-stored:status'],
    ['302 with freshness', { status: 302, fields: [fresh] }, 'stored'],
    ['302 with public', { status: 302, fields: [['Cache-Control', 'public'], changed] }, 'stored'],
    ['of an unknown status with freshness', { status: 599, fields: [fresh] }, 'stored'],
    ['of an unknown status without', { status: 299, fields: [changed] }, 'not-stored:status'],
    [
      'of an unknown status with must-understand (§5.2.2.3)',
      { status: 599, fields: [['Cache-Control', 'max-age=60, must-understand']] },
      'not-stored:must-understand',
    ],
    [
      'with must-understand and no-store',
      { fields: [['Cache-Control', 'max-age=60, no-store, must-understand']] },
      'stored',
    ],
    ['that announces more than the limit', { fields: [fresh, ['Content-Length', '65537']] }, 'not-stored:too-large'],
  ];
  for (const [title, reply, expected, ask] of cases) {
    it(`${title}: ${expected}`, () => assert.equal(word(new World().store(reply, ask)), expected));
  }

  it('says which line decided, and whose', () => {
    const ofResponse = new World().store({ fields: [['cache-control', 'no-store']] });
    assert.deepEqual(ofResponse.because, {
      clause: 'RFC 9111 §5.2.2.5',
      field: 'cache-control: no-store',
      side: 'response',
    });
    const ofRequest = new World().store({ fields: [fresh] }, { fields: [['Cache-Control', 'no-store']] });
    assert.deepEqual(ofRequest.because, {
      clause: 'RFC 9111 §5.2.1.5',
      field: 'Cache-Control: no-store',
      side: 'request',
    });
  });

  it('says for how long, and where that comes from', () => {
    const stored = new World().store({ fields: [fresh, ['Age', '10']] });
    assert.deepEqual(
      [stored.kind === 'stored' && stored.lifetime, stored.kind === 'stored' && stored.origin],
      [50, 'max-age'],
    );
    const limited = new World({ ttl: 5 }).store({ fields: [fresh, ['Age', '10']] });
    assert.deepEqual(
      [limited.kind === 'stored' && limited.lifetime, limited.kind === 'stored' && limited.origin],
      [5, 'ttl'],
    );
    const noCache = new World().store({
      fields: [
        ['Cache-Control', 'no-cache, max-age=60'],
        ['ETag', '"a"'],
      ],
    });
    assert.equal(noCache.kind === 'stored' && noCache.lifetime, 0);
  });
});
