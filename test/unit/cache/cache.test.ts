// The cache as a whole: what replaces what, settings, figures, and the snapshot for views.
import assert from 'node:assert/strict';
import { Fields } from '../../../src/http/fields.ts';
import { World, standard, word, type Lines } from './world.ts';

const fresh: Lines = [['Cache-Control', 'max-age=60']];

describe('HttpCache', () => {
  it('replaces what is stored for the same request', () => {
    const world = new World();
    world.store({ fields: fresh, body: 'one' });
    world.store({ fields: fresh, body: 'two' });
    assert.equal(world.answer().body.toString(), 'two');
    assert.equal(world.cache.snapshot(9, world.now).total, 1);
  });

  it('keeps variants side by side', () => {
    const world = new World();
    for (const value of ['1', '2']) {
      world.store({ fields: [...fresh, ['Vary', 'Foo']], body: value }, { fields: [['Foo', value]] });
    }
    for (const value of ['1', '2']) assert.equal(world.answer({ fields: [['Foo', value]] }).body.toString(), value);
  });

  it('keeps at most 64 variants of a URL', () => {
    const world = new World();
    for (let value = 0; value < 70; value++) {
      world.store({ fields: [...fresh, ['Vary', 'Foo']] }, { fields: [['Foo', String(value)]] });
    }
    assert.deepEqual([world.cache.snapshot(99, world.now).total, world.cache.counters.evicted], [64, 6]);
    assert.equal(word(world.find({ fields: [['Foo', '5']] }).decision), 'miss:vary');
    assert.equal(word(world.find({ fields: [['Foo', '6']] }).decision), 'hit');
  });

  for (const [status, fields, what] of [
    [200, [['Cache-Control', 'no-store']], 'a newer one that must not be stored'],
    [301, [['Cache-Control', 'private']], 'a newer redirection'],
    [404, [], 'the news that it is gone'],
  ] as const) {
    it(`forgets what is stored for ${what}`, () => {
      const world = new World();
      world.store({ fields: fresh });
      world.store({ status, fields });
      assert.equal(word(world.find().decision), 'miss:nothing-stored');
    });
  }

  for (const status of [206, 304, 401, 500, 503]) {
    it(`keeps what is stored after ${status}`, () => {
      const world = new World();
      world.store({ fields: fresh });
      world.store({ status });
      assert.equal(word(world.find().decision), 'hit');
    });
  }

  it('neither finds nor keeps anything while it is off', () => {
    const world = new World({ mode: 'off' });
    assert.equal(word(world.store({ fields: fresh })), 'not-stored:cache-off');
    assert.equal(word(world.find().decision), 'not-asked:cache-off');
    world.cache.configure(standard);
    assert.equal(word(world.store({ fields: fresh })), 'stored');
    assert.equal(word(world.find().decision), 'hit');
  });

  it('evicts at once when the budget shrinks', () => {
    const world = new World();
    for (const url of ['http://a.test/1', 'http://a.test/2', 'http://a.test/3']) {
      world.store({ fields: fresh, body: 'x'.repeat(1000) }, { url });
    }
    world.find({ url: 'http://a.test/1' });
    world.cache.configure({ ...standard, maxBytes: 2500 });
    assert.deepEqual(
      world.cache.snapshot(9, world.now).entries.map(({ url }) => url),
      ['http://a.test/1'],
    );
    assert.equal(world.cache.counters.evicted, 2);
  });

  it('evicts what is larger than a smaller limit for entries', () => {
    const world = new World();
    world.store({ fields: fresh, body: 'x'.repeat(1000) }, { url: 'http://a.test/large' });
    world.store({ fields: fresh, body: 'x' }, { url: 'http://a.test/small' });
    world.cache.configure({ ...standard, maxEntryBytes: 999 });
    assert.equal(word(world.find({ url: 'http://a.test/large' }).decision), 'miss:nothing-stored');
    assert.equal(word(world.find({ url: 'http://a.test/small' }).decision), 'hit');
    assert.equal(world.cache.counters.evicted, 1);
  });

  it('takes a new limit of time for what is stored already', () => {
    const world = new World();
    world.store({ fields: fresh });
    world.wait(30);
    world.cache.configure({ ...standard, ttl: 30 });
    assert.equal(word(world.find().decision), 'miss:ttl');
  });

  it('evicts the stale before the least recently used', () => {
    const world = new World({ maxBytes: 8000 });
    world.store({ fields: fresh, body: 'x'.repeat(2000) }, { url: 'http://a.test/old' });
    world.store({ fields: [['Cache-Control', 'max-age=5']], body: 'x'.repeat(2000) }, { url: 'http://a.test/stale' });
    world.wait(6);
    world.store({ fields: fresh, body: 'x'.repeat(3000) }, { url: 'http://a.test/new' });
    assert.equal(word(world.find({ url: 'http://a.test/old' }).decision), 'hit');
    assert.equal(word(world.find({ url: 'http://a.test/stale' }).decision), 'miss:nothing-stored');
    assert.deepEqual([world.cache.counters.expired, world.cache.counters.evicted], [1, 0]);
  });

  it('counts hits, validations, misses, what it stored, and what upstream was spared', () => {
    const world = new World();
    world.find();
    world.store({ fields: [...fresh, ['ETag', '"a"']], delay: 250 });
    world.answer();
    world.answer();
    world.wait(60);
    world.validate();
    world.wait(60);
    assert.ok(world.stale());
    const counts = { hits: 3, validated: 1, misses: 1, stored: 1, evicted: 0, expired: 0 };
    assert.deepEqual(world.cache.counters, { ...counts, bytesSaved: 3 * 'content'.length, timeSaved: 500 });
  });

  it('flushes everything and says how much it was', () => {
    const world = new World();
    world.store({ fields: fresh }, { url: 'http://a.test/1' });
    world.store({ fields: fresh }, { url: 'http://a.test/2' });
    assert.equal(world.cache.flush(), 2);
    assert.equal(world.cache.flush(), 0);
    assert.equal(word(world.find({ url: 'http://a.test/1' }).decision), 'miss:nothing-stored');
  });

  it('evicts one entry by its identity', () => {
    const world = new World();
    world.store({ fields: fresh });
    const [entry] = world.cache.snapshot(1, world.now).entries;
    assert.ok(entry !== undefined);
    assert.deepEqual([world.cache.evict(entry.id), world.cache.evict(entry.id)], [true, false]);
    assert.equal(word(world.find().decision), 'miss:nothing-stored');
  });

  it('keeps the identity of an entry through its validation', () => {
    const world = new World();
    world.store({ fields: [...fresh, ['ETag', '"a"']] });
    const before = world.cache.snapshot(1, world.now).entries[0]?.id;
    world.wait(60);
    world.validate();
    assert.equal(world.cache.snapshot(1, world.now).entries[0]?.id, before);
  });

  it('changes its version with every change of the snapshot, and only then', () => {
    const world = new World();
    const changes = (step: () => unknown): boolean => {
      const before = world.cache.version;
      step();
      return world.cache.version !== before;
    };
    assert.equal(
      changes(() => world.find()),
      false,
      'a miss',
    );
    assert.equal(
      changes(() => world.store()),
      false,
      'nothing stored',
    );
    assert.equal(
      changes(() => world.store({ fields: fresh })),
      true,
      'stored',
    );
    assert.equal(
      changes(() => world.find()),
      true,
      'a hit',
    );
    assert.equal(
      changes(() => world.cache.snapshot(9, world.now)),
      false,
      'a look',
    );
    assert.equal(
      changes(() => world.store({ fields: [['ETag', '"b"']] }, { method: 'HEAD' })),
      true,
      'outdated',
    );
    assert.equal(
      changes(() => world.cache.invalidate('POST', 'http://a.test/', 200, Fields.none)),
      true,
      'invalidated',
    );
    assert.equal(
      changes(() => world.cache.flush()),
      false,
      'an empty flush',
    );
  });
});
