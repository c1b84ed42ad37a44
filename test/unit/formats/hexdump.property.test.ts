// Properties of the hexdump: its length is known beforehand, ranges join to the whole, and no byte is lost.
import assert from 'node:assert/strict';
import fc from 'fast-check';
import { hexdump, hexdumpLength, hexdumpWidth } from '../../../src/formats/hexdump.ts';

describe('hexdump, whatever the bytes', () => {
  const bytes = fc.uint8Array({ maxLength: 300 });
  it('has the length that hexdumpLength says', () => {
    fc.assert(fc.property(bytes, (own) => assert.equal(hexdump(own).length, hexdumpLength(own.length))));
  });
  it('gives the same text in ranges as in one', () => {
    fc.assert(
      fc.property(bytes, fc.nat({ max: 20 }), (own, lines) => {
        const cut = lines * hexdumpWidth;
        assert.equal(hexdump(own.subarray(0, cut)) + hexdump(own.subarray(cut), cut), hexdump(own));
      }),
    );
  });
  it('can be read back', () => {
    fc.assert(
      fc.property(bytes, (own) => {
        const hex = hexdump(own)
          .split('\n')
          .map((line) => line.slice(10, 59).replaceAll(' ', ''))
          .join('');
        assert.deepEqual([...Buffer.from(hex, 'hex')], [...own]);
      }),
    );
  });
});
