// The two scopes and the modes: what a private cache stores beside a shared one, and for whom.
import assert from 'node:assert/strict';
import { standard, word, World, type Lines } from './world.ts';

const control = (value: string): readonly [string, string] => ['Cache-Control', value];
const authorized: Lines = [['Authorization', 'Basic eA==']];

describe('a private cache', () => {
  it('stores what is private, for the source that caused it', () => {
    const world = new World({ scope: 'private' });
    assert.equal(word(world.store({ fields: [control('private, max-age=60')] }, { source: 'one' })), 'stored');
    assert.equal(word(world.find({ source: 'one' }).decision), 'hit');
    assert.equal(word(world.find({ source: 'two' }).decision), 'miss:source');
  });

  it('stores what came to credentials for that source and those credentials alone', () => {
    const world = new World({ scope: 'private' });
    world.store({ fields: [control('max-age=60')] }, { source: 'one', fields: authorized });
    assert.equal(word(world.find({ source: 'one', fields: authorized }).decision), 'hit');
    assert.equal(word(world.find({ source: 'two', fields: authorized }).decision), 'miss:source');
    assert.equal(word(world.find({ source: 'one', fields: [['Authorization', 'Basic eQ==']] }).decision), 'miss:vary');
    assert.equal(word(world.find({ source: 'one' }).decision), 'miss:vary');
    const [entry] = world.cache.snapshot(1, world.now).entries;
    assert.deepEqual(entry?.variant, ['Authorization: Basic eA==']);
  });

  it('takes no notice of what is for shared caches', () => {
    const world = new World({ scope: 'private' });
    world.store({ fields: [control('s-maxage=60, max-age=10'), ['CDN-Cache-Control', 'max-age=90']] });
    world.wait(11);
    assert.equal(word(world.find().decision), 'miss:stale');
  });

  it('is emptied when it becomes shared', () => {
    const world = new World({ scope: 'private' });
    world.store({ fields: [control('private, max-age=60')] });
    world.cache.configure(standard);
    assert.equal(world.cache.snapshot(9, world.now).total, 0);
  });
});

describe('a shared cache', () => {
  it('never shows one source what another got with its credentials or cookies', () => {
    const world = new World();
    assert.equal(
      word(world.store({ fields: [control('max-age=60')] }, { fields: authorized })),
      'not-stored:authorization',
    );
    world.store({ fields: [control('max-age=60'), ['Set-Cookie', 'a=b']] }, { source: 'one' });
    assert.equal(word(world.find({ source: 'two' }).decision), 'miss:source');
    assert.equal(word(world.find({ source: 'one' }).decision), 'hit');
  });
});

describe('immutable', () => {
  it('spares upstream the reload of a fresh response, but not of a stale one, nor a forced reload (RFC 8246)', () => {
    const world = new World();
    world.store({ fields: [control('max-age=60, immutable'), ['ETag', '"a"']] });
    assert.equal(word(world.find({ fields: [control('max-age=0')] }).decision), 'hit');
    assert.equal(word(world.find({ fields: [control('no-cache')] }).decision), 'miss:request-no-cache');
    world.wait(61);
    assert.equal(word(world.find({ fields: [control('max-age=0')] }).decision), 'miss:request-max-age');
  });
});

describe('the mode explain', () => {
  it('decides, stores, and answers nothing', () => {
    const world = new World({ mode: 'explain' });
    assert.equal(word(world.store({ fields: [control('max-age=60')] })), 'stored');
    const { kind, decision } = world.find();
    assert.deepEqual([kind, word(decision)], ['not-asked', 'not-asked:explain']);
    assert.equal(decision.kind === 'not-asked' && word(decision.would), 'hit');
    assert.equal(world.cache.counters.hits, 0);
  });
});

describe('stale-while-revalidate', () => {
  it('asks for one validation, until that has ended', () => {
    const world = new World();
    world.store({ fields: [control('max-age=10, stale-while-revalidate=60'), ['ETag', '"a"']] });
    world.wait(20);
    const found = world.find();
    assert.ok(found.kind === 'stale');
    assert.deepEqual(found.conditions, [['If-None-Match', '"a"']]);
    const second = world.find();
    assert.equal(second.kind === 'stale' && second.conditions, undefined);
    world.cache.validationEnded(found.entry);
    const third = world.find();
    assert.equal(third.kind === 'stale' && third.conditions?.length, 1);
    world.wait(60);
    assert.equal(word(world.find().decision), 'miss:stale');
  });
});
