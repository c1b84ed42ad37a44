// HTTP dates (RFC 9110 §5.6.7).
import assert from 'node:assert/strict';
import fc from 'fast-check';
import { formatHttpDate, parseHttpDate } from '../../../src/http/date.ts';

const example = Date.UTC(1994, 10, 6, 8, 49, 37);

describe('HTTP dates', () => {
  for (const [text, expected] of [
    ['Sun, 06 Nov 1994 08:49:37 GMT', example],
    ['Sunday, 06-Nov-94 08:49:37 GMT', example],
    ['Sun Nov  6 08:49:37 1994', example],
    ['Sun Nov 16 08:49:37 1994', example + 10 * 86_400_000],
    ['sUN, 06 nOV 1994 08:49:37 gmt', example],
    ['Mon, 06 Nov 1994 08:49:37 GMT', example],
    ['Thu, 29 Feb 2024 00:00:00 GMT', Date.UTC(2024, 1, 29)],
    ['Fri, 30 Jun 1972 23:59:60 GMT', Date.UTC(1972, 6, 1)],
    ['Thu, 01 Jan 0050 00:00:00 GMT', new Date(0).setUTCFullYear(50, 0, 1)],
    ['Wednesday, 01-Jan-76 00:00:00 GMT', Date.UTC(2076, 0, 1)],
    ['Wednesday, 01-Jan-77 00:00:00 GMT', Date.UTC(1977, 0, 1)],
  ] as const) {
    it(`reads ${text}`, () => assert.equal(parseHttpDate(text, 2026), expected));
  }

  for (const text of [
    '',
    '0',
    '-1',
    'Sun, 6 Nov 1994 08:49:37 GMT',
    'Sun, 06 Nov 94 08:49:37 GMT',
    'Sun, 06 Nov 1994 08:49:37',
    'Sun, 06 Nov 1994 08:49:37 UTC',
    'Sun, 06 Nov 1994 08:49:37 +0000',
    'Sun, 06 Nov 1994 08:49 GMT',
    'Sun, 06 Nov 1994 24:00:00 GMT',
    'Sun, 06 Nov 1994 08:60:00 GMT',
    'Sun, 06 Nov 1994 08:49:61 GMT',
    'Sun, 00 Nov 1994 08:49:37 GMT',
    'Sun, 31 Nov 1994 08:49:37 GMT',
    'Wed, 29 Feb 2023 00:00:00 GMT',
    'Sun, 06 Foo 1994 08:49:37 GMT',
    'Son, 06 Nov 1994 08:49:37 GMT',
    ' Sun, 06 Nov 1994 08:49:37 GMT',
    'Sun,  06 Nov 1994 08:49:37 GMT',
    'Sun, 06-Nov-94 08:49:37 GMT',
    'Sunday, 06-Nov-1994 08:49:37 GMT',
    'Sun Nov 6 08:49:37 1994',
    'Sun Nov  6 08:49:37 1994 GMT',
    '1994-11-06T08:49:37Z',
  ]) {
    it(`does not read ${JSON.stringify(text)}`, () => assert.equal(parseHttpDate(text, 2026), undefined));
  }

  it('are read as they are written', () => {
    const seconds = fc.integer({ min: -62_000_000_000, max: 253_402_300_799 });
    fc.assert(
      fc.property(seconds, (time) => assert.equal(parseHttpDate(formatHttpDate(time * 1000), 2026), time * 1000)),
    );
  });
});
