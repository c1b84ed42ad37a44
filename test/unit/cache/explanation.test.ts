// Entries as rows of the Cache view.
import assert from 'node:assert/strict';
import type { CacheEntrySummary } from '../../../src/contract/model.ts';
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
      age: 15,
      lifetime: 60,
      hits: 1,
      explanation: 'fresh for 45 s',
      variant: ['Foo: 1,2', 'Bar: (none)'],
    });
  });

  const cases: readonly [fields: Lines, age: number, explanation: string][] = [
    [[['Cache-Control', 'max-age=9000']], 1, 'fresh for 3,599 s'],
    [[['Cache-Control', 'max-age=60']], 72, 'stale for 12 s: the next request fetches it again'],
    [
      [
        ['Cache-Control', 'max-age=60'],
        ['ETag', '"a"'],
      ],
      72,
      'stale for 12 s: the next request asks upstream whether it is still the same',
    ],
    [
      [
        ['Cache-Control', 'no-cache'],
        ['ETag', '"a"'],
      ],
      1,
      'no-cache: every request asks upstream whether it is still the same',
    ],
    [[['Cache-Control', 'max-age=9000']], 3600, 'older than cache.ttl (3,600 s): the next request fetches it again'],
    [
      [
        ['Cache-Control', 'max-age=60'],
        ['Set-Cookie', 'a=b'],
      ],
      1,
      'fresh for 59 s, for the source main only (Set-Cookie)',
    ],
  ];
  for (const [fields, age, explanation] of cases) {
    it(`says "${explanation}"`, () => {
      const world = new World();
      world.store({ fields });
      world.wait(age);
      assert.equal(row(world).explanation, explanation);
    });
  }

  it('says that a HEAD response differed', () => {
    const world = new World();
    world.store({ fields: [['Cache-Control', 'max-age=60']] });
    world.store({ fields: [['ETag', '"b"']] }, { method: 'HEAD' });
    assert.equal(row(world).explanation, 'a HEAD response differed from it: the next request fetches it again');
    assert.ok(row(world).freshUntil <= world.now);
  });
});
