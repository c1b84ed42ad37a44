// What a successful unsafe request makes the cache forget (RFC 9111 §4.4).
import assert from 'node:assert/strict';
import { urlsToInvalidate } from '../../../src/cache/invalidation.ts';
import { Fields } from '../../../src/http/fields.ts';
import { standard, World, requestOf, word, type Lines } from './world.ts';

const url = 'http://a.test:8080/x/y';

describe('the URLs to invalidate', () => {
  const cases: readonly [title: string, method: string, status: number, fields: Lines, expected: string[]][] = [
    ['are that of a POST that succeeded', 'POST', 200, [], [url]],
    ['are that of a PUT that was redirected', 'PUT', 303, [], [url]],
    ['are that of PATCH', 'PATCH', 204, [], [url]],
    ['are that of an unknown method', 'M-SEARCH', 200, [], [url]],
    ['are none after an error', 'DELETE', 404, [], []],
    ['are none after a failure', 'POST', 500, [], []],
    ['are none after a safe method', 'GET', 200, [['Location', '/z']], []],
    ['are none after OPTIONS', 'OPTIONS', 200, [], []],
    ['are also that of Location', 'POST', 201, [['Location', '/z?q#f']], [url, 'http://a.test:8080/z?q']],
    ['are also that of Content-Location', 'POST', 200, [['Content-Location', 'z']], [url, 'http://a.test:8080/x/z']],
    ['are not one of another port', 'POST', 201, [['Location', 'http://a.test/z']], [url]],
    ['are not one of another scheme', 'POST', 201, [['Location', 'https://a.test:8080/z']], [url]],
    ['are not one of another host', 'POST', 201, [['Location', '//b.test:8080/z']], [url]],
    ['are not a Location that is none', 'POST', 201, [['Location', 'http://[']], [url]],
    [
      'are each named once',
      'PUT',
      200,
      [
        ['Location', url],
        ['Content-Location', url],
      ],
      [url],
    ],
  ];
  for (const [title, method, status, fields, expected] of cases) {
    it(title, () => assert.deepEqual(urlsToInvalidate(method, url, status, Fields.of(fields)), expected));
  }
});

describe('invalidation', () => {
  const fresh: Lines = [['Cache-Control', 'max-age=60']];

  it('forgets all variants of a URL, for all sources', () => {
    const world = new World();
    for (const value of ['1', '2'])
      world.store({ fields: [...fresh, ['Vary', 'Foo']] }, { url, fields: [['Foo', value]] });
    world.store({ fields: [...fresh, ['Set-Cookie', 'a']] }, { url, source: 'other' });
    assert.deepEqual(world.cache.invalidate('POST', url, 200, Fields.none), [url]);
    assert.equal(word(world.find({ url }).decision), 'miss:nothing-stored');
    assert.equal(world.cache.snapshot(9, world.now).total, 0);
  });

  it('names only URLs of which something was stored', () => {
    const world = new World();
    world.store({ fields: fresh }, { url: 'http://a.test:8080/z' });
    const invalidated = world.cache.invalidate('POST', url, 201, Fields.of([['Location', '/z']]));
    assert.deepEqual(invalidated, ['http://a.test:8080/z']);
  });

  it('leaves everything after an error', () => {
    const world = new World();
    world.store({ fields: fresh }, { url });
    assert.deepEqual(world.cache.invalidate('POST', url, 500, Fields.none), []);
    assert.equal(word(world.find({ url }).decision), 'hit');
  });

  it('keeps a response out that is on its way, whatever happens to it later', () => {
    const world = new World();
    const times = { requestTime: world.now, responseTime: world.now };
    const response = { status: 200, reason: 'OK', fields: Fields.of(fresh) };
    const keeping = world.cache.keep(requestOf({ url }), response, times, world.now);
    const other = world.cache.keep(requestOf({ url: `${url}/other` }), response, times, world.now);
    keeping.writer?.content(Buffer.from('a'));
    world.cache.invalidate('POST', url, 200, Fields.none);
    keeping.writer?.content(Buffer.from('b'));
    assert.equal(word(keeping.writer?.commit(Fields.none)), 'not-stored:invalidated');
    assert.equal(word(other.writer?.commit(Fields.none)), 'stored');
    assert.equal(world.cache.snapshot(9, world.now).total, 1);
  });

  it('happens while the cache is off too', () => {
    const world = new World();
    world.store({ fields: fresh }, { url });
    world.cache.configure({ ...standard, mode: 'off' });
    assert.deepEqual(world.cache.invalidate('POST', url, 200, Fields.none), [url]);
  });
});
