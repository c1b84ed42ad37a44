// A stored response after a 304 (RFC 9111 §4.3.4) and after the answer to a HEAD (§4.3.5).
import assert from 'node:assert/strict';
import { Fields } from '../../../src/http/fields.ts';
import { World, requestOf, word, type Lines } from './world.ts';

const tag: readonly [string, string] = ['ETag', '"a"'];
const short: readonly [string, string] = ['Cache-Control', 'max-age=2'];

function stale(fields: Lines = []): World {
  const world = new World();
  world.store({ fields: [short, tag, ...fields] });
  world.wait(10);
  return world;
}

describe('a 304', () => {
  it('makes the stored response fresh again, with an age from the start', () => {
    const world = stale([['Age', '1']]);
    const { decision, answer } = world.validate();
    assert.equal(decision.kind === 'updated' && decision.lifetime, 2);
    assert.deepEqual([answer.status, answer.body.toString(), answer.fields.get('age')], [200, 'content', '0']);
    assert.equal(answer.fields.get('cache-status'), 'Wirelens; fwd=stale; fwd-status=304; ttl=2');
    world.wait(1);
    assert.equal(word(world.find().decision), 'hit');
    world.wait(1);
    assert.equal(word(world.find().decision), 'miss:stale');
  });

  it('counts its own Age', () => {
    const world = stale();
    assert.equal(world.validate([['Age', '1']]).answer.fields.get('age'), '1');
  });

  it('replaces fields, and leaves what it does not have', () => {
    const world = stale([
      ['X-A', '1'],
      ['X-B', '1'],
      ['X-B', '2'],
    ]);
    const { answer } = world.validate([
      ['x-b', '3'],
      ['X-C', '1'],
      ['Cache-Control', 'max-age=100'],
    ]);
    for (const { fields } of [answer, world.answer()]) {
      assert.deepEqual([fields.values('x-a'), fields.values('x-b'), fields.values('x-c')], [['1'], ['3'], ['1']]);
      assert.equal(fields.get('cache-control'), 'max-age=100');
    }
    world.wait(99);
    assert.equal(word(world.find().decision), 'hit');
  });

  it('does not replace what describes the stored content (§3.2)', () => {
    const world = stale([
      ['Content-Encoding', 'gzip'],
      ['Content-Length', '7'],
    ]);
    const { answer } = world.validate([
      ['Content-Length', '0'],
      ['Content-Encoding', 'br'],
      ['Content-Range', 'x'],
    ]);
    const { fields } = answer;
    assert.deepEqual(
      [fields.get('content-length'), fields.get('content-encoding'), fields.has('content-range')],
      ['7', 'gzip', false],
    );
  });

  it('gets the Date of its arrival where it has none', () => {
    const world = stale();
    assert.equal(world.validate().answer.fields.get('date'), world.date());
  });

  it('brings no fields of the connection into the store', () => {
    const world = stale([['X-Own', '1']]);
    const { answer } = world.validate([
      ['Connection', 'X-Own'],
      ['Keep-Alive', 'timeout=5'],
      ['X-Own', '2'],
    ]);
    assert.deepEqual(
      [answer.fields.has('connection'), answer.fields.has('keep-alive'), answer.fields.has('x-own')],
      [false, false, false],
    );
  });

  it('with another ETag is of no use: the stored response is forgotten, and upstream is asked again (§4.3.4)', () => {
    const world = stale();
    const times = { requestTime: world.now, responseTime: world.now };
    const update = Fields.of([['ETag', '"b"']]);
    assert.equal(world.cache.validated(world.entry(), requestOf(), update, times, world.now), undefined);
    assert.equal(word(world.find().decision), 'miss:nothing-stored');
  });

  it('with a strong form of the weak tag leaves the weak one in place', () => {
    const world = new World();
    world.store({ fields: [short, ['ETag', 'W/"a"']] });
    world.wait(10);
    assert.equal(world.validate([tag]).answer.fields.get('etag'), 'W/"a"');
  });

  it('that forbids storing is answered and then forgotten', () => {
    const world = stale();
    const { decision, answer } = world.validate([['Cache-Control', 'no-store']]);
    assert.equal(word(decision), 'not-stored:no-store');
    assert.equal(answer.body.toString(), 'content');
    assert.equal(world.cache.snapshot(9, world.now).total, 0);
  });

  it('to a request with no-store changes nothing that is stored', () => {
    const world = stale();
    const ask = { fields: [['Cache-Control', 'no-store']] as Lines };
    assert.equal(word(world.validate([['X-A', '1']], ask).decision), 'not-stored:request-no-store');
    assert.equal(word(world.find().decision), 'miss:stale');
  });

  it('without the directive that let the answer to credentials be stored takes it out of the store (§3.5)', () => {
    const world = new World();
    world.store(
      { fields: [['Cache-Control', 'max-age=2, must-revalidate'], tag] },
      { fields: [['Authorization', 'x']] },
    );
    world.wait(10);
    assert.equal(word(world.validate([['Cache-Control', 'max-age=60']]).decision), 'not-stored:authorization');
    assert.equal(word(world.find().decision), 'miss:nothing-stored');
  });

  it('to a request with credentials, without such a directive, changes nothing that is stored', () => {
    const world = stale();
    const { decision } = world.validate([], { fields: [['Authorization', 'x']] });
    assert.equal(word(decision), 'not-stored:authorization');
    assert.equal(word(world.find().decision), 'miss:stale');
  });

  it('hands on what no-cache lists, once (§5.2.2.4)', () => {
    const world = stale();
    const control = 'max-age=60, no-cache="Set-Cookie"';
    const { answer } = world.validate([
      ['Cache-Control', control],
      ['Set-Cookie', 'a=b'],
    ]);
    assert.equal(answer.fields.get('set-cookie'), 'a=b');
    assert.equal(world.answer().fields.has('set-cookie'), false);
  });

  it('with a cookie binds the stored response to the source that asked', () => {
    const world = stale();
    world.validate(
      [
        ['Set-Cookie', 'a=b'],
        ['Cache-Control', 'max-age=60'],
      ],
      { source: 'one' },
    );
    assert.equal(word(world.find({ source: 'one' }).decision), 'hit');
    assert.equal(word(world.find({ source: 'two' }).decision), 'miss:source');
  });

  it('with another Vary makes it the variant of the request that brought it', () => {
    const world = stale();
    const fields: Lines = [['Foo', '1']];
    world.validate(
      [
        ['Vary', 'Foo'],
        ['Cache-Control', 'max-age=60'],
      ],
      { fields },
    );
    assert.equal(word(world.find({ fields }).decision), 'hit');
    assert.equal(word(world.find().decision), 'miss:vary');
  });

  it('for something that has left the cache meanwhile does not bring it back', () => {
    const world = stale();
    const entry = world.entry();
    world.cache.flush();
    const times = { requestTime: world.now, responseTime: world.now };
    const request = { method: 'GET', url: 'http://a.test/', source: 'main', fields: entry.fields };
    const validated = world.cache.validated(entry, request, entry.fields, times, world.now);
    assert.ok(validated !== undefined);
    assert.equal(word(validated.decision), 'not-stored:gone');
    assert.equal(validated.entry.body.toString(), 'content');
    assert.equal(world.cache.snapshot(9, world.now).total, 0);
  });

  it("to a HEAD refreshes too, and the client's own condition is answered after it", () => {
    const world = stale();
    assert.equal(world.validate([], { method: 'HEAD' }).decision.kind, 'updated');
    world.wait(10);
    const { answer } = world.validate([], { fields: [['If-None-Match', '"a"']] });
    assert.equal(answer.status, 304);
  });
});

