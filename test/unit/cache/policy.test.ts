// Freshness lifetime (RFC 9111 §4.2.1, §4.2.2) and age (§4.2.3) of a response.
import assert from 'node:assert/strict';
import { readPolicy, type Policy } from '../../../src/cache/policy.ts';
import { formatHttpDate } from '../../../src/http/date.ts';
import { Fields } from '../../../src/http/fields.ts';
import { START, type Lines } from './world.ts';

function at(seconds: number): string {
  return formatHttpDate(START + seconds * 1000);
}

function policy(fields: Lines, status = 200, delay = 0): Policy {
  return readPolicy(status, Fields.of(fields), { requestTime: START - delay * 1000, responseTime: START });
}

describe('the freshness lifetime of a response', () => {
  const cases: readonly [title: string, fields: Lines, seconds: number, origin: string, status?: number][] = [
    [
      'is s-maxage before max-age (§5.2.2.10)',
      [
        ['Cache-Control', 'max-age=9, s-maxage=5'],
        ['Expires', at(7)],
      ],
      5,
      's-maxage',
    ],
    [
      'is max-age before Expires (§5.2.2.1)',
      [
        ['Cache-Control', 'max-age=9'],
        ['Expires', at(-7)],
      ],
      9,
      'max-age',
    ],
    [
      'is 0 for a max-age that is no number (§4.2.1)',
      [
        ['Cache-Control', 'max-age=1.5'],
        ['Expires', at(7)],
      ],
      0,
      'max-age',
    ],
    ['is 0 for a max-age in single quotes', [['Cache-Control', "max-age='9'"]], 0, 'max-age'],
    ['is 0 for a bare max-age', [['Cache-Control', 'max-age']], 0, 'max-age'],
    [
      'is Expires less Date (§5.3)',
      [
        ['Date', at(-10)],
        ['Expires', at(50)],
      ],
      60,
      'expires',
    ],
    [
      'takes the time of arrival for an invalid Date',
      [
        ['Date', 'today'],
        ['Expires', at(50)],
      ],
      50,
      'expires',
    ],
    [
      'takes the time of arrival for two Dates',
      [
        ['Date', at(-10)],
        ['Date', at(-9)],
        ['Expires', at(50)],
      ],
      50,
      'expires',
    ],
    ['is 0 for Expires: 0 (§5.3)', [['Expires', '0']], 0, 'expires'],
    [
      'is 0 for Expires in the past',
      [
        ['Date', at(0)],
        ['Expires', at(-1)],
      ],
      0,
      'expires',
    ],
    [
      'is 0 for two Expires',
      [
        ['Expires', at(50)],
        ['Expires', at(50)],
      ],
      0,
      'expires',
    ],
    ['is 0 for an Expires in another time zone', [['Expires', at(50).replace('GMT', 'UTC')]], 0, 'expires'],
    [
      'is guessed as a tenth of the time since the last change (§4.2.2)',
      [
        ['Date', at(0)],
        ['Last-Modified', at(-1000)],
      ],
      100,
      'heuristic',
    ],
    [
      'is not guessed for a status that forbids it (RFC 9110 §15.1)',
      [['Last-Modified', at(-1000)]],
      0,
      'heuristic',
      302,
    ],
    [
      'is guessed for any status with public',
      [
        ['Cache-Control', 'public'],
        ['Last-Modified', at(-1000)],
      ],
      100,
      'heuristic',
      302,
    ],
    ['is not guessed for a change in the future', [['Last-Modified', at(1000)]], 0, 'heuristic'],
    ['is not guessed without Last-Modified', [], 0, 'heuristic'],
  ];
  for (const [title, fields, seconds, origin, status] of cases) {
    it(title, () => {
      const { lifetime } = policy(fields, status);
      assert.deepEqual([lifetime.seconds, lifetime.origin], [seconds, origin]);
      assert.equal(lifetime.explicit, origin !== 'heuristic');
    });
  }

  it('names the line that it comes from', () => {
    const { lifetime } = policy([
      ['Cache-Control', 'public'],
      ['cache-control', 'max-age=9'],
    ]);
    assert.deepEqual(lifetime.because, {
      clause: 'RFC 9111 §5.2.2.1',
      field: 'cache-control: max-age=9',
      side: 'response',
    });
  });
});

describe('the initial age of a response (RFC 9111 §4.2.3)', () => {
  const cases: readonly [title: string, fields: Lines, age: number, delay?: number][] = [
    ['is 0 for a new one', [['Date', at(0)]], 0],
    ['is the time since Date', [['Date', at(-30)]], 30],
    ['is 0 for a Date in the future', [['Date', at(30)]], 0],
    [
      'is Age where that is more',
      [
        ['Date', at(-30)],
        ['Age', '40'],
      ],
      40,
    ],
    [
      'is the time since Date where that is more than Age',
      [
        ['Date', at(-30)],
        ['Age', '20'],
      ],
      30,
    ],
    [
      'counts the time that upstream took',
      [
        ['Date', at(0)],
        ['Age', '40'],
      ],
      43,
      3,
    ],
    [
      'ignores an Age that is no number',
      [
        ['Date', at(0)],
        ['Age', 'old'],
      ],
      0,
    ],
    ['ignores a negative Age', [['Age', '-7200']], 0],
    ['ignores an Age with a fraction', [['Age', '7200.0']], 0],
    ['ignores an Age with a parameter', [['Age', '7200;a=1']], 0],
    ['takes the first member of Age', [['Age', '7200, 0']], 7200],
    [
      'takes the first line of Age',
      [
        ['Age', '0'],
        ['Age', '7200'],
      ],
      0,
    ],
    ['ignores Age where the first member is none', [['Age', 'old, 7200']], 0],
    ['is at most 2^31', [['Age', '99999999999']], 2 ** 31],
  ];
  for (const [title, fields, age, delay] of cases) {
    it(title, () => assert.equal(policy(fields, 200, delay).initialAge, age));
  }
});

describe('the policy of a response', () => {
  it('has the validators, where there is exactly one of each', () => {
    const both = policy([
      ['ETag', 'W/"a"'],
      ['Last-Modified', at(-5)],
    ]);
    assert.deepEqual([both.etag, both.lastModified], ['W/"a"', at(-5)]);
    const doubtful = policy([
      ['ETag', '"a"'],
      ['ETag', '"b"'],
      ['Last-Modified', 'yesterday'],
    ]);
    assert.deepEqual([doubtful.etag, doubtful.lastModified], [undefined, undefined]);
  });

  it('knows what forbids stale answers', () => {
    for (const directive of ['must-revalidate', 'proxy-revalidate', 's-maxage=5']) {
      assert.equal(policy([['Cache-Control', directive]]).mustRevalidate, true, directive);
    }
    assert.equal(policy([['Cache-Control', 'max-age=5']]).mustRevalidate, false);
  });

  it('tells a no-cache for the response from one for some fields (§5.2.2.4)', () => {
    assert.equal(policy([['Cache-Control', 'no-cache']]).noCache, true);
    assert.equal(policy([['Cache-Control', 'no-cache="a"']]).noCache, false);
  });
});
