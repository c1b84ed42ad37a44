// A response on its way into the store: limits, ends, and what it holds meanwhile.
import assert from 'node:assert/strict';
import type { Keeping } from '../../../src/cache/keeping.ts';
import { Fields } from '../../../src/http/fields.ts';
import { standard, World, requestOf, word, type Lines } from './world.ts';

const KIBIBYTE = 1024;

function keep(world: World, url = 'http://a.test/', fields: Lines = []): Keeping {
  const times = { requestTime: world.now, responseTime: world.now };
  const head = { status: 200, reason: 'OK', fields: Fields.of([['Cache-Control', 'max-age=60'], ...fields]) };
  return world.cache.keep(requestOf({ url }), head, times, world.now);
}

describe('a response that is being kept', () => {
  it('is found only when it is complete', () => {
    const world = new World();
    const keeping = keep(world);
    keeping.writer?.content(Buffer.from('con'));
    assert.equal(word(world.find().decision), 'miss:nothing-stored');
    keeping.writer?.content(Buffer.from('tent'));
    assert.equal(word(keeping.decision), 'stored');
    assert.equal(keeping.writer?.commit(Fields.of([['X-Trailer', '1']])), keeping.decision);
    const { body, fields } = world.answer();
    assert.equal(body.toString(), 'content');
    assert.equal(fields.has('x-trailer'), false, 'trailers are no header fields (RFC 9110 §6.5.1)');
  });

  it('does not share memory with the chunks that it came in', () => {
    const world = new World();
    const keeping = keep(world);
    const chunk = Buffer.from('content');
    keeping.writer?.content(chunk);
    keeping.writer?.commit(Fields.none);
    chunk.fill(0);
    const { body } = world.answer();
    assert.equal(body.toString(), 'content');
    assert.equal(body.buffer.byteLength, body.length, 'and keeps nothing larger alive');
  });

  it('is given up when its content exceeds the limit for an entry', () => {
    const world = new World({ maxEntryBytes: 10 });
    const keeping = keep(world);
    keeping.writer?.content(Buffer.alloc(10));
    assert.equal(keeping.writer?.open, true);
    keeping.writer?.content(Buffer.alloc(1));
    assert.deepEqual([keeping.writer?.open, word(keeping.decision)], [false, 'not-stored:too-large']);
    assert.equal(keeping.decision.kind === 'not-stored' && keeping.decision.limit, 10);
    assert.equal(word(keeping.writer?.commit(Fields.none)), 'not-stored:too-large');
    assert.equal(world.cache.snapshot(1, world.now).bytes, 0);
  });

  it('is never found after it broke off (RFC 9111 §3.3)', () => {
    const world = new World();
    const keeping = keep(world);
    keeping.writer?.content(Buffer.from('con'));
    keeping.writer?.abandon('broken-off');
    keeping.writer?.abandon('too-large');
    assert.equal(word(keeping.decision), 'not-stored:broken-off');
    assert.equal(word(keeping.writer?.commit(Fields.none)), 'not-stored:broken-off');
    assert.equal(word(world.find().decision), 'miss:nothing-stored');
  });

  it('leaves what is stored in place when it breaks off', () => {
    const world = new World();
    world.store({ fields: [['Cache-Control', 'max-age=60']] });
    keep(world).writer?.abandon('broken-off');
    assert.equal(word(world.find().decision), 'hit');
  });

  it('counts against the budget while it arrives, and evicts for it', () => {
    const world = new World({ maxBytes: 10 * KIBIBYTE, maxEntryBytes: 8 * KIBIBYTE });
    world.store({ fields: [['Cache-Control', 'max-age=60']], body: 'x'.repeat(5 * KIBIBYTE) });
    const keeping = keep(world, 'http://a.test/new');
    keeping.writer?.content(Buffer.alloc(6 * KIBIBYTE));
    const { total, bytes, maxBytes } = world.cache.snapshot(9, world.now);
    assert.deepEqual([total, bytes, maxBytes], [0, 6 * KIBIBYTE, 10 * KIBIBYTE]);
    assert.equal(word(keeping.writer?.commit(Fields.none)), 'stored');
    assert.ok(world.cache.snapshot(9, world.now).bytes <= 10 * KIBIBYTE);
  });

  it('is given up where too many arrive at once', () => {
    const world = new World({ maxBytes: 10 * KIBIBYTE, maxEntryBytes: 4 * KIBIBYTE });
    const first = keep(world, 'http://a.test/1');
    const second = keep(world, 'http://a.test/2');
    first.writer?.content(Buffer.alloc(3 * KIBIBYTE));
    second.writer?.content(Buffer.alloc(3 * KIBIBYTE));
    assert.equal(word(second.decision), 'not-stored:crowded');
    assert.equal(word(first.writer?.commit(Fields.none)), 'stored');
    const third = keep(world, 'http://a.test/3');
    third.writer?.content(Buffer.alloc(3 * KIBIBYTE));
    assert.equal(word(third.writer?.commit(Fields.none)), 'stored', 'there is room again');
  });

  it('is not stored after a flush, nor after the cache was turned off', () => {
    const world = new World();
    const flushed = keep(world);
    world.cache.flush();
    assert.equal(word(flushed.writer?.commit(Fields.none)), 'not-stored:flushed');
    const off = keep(world);
    world.cache.configure({ ...standard, mode: 'off' });
    assert.equal(word(off.writer?.commit(Fields.none)), 'not-stored:cache-off');
  });

  it('is too large where the whole budget is smaller', () => {
    const world = new World({ maxBytes: 1000, maxEntryBytes: 5000 });
    assert.equal(
      word(world.store({ fields: [['Cache-Control', 'max-age=60']], body: 'x'.repeat(900) })),
      'not-stored:too-large',
    );
    assert.equal(world.cache.snapshot(9, world.now).bytes, 0);
  });
});
