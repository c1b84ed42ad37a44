// What people do to the cache by hand: flush a host, mark as expired, pin, and the order of the snapshot.
import assert from 'node:assert/strict';
import { word, World, type Lines } from './world.ts';

const fresh: Lines = [['Cache-Control', 'max-age=600']];
const validated: Lines = [...fresh, ['ETag', '"1"']];

/** A store with room for a few entries of some 2 kB each. */
function small(): World {
  return new World({ maxBytes: 10_000 });
}

function put(world: World, path: string, bytes = 1000, fields: Lines = fresh): string {
  const url = `http://a.test${path}`;
  world.store({ fields, body: 'x'.repeat(bytes) }, { url });
  const entry = world.cache.snapshot(1000, world.now).entries.find((one) => one.url === url);
  assert.ok(entry !== undefined, `${path} is stored`);
  return entry.id;
}

function paths(world: World, limit = 1000): string[] {
  return world.cache.snapshot(limit, world.now).entries.map(({ url }) => url.replace('http://a.test', ''));
}

describe('marking as expired', () => {
  it('makes the next request validate, and 304 clears the mark', () => {
    const world = new World();
    const id = put(world, '/', 10, validated);
    assert.equal(world.cache.care.expire(id), true);
    const found = world.find();
    assert.deepEqual([found.kind, word(found.decision)], ['validate', 'miss:marked-expired']);
    world.validate();
    assert.equal(word(world.find().decision), 'hit');
  });

  it('makes the next request miss where nothing can be validated', () => {
    const world = new World();
    world.cache.care.expire(put(world, '/'));
    const found = world.find();
    assert.deepEqual([found.kind, word(found.decision)], ['miss', 'miss:marked-expired']);
    put(world, '/');
    assert.equal(word(world.find().decision), 'hit');
  });

  it('serves it to nobody, whatever stale answers are allowed', () => {
    const world = new World();
    const id = put(world, '/', 10, [['Cache-Control', 'max-age=600, stale-if-error=600']]);
    world.cache.care.expire(id);
    assert.equal(word(world.find({ fields: [['Cache-Control', 'max-stale']] }).decision), 'miss:marked-expired');
    assert.equal(world.stale(undefined, 503), undefined);
  });

  it('says where there is no such entry, and changes the version where there is', () => {
    const world = new World();
    const id = put(world, '/');
    const before = world.cache.version;
    assert.equal(world.cache.care.expire('none'), false);
    assert.equal(world.cache.version, before);
    world.cache.care.expire(id);
    assert.notEqual(world.cache.version, before);
  });
});

