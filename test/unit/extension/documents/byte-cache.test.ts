// The cache of documents stays within its budget, whatever is put in.
import assert from 'node:assert/strict';
import fc from 'fast-check';
import { ByteCache } from '../../../../src/extension/documents/byte-cache.ts';

describe('ByteCache', () => {
  it('drops what was read longest ago', () => {
    const cache = new ByteCache(10);
    cache.set('a', new Uint8Array(4));
    cache.set('b', new Uint8Array(4));
    cache.get('a');
    cache.set('c', new Uint8Array(4));
    assert.equal(cache.get('b'), undefined);
    assert.equal(cache.get('a')?.byteLength, 4);
  });

  it('holds at most its budget, or the one entry that is larger', () => {
    const step = fc.record({ key: fc.constantFrom('a', 'b', 'c', 'd'), size: fc.nat(15), drop: fc.boolean() });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
        const cache = new ByteCache(20);
        for (const { key, size, drop } of steps) {
          if (drop) cache.delete(key);
          else {
            cache.set(key, new Uint8Array(size));
            assert.equal(cache.get(key)?.byteLength, size);
          }
          const held = ['a', 'b', 'c', 'd'].reduce((sum, name) => sum + (cache.get(name)?.byteLength ?? 0), 0);
          assert.equal(cache.bytes, held);
          assert.ok(held <= 20);
        }
      }),
    );
    const small = new ByteCache(2);
    small.set('a', new Uint8Array(1));
    small.set('big', new Uint8Array(9));
    assert.equal(small.bytes, 9);
  });
});
