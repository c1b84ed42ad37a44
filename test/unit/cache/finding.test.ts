// When a stored response answers, and why not (RFC 9111 §4, §5.2.1).
import assert from 'node:assert/strict';
import { demandsOf } from '../../../src/cache/finding.ts';
import { Fields } from '../../../src/http/fields.ts';
import { World, word, type Ask, type Lines } from './world.ts';

const etag: readonly [string, string] = ['ETag', '"a"'];

function control(value: string): readonly [string, string] {
  return ['Cache-Control', value];
}

describe('a request for something that is stored', () => {
  const cases: readonly [title: string, stored: Lines, age: number, ask: Ask, expected: string][] = [
    ['is a hit while it is fresh', [control('max-age=60')], 59, {}, 'hit'],
    ['is no hit from the moment on in which it is stale (§4.2)', [control('max-age=60')], 60, {}, 'miss:stale'],
    ['counts the Age that it came with', [control('max-age=60'), ['Age', '30']], 30, {}, 'miss:stale'],
    ['is a hit for HEAD', [control('max-age=60')], 1, { method: 'HEAD' }, 'hit'],
    ['is no hit for POST (§4)', [control('max-age=60')], 1, { method: 'POST' }, 'not-asked:method'],
    ['is no hit for a method in other letters', [control('max-age=60')], 1, { method: 'get' }, 'not-asked:method'],
    ['is a hit for a range', [control('max-age=60')], 1, { fields: [['Range', 'bytes=0-1']] }, 'hit'],
    [
      'is not asked for two ranges',
      [control('max-age=60')],
      1,
      { fields: [['Range', 'bytes=0-1,3-4']] },
      'not-asked:range',
    ],
    [
      'is a hit for HEAD with a range, which means nothing',
      [control('max-age=60')],
      1,
      { method: 'HEAD', fields: [['Range', 'bytes=0-1']] },
      'hit',
    ],
    [
      'is not asked with If-Match (§4.3.2)',
      [control('max-age=60')],
      1,
      { fields: [['If-Match', '"a"']] },
      'not-asked:conditional',
    ],
    [
      'is not asked with If-Unmodified-Since (§4.3.2)',
      [control('max-age=60')],
      1,
      { fields: [['If-Unmodified-Since', 'x']] },
      'not-asked:conditional',
    ],
    ['is not for another query', [control('max-age=60')], 1, { url: 'http://a.test/?' }, 'miss:nothing-stored'],
    [
      'is not for another variant',
      [control('max-age=60'), ['Vary', 'Foo']],
      1,
      { fields: [['Foo', '1']] },
      'miss:vary',
    ],
    ['is validated with no-cache (§5.2.2.4)', [control('no-cache, max-age=60'), etag], 1, {}, 'miss:response-no-cache'],
    ['is a hit with no-cache for one field', [control('no-cache="a", max-age=60')], 1, {}, 'hit'],
    ['is a hit with must-revalidate while fresh', [control('must-revalidate, max-age=60')], 1, {}, 'hit'],

    [
      'follows no-cache in the request (§5.2.1.4)',
      [control('max-age=60')],
      1,
      { fields: [control('no-cache')] },
      'miss:request-no-cache',
    ],
    [
      'follows Pragma without Cache-Control (§5.4)',
      [control('max-age=60')],
      1,
      { fields: [['Pragma', 'No-Cache']] },
      'miss:request-no-cache',
    ],
    [
      'does not follow Pragma beside Cache-Control',
      [control('max-age=60')],
      1,
      { fields: [['Pragma', 'no-cache'], control('x')] },
      'hit',
    ],
    ['follows no Pragma but no-cache', [control('max-age=60')], 1, { fields: [['Pragma', 'foo']] }, 'hit'],
    [
      'may be as old as max-age in the request (§5.2.1.1)',
      [control('max-age=60')],
      30,
      { fields: [control('max-age=30')] },
      'hit',
    ],
    ['must not be older', [control('max-age=60')], 31, { fields: [control('max-age=30')] }, 'miss:request-max-age'],
    [
      'is validated for max-age=0',
      [control('max-age=60')],
      0,
      { fields: [control('max-age=0')] },
      'miss:request-max-age',
    ],
    ['is a hit for a max-age that is no number', [control('max-age=60')], 1, { fields: [control('max-age=a')] }, 'hit'],
    ['may have min-fresh left (§5.2.1.3)', [control('max-age=60')], 50, { fields: [control('min-fresh=10')] }, 'hit'],
    [
      'must not have less left',
      [control('max-age=60')],
      51,
      { fields: [control('min-fresh=10')] },
      'miss:request-min-fresh',
    ],
    [
      'may be stale with max-stale (§5.2.1.2)',
      [control('max-age=60')],
      9000 / 3,
      { fields: [control('max-stale')] },
      'stale:max-stale',
    ],
    ['may be stale for so long', [control('max-age=60')], 70, { fields: [control('max-stale=10')] }, 'stale:max-stale'],
    ['must not be stale for longer', [control('max-age=60')], 71, { fields: [control('max-stale=10')] }, 'miss:stale'],
    [
      'must not be stale for a max-stale that is no number',
      [control('max-age=60')],
      60,
      { fields: [control('max-stale=x')] },
      'miss:stale',
    ],
    [
      'must not be stale with must-revalidate (§5.2.2.2)',
      [control('max-age=60, must-revalidate')],
      61,
      { fields: [control('max-stale')] },
      'miss:stale',
    ],
    [
      'must not be stale with proxy-revalidate (§5.2.2.8)',
      [control('max-age=60, proxy-revalidate')],
      61,
      { fields: [control('max-stale')] },
      'miss:stale',
    ],
    [
      'must not be stale with s-maxage (§5.2.2.10)',
      [control('s-maxage=60')],
      61,
      { fields: [control('max-stale')] },
      'miss:stale',
    ],
    [
      'must not be stale with no-cache',
      [control('no-cache, max-age=60'), etag],
      61,
      { fields: [control('max-stale')] },
      'miss:response-no-cache',
    ],
    [
      'must not be older than max-age whatever max-stale says',
      [control('max-age=60')],
      70,
      { fields: [control('max-stale, max-age=65')] },
      'miss:request-max-age',
    ],
    [
      'is a hit with no-store, which is about storing (§5.2.1.5)',
      [control('max-age=60')],
      1,
      { fields: [control('no-store')] },
      'hit',
    ],
    ['is a hit with only-if-cached', [control('max-age=60')], 1, { fields: [control('only-if-cached')] }, 'hit'],
    [
      'is 504 with only-if-cached when stale (§5.2.1.7)',
      [control('max-age=60'), etag],
      61,
      { fields: [control('only-if-cached')] },
      'unsatisfiable',
    ],
    [
      'is 504 with only-if-cached for another variant',
      [control('max-age=60'), ['Vary', 'Foo']],
      1,
      { fields: [control('only-if-cached'), ['Foo', '1']] },
      'unsatisfiable',
    ],
    [
      'is 504 with only-if-cached for several ranges',
      [control('max-age=60')],
      1,
      { fields: [control('only-if-cached'), ['Range', 'bytes=0-1,3-4']] },
      'unsatisfiable',
    ],
    [
      'is stale with only-if-cached and max-stale',
      [control('max-age=60')],
      61,
      { fields: [control('only-if-cached, max-stale')] },
      'stale:max-stale',
    ],
    [
      'is forwarded with only-if-cached for POST',
      [control('max-age=60')],
      1,
      { method: 'POST', fields: [control('only-if-cached')] },
      'not-asked:method',
    ],
  ];
  for (const [title, stored, age, ask, expected] of cases) {
    it(title, () => {
      const world = new World();
      world.store({ fields: stored });
      world.wait(age);
      assert.equal(word(world.find(ask).decision), expected);
    });
  }

  it('is validated where it has a validator, and fetched again where it has none', () => {
    const world = new World();
    world.store({ fields: [control('max-age=60'), etag] }, { url: 'http://a.test/with' });
    world.store({ fields: [control('max-age=60')] }, { url: 'http://a.test/without' });
    world.wait(72);
    const validating = world.find({ url: 'http://a.test/with' });
    assert.equal(validating.kind, 'validate');
    assert.deepEqual(validating.decision, {
      kind: 'miss',
      reason: 'stale',
      validating: true,
      staleFor: 12,
      because: { clause: 'RFC 9111 §5.2.2.1', field: 'Cache-Control: max-age=60', side: 'response' },
    });
    const fetching = world.find({ url: 'http://a.test/without' });
    assert.equal(fetching.kind, 'miss');
    assert.ok('entry' in fetching && fetching.entry !== undefined, 'it may help out when upstream fails');
  });

  it('is not validated where it is no success (RFC 9110 §13.2.1)', () => {
    const world = new World();
    world.store({ status: 404, fields: [control('max-age=60'), etag] });
    world.wait(60);
    assert.equal(world.find().kind, 'miss');
  });

  it('names the field that makes it another variant', () => {
    const world = new World();
    world.store(
      { fields: [control('max-age=60'), ['Vary', 'Accept, Accept-Language']] },
      { fields: [['Accept-Language', 'de']] },
    );
    const { decision } = world.find({ fields: [['Accept-Language', 'en']] });
    assert.equal(decision.kind === 'miss' && decision.differs, 'Accept-Language');
    assert.equal(decision.because?.field, 'Vary: Accept, Accept-Language');
  });

  it('gets the newest of the variants that match', () => {
    const world = new World();
    const vary: Lines = [control('max-age=60'), ['Vary', 'Accept-Language']];
    world.store({ body: 'any', fields: vary }, { fields: [['Accept-Language', 'en, de']] });
    world.store(
      { body: 'german', fields: [...vary, ['Content-Language', 'de']] },
      { fields: [['Accept-Language', 'fr, de']] },
    );
    assert.equal(world.answer({ fields: [['Accept-Language', 'de']] }).body.toString(), 'german');
    assert.equal(world.answer({ fields: [['Accept-Language', 'de, en']] }).body.toString(), 'any');
  });

  it('is used no longer than cache.ttl, and neither is a stale answer', () => {
    const world = new World({ ttl: 100 });
    world.store({ fields: [control('max-age=1000')] });
    world.wait(99);
    const hit = world.find().decision;
    assert.deepEqual([hit.kind === 'hit' && hit.lifetime, hit.kind === 'hit' && hit.origin], [100, 'ttl']);
    world.wait(1);
    const { decision } = world.find({ fields: [control('max-stale')] });
    assert.equal(word(decision), 'miss:ttl');
    assert.equal(decision.kind === 'miss' && decision.limit, 100);
  });

  it('is never a hit where cache.ttl is 0', () => {
    const world = new World({ ttl: 0 });
    world.store({ fields: [control('max-age=1000'), etag] });
    assert.equal(word(world.find().decision), 'miss:ttl');
  });

  it('has its full time again after the clock went back, but is never younger than on arrival', () => {
    const world = new World();
    world.store({ fields: [control('max-age=60'), ['Age', '50']] });
    world.wait(-1000);
    const { decision } = world.find();
    assert.equal(decision.kind === 'hit' && decision.age, 50);
  });
});

