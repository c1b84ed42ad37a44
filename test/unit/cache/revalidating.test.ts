// The request for a stored response that no client asks for: it leads to that very entry and demands validation.
import assert from 'node:assert/strict';
import { revalidationOf } from '../../../src/cache/revalidating.ts';
import { word, World, type Lines } from './world.ts';

const stored: Lines = [
  ['Cache-Control', 'max-age=60'],
  ['ETag', '"1"'],
];

function revalidation(world: World) {
  const { id } = world.cache.snapshot(1, world.now).entries[0]!;
  const entry = world.cache.care.peek(id);
  assert.ok(entry !== undefined);
  return { entry, request: { method: 'GET', ...revalidationOf(entry, 'a.test') } };
}

describe('revalidationOf', () => {
  it('asks for the variant as its request was, whatever stands in Vary, and for validation', () => {
    const world = new World();
    const asked: Lines = [
      ['accept-language', 'en;q=0.5, de, fr;q=0.8'],
      ['Foo', '1,  2'],
    ];
    world.store({ fields: [...stored, ['Vary', 'Accept-Language, Foo, Bar, foo']] }, { fields: asked });
    const { entry, request } = revalidation(world);
    assert.equal(
      request.fields.text,
      'Host: a.test\r\nAccept-Language: de, fr;q=0.8, en;q=0.5\r\nFoo: 1,2\r\nCache-Control: no-cache\r\n',
    );
    const found = world.cache.find(request, world.now);
    assert.deepEqual([found.kind, word(found.decision)], ['validate', 'miss:request-no-cache']);
    assert.ok('entry' in found && found.entry === entry);
  });

  it('asks in the name of the source that the response is for', () => {
    const world = new World();
    world.store({ fields: [...stored, ['Set-Cookie', 'a=b']] }, { source: 'terminal' });
    const { request } = revalidation(world);
    assert.equal(request.source, 'terminal');
    assert.equal(world.cache.find(request, world.now).kind, 'validate');
  });

  it('is a source of its own otherwise, and sends no credentials', () => {
    const world = new World();
    world.store({ fields: [...stored, ['Cache-Control', 'public']] }, { fields: [['Authorization', 'Basic abc']] });
    const { request } = revalidation(world);
    assert.equal(request.source, 'wirelens');
    assert.equal(request.fields.has('authorization'), false);
  });
});