describe('the answer to a HEAD', () => {
  const head = { method: 'HEAD' };

  it('that agrees makes the stored response fresh again, with its fields', () => {
    const world = stale([
      ['X-A', '1'],
      ['X-B', '1'],
    ]);
    const decision = world.store(
      { fields: [tag, ['X-B', '2'], ['Content-Length', '7'], ['Cache-Control', 'max-age=60']] },
      head,
    );
    assert.equal(decision.kind === 'updated' && decision.by, 'head');
    const { fields } = world.answer();
    assert.deepEqual([fields.get('x-a'), fields.get('x-b'), fields.get('age')], ['1', '2', '0']);
  });

  const disagreeing: readonly [string, Lines, number?][] = [
    ['ETag', [['ETag', '"b"']]],
    ['Content-Length', [tag, ['Content-Length', '8']]],
    ['Last-Modified', [tag, ['Last-Modified', 'x']]],
    ['status', [tag], 404],
  ];
  for (const [what, fields, status] of disagreeing) {
    it(`with another ${what} makes it stale`, () => {
      const world = new World();
      world.store({ fields: [['Cache-Control', 'max-age=60'], tag] });
      world.store({ status: status ?? 200, fields }, head);
      assert.equal(word(world.find({ fields: [['Cache-Control', 'max-stale']] }).decision), 'miss:head-differs');
      assert.equal(world.stale(), undefined);
      assert.equal(world.validate([['Cache-Control', 'max-age=60']]).decision.kind, 'updated');
      assert.equal(word(world.find().decision), 'hit');
    });
  }

  it('that is an error of upstream says nothing of what is stored', () => {
    const world = new World();
    world.store({ fields: [['Cache-Control', 'max-age=60'], tag] });
    world.store({ status: 503 }, head);
    assert.equal(word(world.find().decision), 'hit');
  });

  it('that forbids storing takes what is stored along', () => {
    const world = stale();
    assert.equal(word(world.store({ fields: [tag, ['Cache-Control', 'no-store']] }, head)), 'not-stored:no-store');
    assert.equal(word(world.find().decision), 'miss:nothing-stored');
  });
});