describe('a response with Set-Cookie', () => {
  it('answers only the source that caused it (RFC 9111 §7.3)', () => {
    const world = new World();
    const stored = world.store({ fields: [control('max-age=60'), ['Set-Cookie', 'a=b']] }, { source: 'one' });
    assert.equal(stored.kind === 'stored' && stored.restricted, 'set-cookie');
    assert.equal(word(world.find({ source: 'one' }).decision), 'hit');
    const { decision } = world.find({ source: 'two' });
    assert.equal(word(decision), 'miss:source');
    assert.equal(decision.because?.field, 'Set-Cookie: a=b');
  });

  it('is kept for each source by itself', () => {
    const world = new World();
    for (const source of ['one', 'two']) {
      world.store({ body: source, fields: [control('max-age=60'), ['Set-Cookie', source]] }, { source });
    }
    assert.equal(world.answer({ source: 'one' }).body.toString(), 'one');
    assert.equal(world.answer({ source: 'two' }).body.toString(), 'two');
  });

  it('answers all sources where it says public', () => {
    const world = new World();
    world.store({ fields: [control('public, max-age=60'), ['Set-Cookie', 'a=b']] }, { source: 'one' });
    assert.equal(word(world.find({ source: 'two' }).decision), 'hit');
  });

  it('answers all sources without the cookie where no-cache or private lists it', () => {
    for (const directive of ['no-cache', 'private']) {
      const world = new World();
      world.store(
        { fields: [control(`${directive}="Set-Cookie", max-age=60`), ['Set-Cookie', 'a=b']] },
        { source: 'one' },
      );
      assert.equal(world.answer({ source: 'two' }).fields.has('set-cookie'), false);
    }
  });
});

