// Entries as rows of the Cache view.
import assert from 'node:assert/strict';
import type { CacheEntrySummary } from '../../../src/contract/model.ts';
import { describeEntry } from '../../../src/formats/cache-entry.ts';
import { World, type Lines } from './world.ts';

function row(world: World): CacheEntrySummary {
  const [entry] = world.cache.snapshot(1, world.now).entries;
  assert.ok(entry !== undefined);
  return entry;
}

describe('an entry in the snapshot', () => {
  it('has its figures', () => {
    const world = new World();
    const stored = world.now;
    const vary: Lines = [
      ['Vary', 'Foo, Bar'],
      ['Content-Type', 'text/html'],
    ];
    world.store({ fields: [['Cache-Control', 'max-age=60'], ['Age', '10'], ...vary] }, { fields: [['foo', '1, 2']] });
    world.wait(5);
    world.find({ fields: [['foo', '1,2']] });
    const { size, ...rest } = row(world);
    assert.ok(size > 500);
    assert.deepEqual(rest, {
      id: '1',
      method: 'GET',
      url: 'http://a.test/',
      status: 200,
      mediaType: 'text/html',
      storedAt: stored,
      freshUntil: stored + 50_000,
      ageAtStoring: 10,
      lifetime: 60,
      hits: 1,
      pinned: false,
      standing: {
        origin: 'max-age',
        because: { clause: 'RFC 9111 §5.2.2.1', field: 'Cache-Control: max-age=60', side: 'response' },
        validates: false,
      },
      variant: ['Foo: 1,2', 'Bar: (none)'],
      variants: 1,
    });
  });

  const cases: readonly [fields: Lines, age: number, explanation: string][] = [
    [[['Cache-Control', 'max-age=9000']], 1, 'Fresh for 3,599 s because of the limit cache.ttl, age 1 s'],
    [
      [['Cache-Control', 'max-age=60']],
      72,
      'Stale for 12 s because `max-age=60`, age 72 s: the next request fetches it again',
    ],
    [
      [
        ['Cache-Control', 'max-age=60'],
        ['ETag', '"a"'],
      ],
      72,
      'Stale for 12 s because `max-age=60`, age 72 s: the next request asks upstream whether it is still the same',
    ],
    [
      [
        ['Cache-Control', 'no-cache'],
        ['ETag', '"a"'],
      ],
      1,
      '`no-cache`: every request asks upstream whether it is still the same',
    ],
    [
      [['Cache-Control', 'max-age=9000']],
      3600,
      'Stale for 0 s because of the limit cache.ttl, age 3,600 s: the next request fetches it again',
    ],
    [
      [
        ['Cache-Control', 'max-age=60'],
        ['Set-Cookie', 'a=b'],
      ],
      1,
      'Fresh for 59 s because `max-age=60`, age 1 s, for the source main only',
    ],
  ];
  for (const [fields, age, explanation] of cases) {
    it(`says "${explanation}"`, () => {
      const world = new World();
      world.store({ fields });
      world.wait(age);
      assert.equal(describeEntry(row(world), world.now), explanation);
    });
  }

  it('says that a HEAD response differed', () => {
    const world = new World();
    world.store({ fields: [['Cache-Control', 'max-age=60']] });
    world.store({ fields: [['ETag', '"b"']] }, { method: 'HEAD' });
    assert.equal(
      describeEntry(row(world), world.now),
      'A HEAD response differed from it: the next request fetches it again',
    );
    assert.ok(row(world).freshUntil <= world.now);
  });

  it('quotes Expires, and says that a lifetime was guessed', () => {
    const world = new World();
    world.store({ fields: [['Expires', world.date(60)]] });
    assert.equal(describeEntry(row(world), world.now), 'Fresh for 60 s because `Expires`, age 0 s');
    world.store({ fields: [['Last-Modified', world.date(-1000)]] });
    const guessed = 'Fresh for 100 s because of a tenth of the time since `Last-Modified`, age 0 s';
    assert.equal(describeEntry(row(world), world.now), guessed);
  });

  it('says that it was marked as expired', () => {
    const world = new World();
    world.store({ fields: [['Cache-Control', 'max-age=60']] });
    world.cache.care.expire('1');
    assert.equal(describeEntry(row(world), world.now), 'Marked as expired: the next request fetches it again');
    assert.ok(row(world).freshUntil <= world.now);
  });
});