describe('pinning', () => {
  it('keeps an entry while others are evicted', () => {
    const world = small();
    assert.deepEqual(world.cache.care.pin(put(world, '/pinned'), true), { kind: 'done' });
    for (let at = 0; at < 20; at += 1) put(world, `/${at}`);
    assert.ok(paths(world).includes('/pinned'));
    const { entries, bytes, maxBytes } = world.cache.snapshot(1000, world.now);
    assert.ok(bytes <= maxBytes);
    assert.deepEqual(
      entries.filter(({ pinned }) => pinned).map(({ url }) => url),
      ['http://a.test/pinned'],
    );
  });

  it('keeps an entry that has expired, which still is not served', () => {
    const world = small();
    world.cache.care.pin(put(world, '/pinned'), true);
    world.wait(700);
    for (let at = 0; at < 20; at += 1) put(world, `/${at}`);
    assert.ok(paths(world).includes('/pinned'));
    assert.equal(word(world.find({ url: 'http://a.test/pinned' }).decision), 'miss:stale');
  });

  it('is refused where more than half of the budget would be pinned', () => {
    const world = small();
    const [first, second] = [put(world, '/1', 2000), put(world, '/2', 2000)];
    assert.equal(world.cache.care.pin(first, true).kind, 'done');
    const refused = world.cache.care.pin(second, true);
    assert.ok(refused.kind === 'refused' && refused.needed > refused.limit, JSON.stringify(refused));
    assert.equal(refused.limit, 5000);
    assert.deepEqual(world.cache.care.pin(first, true), { kind: 'done' }, 'once more');
    world.cache.care.pin(first, false);
    assert.equal(world.cache.care.pin(second, true).kind, 'done');
    assert.deepEqual(world.cache.care.pin('none', true), { kind: 'gone' });
  });

  it('stays through validation and replacement', () => {
    const world = new World();
    world.cache.care.pin(put(world, '/', 10, validated), true);
    world.wait(700);
    world.validate();
    assert.equal(world.cache.snapshot(1, world.now).entries[0]?.pinned, true);
    put(world, '/', 20);
    assert.equal(world.cache.snapshot(1, world.now).entries[0]?.pinned, true);
  });

  it('does not keep what is invalidated, evicted or flushed', () => {
    const world = new World();
    for (const drop of [
      () => world.cache.invalidate('POST', 'http://a.test/', 200, world.entry().fields),
      () => world.cache.evict(world.entry().id),
      () => world.cache.flush(),
    ]) {
      world.cache.care.pin(put(world, '/'), true);
      drop();
      assert.deepEqual(paths(world), []);
    }
  });

  it('leaves what is on its way no more room than there is', () => {
    const world = small();
    world.cache.care.pin(put(world, '/pinned', 2000), true);
    const late = world.store({ fields: fresh, body: 'x'.repeat(9000) }, { url: 'http://a.test/large' });
    assert.equal(word(late), 'not-stored:crowded');
    assert.deepEqual(paths(world), ['/pinned']);
  });

  it('keeps the budget where that shrinks', () => {
    const world = small();
    world.cache.care.pin(put(world, '/pinned', 2000), true);
    world.cache.configure({ ...world.settings, maxBytes: 1000 });
    assert.equal(world.cache.snapshot(1, world.now).bytes, 0);
  });
});

describe('flushing a host', () => {
  it('drops that host and no other, and what is on its way', () => {
    const world = new World();
    for (const url of ['http://a.test/', 'http://a.test/x?y', 'http://a.test:81/', 'http://b.test/']) {
      world.store({ fields: fresh }, { url });
    }
    const late = world.begin({ fields: fresh }, { url: 'http://a.test/late' });
    assert.equal(world.cache.care.flushHost('a.test'), 2);
    assert.equal(word(late.writer?.decision), 'not-stored:flushed');
    assert.deepEqual(
      world.cache.care.hosts(9).map(({ host, entries }) => [host, entries]),
      [
        ['a.test:81', 1],
        ['b.test', 1],
      ],
    );
    assert.equal(world.cache.care.flushHost('c.test'), 0);
  });

  it('counts what is stored, the host with the most first', () => {
    const world = new World();
    for (const url of ['http://b.test/', 'http://a.test/1', 'http://a.test/2']) world.store({ fields: fresh }, { url });
    const [first, ...others] = world.cache.care.hosts(9);
    assert.deepEqual([first?.host, first?.entries, others.length], ['a.test', 2, 1]);
    assert.equal((first?.bytes ?? 0) + (others[0]?.bytes ?? 0), world.cache.snapshot(9, world.now).bytes);
    assert.equal(world.cache.care.hosts(1).length, 1);
  });
});

describe('the order of the snapshot', () => {
  function sorted(): World {
    const world = new World();
    put(world, '/old', 20, [...fresh, ['Age', '50']]);
    put(world, '/large', 900);
    put(world, '/busy', 30);
    for (let hits = 0; hits < 3; hits += 1) world.find({ url: 'http://a.test/busy' });
    put(world, '/new', 10);
    return world;
  }

  for (const [order, first] of [
    ['recent', '/new'],
    ['size', '/large'],
    ['age', '/old'],
    ['hits', '/busy'],
  ] as const) {
    it(`by ${order} begins with ${first}, also where only one is shown`, () => {
      const world = sorted();
      const before = world.cache.version;
      world.cache.care.sortBy(order);
      assert.notEqual(world.cache.version, before);
      assert.equal(paths(world)[0], first);
      assert.deepEqual(paths(world, 1), [first]);
      assert.equal(world.cache.snapshot(1, world.now).order, order);
    });
  }
});
