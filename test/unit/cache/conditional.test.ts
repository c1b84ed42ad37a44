// Conditions to upstream (RFC 9111 §4.3.1), and conditions of the client (RFC 9111 §4.3.2, RFC 9110 §13).
import assert from 'node:assert/strict';
import { sameTag } from '../../../src/cache/conditional.ts';
import { World, type Lines } from './world.ts';

const tag: readonly [string, string] = ['ETag', '"a"'];

describe('the conditions put to upstream', () => {
  it('are both validators, as they were sent', () => {
    const world = new World();
    const changed = world.date(-100);
    world.store({
      fields: [
        ['Cache-Control', 'max-age=9'],
        ['etag', 'W/"a"'],
        ['last-modified', changed],
      ],
    });
    world.wait(9);
    const found = world.find();
    assert.deepEqual(found.kind === 'validate' && found.conditions, [
      ['If-None-Match', 'W/"a"'],
      ['If-Modified-Since', changed],
    ]);
  });

  it('are the one that there is', () => {
    const world = new World();
    world.store({ fields: [['Cache-Control', 'max-age=9'], tag, ['Last-Modified', 'never']] });
    world.wait(9);
    const found = world.find();
    assert.deepEqual(found.kind === 'validate' && found.conditions, [['If-None-Match', '"a"']]);
  });
});

describe("a client's condition on a stored response", () => {
  const world = new World();
  const date = world.date();
  const before = world.date(-100);
  const long = world.date(-1000);
  const dated: readonly [string, string] = ['Last-Modified', before];
  const cases: readonly [title: string, stored: Lines, request: Lines, status: number, stored200?: number][] = [
    ['is met by the same tag', [tag], [['If-None-Match', '"a"']], 304],
    ['is met by one tag of several', [tag], [['If-None-Match', '"b", "a" , "c"']], 304],
    [
      'is met by one tag of several lines',
      [tag],
      [
        ['If-None-Match', '"b"'],
        ['If-None-Match', '"a"'],
      ],
      304,
    ],
    ['is met by a weak tag (weak comparison, RFC 9110 §8.8.3.2)', [['ETag', 'W/"a"']], [['If-None-Match', '"a"']], 304],
    ['is met by any', [tag], [['If-None-Match', '*']], 304],
    ['is not met by another tag', [tag], [['If-None-Match', '"b"']], 200],
    ['is not met by a part of a tag with a comma', [['ETag', '"a,b"']], [['If-None-Match', '"a"']], 200],
    ['is not met without a stored tag', [], [['If-None-Match', '"a"']], 200],
    [
      'goes by the tag before the date (RFC 9110 §13.2.2)',
      [tag, dated],
      [
        ['If-None-Match', '"a"'],
        ['If-Modified-Since', long],
      ],
      304,
    ],
    [
      'does not go by the date where the tag differs',
      [tag, dated],
      [
        ['If-None-Match', '"b"'],
        ['If-Modified-Since', date],
      ],
      200,
    ],
    ['is met by the date of the last change', [dated], [['If-Modified-Since', before]], 304],
    ['is met by a later date', [dated], [['If-Modified-Since', date]], 304],
    ['is not met by an earlier date', [dated], [['If-Modified-Since', long]], 200],
    ['is met by Date where the last change is unknown (RFC 9111 §4.3.2)', [], [['If-Modified-Since', date]], 304],
    ['is not met by a date before Date where the last change is unknown', [], [['If-Modified-Since', before]], 200],
    ['is nothing where the date is none', [dated], [['If-Modified-Since', '2026-01-01']], 200],
    ['is nothing for another status than 200', [tag], [['If-None-Match', '"a"']], 404, 404],
  ];
  for (const [title, stored, request, status, storedStatus] of cases) {
    it(title, () => {
      const own = new World();
      own.store({ status: storedStatus ?? 200, fields: [['Cache-Control', 'max-age=99'], ...stored] });
      assert.equal(own.answer({ fields: request }).status, status);
    });
  }

  it('is answered without content and without its description (RFC 9110 §15.4.5)', () => {
    const own = new World();
    own.store({ fields: [['Cache-Control', 'max-age=99'], tag, ['Content-Type', 'text/plain'], ['X-A', '1']] });
    own.wait(5);
    const answer = own.answer({ fields: [['If-None-Match', '"a"']] });
    assert.deepEqual([answer.reason, answer.body.length, answer.contentLength], ['Not Modified', 0, 0]);
    const names = Array.from(answer.fields, ([name]) => name);
    assert.deepEqual(names, ['Date', 'Cache-Control', 'ETag', 'X-A', 'Age', 'Cache-Status']);
    assert.equal(answer.fields.get('age'), '5');
  });
});

describe('weak comparison', () => {
  it('looks at the opaque part alone', () => {
    assert.deepEqual([sameTag('W/"a"', '"a"'), sameTag('"a"', '"b"'), sameTag('w/"a"', '"a"')], [true, false, false]);
  });
});
