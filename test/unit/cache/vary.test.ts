// Which requests a variant is for (RFC 9111 §4.1).
import assert from 'node:assert/strict';
import { differingField, selectingFields, varyNames } from '../../../src/cache/vary.ts';
import { Fields } from '../../../src/http/fields.ts';
import type { Lines } from './world.ts';

describe('the variant of a response', () => {
  const cases: readonly [title: string, vary: Lines, stored: Lines, request: Lines, differs: string | undefined][] = [
    ['is for the same value', [['Vary', 'Foo']], [['Foo', '1']], [['foo', '1']], undefined],
    ['is not for another value', [['Vary', 'Foo']], [['Foo', '1']], [['Foo', '2']], 'Foo'],
    ['is not for a missing field', [['Vary', 'Foo']], [['Foo', '1']], [], 'Foo'],
    ['is not for a field that was missing', [['Vary', 'Foo']], [], [['Foo', '1']], 'Foo'],
    ['is for a field that is missing again', [['Vary', 'Foo']], [], [], undefined],
    ['is not for an empty field that was missing', [['Vary', 'Foo']], [], [['Foo', '']], 'Foo'],
    [
      'takes all lines of Vary',
      [
        ['Vary', 'Foo'],
        ['Vary', 'Bar'],
      ],
      [['Bar', '1']],
      [['Bar', '2']],
      'Bar',
    ],
    ['takes all members of Vary', [['Vary', 'Foo, BAR']], [['Bar', '1']], [['Bar', '2']], 'BAR'],
    [
      'combines the lines of a field',
      [['Vary', 'Foo']],
      [['Foo', '1, 2']],
      [
        ['Foo', '1'],
        ['Foo', '2'],
      ],
      undefined,
    ],
    ['does not care for white space in lists', [['Vary', 'Foo']], [['Foo', '1,2']], [['Foo', '1 , 2']], undefined],
    ['cares for white space inside members', [['Vary', 'Foo']], [['Foo', 'a b']], [['Foo', 'a  b']], 'Foo'],
    ['cares for commas in quoted strings', [['Vary', 'Foo']], [['Foo', '"1,2"']], [['Foo', '"1, 2"']], 'Foo'],
    ['cares for the order of unknown fields', [['Vary', 'Foo']], [['Foo', '1, 2']], [['Foo', '2, 1']], 'Foo'],
    ['is for nothing with *', [['Vary', '*']], [], [], '*'],
    ['is for nothing with * among others', [['Vary', 'Foo, *']], [['Foo', '1']], [['Foo', '1']], '*'],
    [
      'knows that languages have no case',
      [['Vary', 'Accept-Language']],
      [['Accept-Language', 'en, de']],
      [['Accept-Language', 'eN, De']],
      undefined,
    ],
    [
      'knows that equal languages have no order',
      [['Vary', 'Accept-Language']],
      [['Accept-Language', 'en, de']],
      [['Accept-Language', 'de,en']],
      undefined,
    ],
    [
      'orders languages by preference',
      [['Vary', 'Accept-Language']],
      [['Accept-Language', 'en, de;q=0.5']],
      [['Accept-Language', 'de; q=0.5, en;q=1']],
      undefined,
    ],
    [
      'tells preferences apart',
      [['Vary', 'Accept-Language']],
      [['Accept-Language', 'en, de;q=0.5']],
      [['Accept-Language', 'en;q=0.5, de']],
      'Accept-Language',
    ],
    [
      'is for a request that likes its Content-Language best',
      [
        ['Vary', 'Accept-Language'],
        ['Content-Language', 'de'],
      ],
      [['Accept-Language', 'en, de']],
      [['Accept-Language', 'fr;q=0.5, de;q=1.0']],
      undefined,
    ],
    [
      'is not for a request that likes another language as much',
      [
        ['Vary', 'Accept-Language'],
        ['Content-Language', 'de'],
      ],
      [['Accept-Language', 'en, de']],
      [['Accept-Language', 'fr, de']],
      'Accept-Language',
    ],
  ];
  for (const [title, vary, stored, request, differs] of cases) {
    it(title, () => {
      const response = Fields.of(vary);
      const variant = selectingFields(response, Fields.of(stored));
      assert.equal(differingField(variant, response, Fields.of(request)), differs);
    });
  }

  it('has the names of all lines of Vary', () => {
    assert.deepEqual(
      varyNames(
        Fields.of([
          ['Vary', 'A, b'],
          ['Date', 'x'],
          ['vary', 'C'],
        ]),
      ),
      ['A', 'b', 'C'],
    );
  });
});
