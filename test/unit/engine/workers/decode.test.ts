// Tests of undoing Content-Encoding.
import assert from 'node:assert/strict';
import { brotliCompressSync, deflateRawSync, deflateSync, gzipSync, zstdCompressSync } from 'node:zlib';
import { decodeContent } from '../../../../src/engine/workers/decode.ts';

const text = Buffer.from('The same line again and again. '.repeat(5000));
const LIMIT = 64 * 1024 * 1024;

describe('decodeContent', () => {
  const codings: readonly (readonly [string, string, (bytes: Buffer) => Buffer])[] = [
    ['gzip', 'gzip', gzipSync],
    ['gzip by its old name', 'X-GZIP', gzipSync],
    ['deflate', 'deflate', deflateSync],
    ['deflate without its header', 'deflate', deflateRawSync],
    ['br', 'br', brotliCompressSync],
    ['zstd', 'zstd', zstdCompressSync],
    ['several codings, last first', 'gzip, identity ,br', (bytes) => brotliCompressSync(gzipSync(bytes))],
    [
      'several gzip members',
      'gzip',
      (bytes) => Buffer.concat([gzipSync(bytes.subarray(0, 99)), gzipSync(bytes.subarray(99))]),
    ],
  ];
  for (const [name, contentEncoding, encode] of codings) {
    it(`undoes ${name}`, async () => {
      const { bytes, notes } = await decodeContent(encode(text), contentEncoding, LIMIT);
      assert.ok(bytes.equals(text));
      assert.deepEqual(notes, []);
    });
  }
  for (const [contentEncoding, encode] of [
    ['gzip', gzipSync],
    ['deflate', deflateSync],
    ['br', brotliCompressSync],
    ['zstd', zstdCompressSync],
  ] as const) {
    it(`gives what can be decoded of ${contentEncoding} that ends early`, async () => {
      const random = Buffer.from(Array.from({ length: 300_000 }, (_none, index) => (index * index * 31) % 251));
      const whole = encode(random);
      const { bytes, notes } = await decodeContent(whole.subarray(0, whole.length - 20), contentEncoding, LIMIT);
      assert.ok(bytes.equals(random.subarray(0, bytes.length)));
      assert.match(notes.join(), /ends early or is damaged/);
    });
  }
  it('keeps what came before damaged bytes', async () => {
    const { bytes, notes } = await decodeContent(Buffer.from('this is not gzip'), 'gzip', LIMIT);
    assert.equal(bytes.length, 0);
    assert.equal(notes.length, 1);
  });
  it('stops a bomb at the limit', async () => {
    const bomb = gzipSync(Buffer.alloc(20 * 1024 * 1024));
    const { bytes, notes } = await decodeContent(bomb, 'gzip', 1024 * 1024);
    assert.equal(bytes.length, 1024 * 1024);
    assert.deepEqual(notes, ['Decoding stopped after 1048576 bytes.']);
  });
  it('takes exactly the limit', async () => {
    const { bytes, notes } = await decodeContent(gzipSync(text), 'gzip', text.length);
    assert.deepEqual([bytes.length, notes.length], [text.length, 0]);
  });
  it('leaves bytes in an unknown coding as they are', async () => {
    const { bytes, notes } = await decodeContent(gzipSync(text), 'compress, gzip', LIMIT);
    assert.ok(bytes.equals(text));
    assert.match(notes.join(), /compress is not known/);
  });
  it('has nothing to do for an empty body', async () => {
    assert.deepEqual(await decodeContent(Buffer.alloc(0), 'gzip', LIMIT), { bytes: Buffer.alloc(0), notes: [] });
  });
});
