// Tests of the canonical hexdump.
import assert from 'node:assert/strict';
import { hexdump } from '../../../src/formats/hexdump.ts';

describe('hexdump', () => {
  it('shows offset, bytes in two groups, and ASCII', () => {
    assert.equal(
      hexdump(Buffer.from('Hello, wire!\r\n\u00e9\u0000more', 'latin1')),
      '00000000  48 65 6c 6c 6f 2c 20 77  69 72 65 21 0d 0a e9 00  |Hello, wire!....|\n' +
        '00000010  6d 6f 72 65                                       |more|\n',
    );
  });
  it('is empty for no bytes', () => assert.equal(hexdump(new Uint8Array()), ''));
});
