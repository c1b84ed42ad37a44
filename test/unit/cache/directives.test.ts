// Cache-Control as values (RFC 9111 §5.2) and delta-seconds (§1.2.2).
import assert from 'node:assert/strict';
import {
  deltaSeconds,
  directivesOf,
  isUnqualified,
  lineOf,
  listedFields,
  parseDirectives,
} from '../../../src/cache/directives.ts';
import { Fields } from '../../../src/http/fields.ts';

describe('Cache-Control directives', () => {
  const cases: readonly [title: string, lines: string[], expected: [string, string | true][]][] = [
    [
      'come without and with argument',
      ['public, max-age=60'],
      [
        ['public', true],
        ['max-age', '60'],
      ],
    ],
    ['have names in any case', ['MaX-aGe=60'], [['max-age', '60']]],
    [
      'are read from all lines',
      ['max-age=60', 'no-store'],
      [
        ['max-age', '60'],
        ['no-store', true],
      ],
    ],
    ['may be quoted', ['max-age="60"'], [['max-age', '60']]],
    [
      'are not looked for inside quoted strings',
      ['a="max-age=1, b", max-age=60'],
      [
        ['a', 'max-age=1, b'],
        ['max-age', '60'],
      ],
    ],
    ['are others with white space before the equals sign', ['max-age =60'], [['max-age ', '60']]],
    ['count the first time (RFC 9111 §4.2.1)', ['max-age=60, max-age=1'], [['max-age', '60']]],
    ['keep escaped characters of a quoted string', ['a="b\\"c"'], [['a', 'b"c']]],
    ['survive empty members', [', ,public,,'], [['public', true]]],
    ['add up where they list fields', ['no-cache="a"', 'no-cache="b"'], [['no-cache', 'a,b']]],
    ['are unqualified where one of them is', ['no-cache="a", no-cache'], [['no-cache', true]]],
  ];
  for (const [title, lines, expected] of cases) {
    it(title, () => assert.deepEqual([...parseDirectives(lines)], expected));
  }

  it('are none where there is no such field', () => {
    assert.equal(directivesOf(Fields.of([['Pragma', 'no-cache']])).size, 0);
  });

  it('have seconds of digits only, at most 2^31', () => {
    const values: readonly [string | true | undefined, number | undefined][] = [
      ['60', 60],
      ['003600', 3600],
      ['0', 0],
      ['99999999999', 2 ** 31],
      ['-1', undefined],
      ['1.0', undefined],
      ['1a', undefined],
      [' 1', undefined],
      ['', undefined],
      ["'1'", undefined],
      [true, undefined],
      [undefined, undefined],
    ];
    for (const [argument, expected] of values) assert.equal(deltaSeconds(argument), expected, String(argument));
  });

  it('list field names in lower case, and mean all of the response where they list none', () => {
    assert.deepEqual(listedFields('Set-Cookie, X-A'), ['set-cookie', 'x-a']);
    assert.deepEqual(
      [isUnqualified(true), isUnqualified(''), isUnqualified('a'), isUnqualified(undefined)],
      [true, true, false, false],
    );
  });

  it('are shown with the line that they stand in', () => {
    const fields = Fields.of([
      ['cache-control', 'public'],
      ['CACHE-Control', 'max-age=5'],
      ['Vary', 'a'],
    ]);
    assert.equal(lineOf(fields, 'cache-control', 'max-age'), 'CACHE-Control: max-age=5');
    assert.equal(lineOf(fields, 'vary'), 'Vary: a');
    assert.equal(lineOf(fields, 'cache-control', 'private'), undefined);
  });
});