describe('a stored response when upstream fails', () => {
  const sie = control('max-age=60, stale-if-error=10');
  const cases: readonly [
    title: string,
    stored: Lines,
    age: number,
    ask: Ask,
    status: number | undefined,
    expected: string,
  ][] = [
    ['answers where upstream is lost (§4.2.4)', [control('max-age=60')], 500, {}, undefined, 'stale:upstream-lost'],
    ['does not answer for an error status', [control('max-age=60')], 61, {}, 503, 'none'],
    ['answers within stale-if-error (RFC 5861 §4)', [sie], 70, {}, 503, 'stale:stale-if-error'],
    ['answers within stale-if-error where upstream is lost', [sie], 70, {}, undefined, 'stale:stale-if-error'],
    ['does not answer beyond stale-if-error', [sie], 71, {}, 503, 'none'],
    ['does not answer beyond stale-if-error where upstream is lost', [sie], 71, {}, undefined, 'none'],
    ['does not answer for a status that is no failure', [sie], 61, {}, 404, 'none'],
    [
      'answers within stale-if-error of the request',
      [control('max-age=60')],
      70,
      { fields: [control('stale-if-error=10')] },
      500,
      'stale:stale-if-error',
    ],
    [
      'does not answer with must-revalidate',
      [control('max-age=60, stale-if-error=10, must-revalidate')],
      61,
      {},
      503,
      'none',
    ],
    ['does not answer with proxy-revalidate', [control('max-age=60, proxy-revalidate')], 61, {}, undefined, 'none'],
    ['does not answer with s-maxage', [control('s-maxage=60')], 61, {}, undefined, 'none'],
    ['does not answer with no-cache', [control('no-cache, max-age=60'), etag], 1, {}, undefined, 'none'],
    ['does not answer where the request said no-cache', [sie], 1, { fields: [control('no-cache')] }, undefined, 'none'],
    [
      'does not answer where the request wants it younger',
      [sie],
      61,
      { fields: [control('max-age=60')] },
      undefined,
      'none',
    ],
    ['does not answer beyond cache.ttl', [control('max-age=60')], 3600, {}, undefined, 'none'],
  ];
  for (const [title, stored, age, ask, status, expected] of cases) {
    it(title, () => {
      const world = new World();
      world.store({ fields: stored });
      world.wait(age);
      assert.equal(word(world.stale(ask, status)), expected);
    });
  }
});

describe('the demands of a request', () => {
  it('are those of Pragma only where there is no Cache-Control', () => {
    assert.equal(demandsOf(Fields.of([['Pragma', 'a, no-cache']])).has('no-cache'), true);
    assert.equal(
      demandsOf(
        Fields.of([
          ['Cache-Control', ''],
          ['Pragma', 'no-cache'],
        ]),
      ).size,
      0,
    );
  });
});
