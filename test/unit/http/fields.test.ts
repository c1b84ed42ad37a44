// Field lines as values: looking up, and changing without touching the other lines.
import assert from 'node:assert/strict';
import { Fields } from '../../../src/http/fields.ts';
import { WireError } from '../../../src/http/wire-error.ts';

const sample = Fields.of([
  ['Host', 'example.com'],
  ['X-One', '1'],
  ['accept', 'text/html'],
  ['x-one', '2'],
  ['Empty', ''],
]);

describe('Fields', () => {
  it('keeps order, case and duplicates', () => {
    assert.equal(sample.text, 'Host: example.com\r\nX-One: 1\r\naccept: text/html\r\nx-one: 2\r\nEmpty:\r\n');
    assert.deepEqual(sample.toArray(), [
      ['Host', 'example.com'],
      ['X-One', '1'],
      ['accept', 'text/html'],
      ['x-one', '2'],
      ['Empty', ''],
    ]);
    assert.equal(sample.count, 5);
  });

  it('looks names up without regard to case (RFC 9110 §5.1)', () => {
    assert.equal(sample.get('x-one'), '1');
    assert.deepEqual(sample.values('x-one'), ['1', '2']);
    assert.equal(sample.combined('x-one'), '1, 2');
    assert.equal(sample.get('empty'), '');
    assert.equal(sample.has('accept'), true);
    assert.equal(sample.get('x-two'), undefined);
    assert.equal(sample.combined('x-two'), undefined);
    assert.deepEqual(sample.values('x-two'), []);
  });

  it('does not take ^ for ~, which differ by the bit that makes letters lower case', () => {
    assert.equal(Fields.of([['a^', '1']]).has('a~'), false);
  });

  it('drops lines and leaves the others byte for byte', () => {
    const left = sample.without(new Set(['x-one', 'empty']));
    assert.equal(left.text, 'Host: example.com\r\naccept: text/html\r\n');
    assert.equal(left.get('accept'), 'text/html');
    assert.equal(left.name(1), 'accept');
  });

  it('is the same instance where nothing is dropped', () => {
    assert.equal(sample.without(new Set(['cookie'])), sample);
    assert.equal(sample.withoutLines([]), sample);
  });

  it('is none where everything is dropped', () => {
    assert.equal(Fields.of([['a', '1']]).without(new Set(['a'])), Fields.none);
  });

  it('appends', () => {
    assert.equal(Fields.none.append('A', '1').append('B', '').text, 'A: 1\r\nB:\r\n');
    assert.deepEqual(
      sample
        .without(new Set(['host']))
        .append('Last', 'yes')
        .toArray()
        .at(-1),
      ['Last', 'yes'],
    );
  });

  it('replaces the first line in its place and drops the others', () => {
    const replaced = sample.replace('X-ONE', 'three');
    assert.equal(replaced.text, 'Host: example.com\r\nX-ONE: three\r\naccept: text/html\r\nEmpty:\r\n');
    assert.equal(replaced.get('accept'), 'text/html');
    assert.equal(replaced.get('empty'), '');
  });

  it('appends what there is not to replace', () => {
    assert.equal(Fields.none.replace('A', '1').text, 'A: 1\r\n');
  });

  for (const [name, value] of [
    ['a', 'b\r\nc: d'],
    ['a', 'b\nc'],
    ['a', 'b\rc'],
    ['a', 'b\0c'],
    ['a', 'b\x7f'],
    ['a', 'b\u010a'],
    ['a b', 'c'],
    ['a:', 'c'],
    ['', 'c'],
    ['a\r\n', 'c'],
    ['ä', 'c'],
  ] as const) {
    it(`does not let ${JSON.stringify(name)}: ${JSON.stringify(value)} into a message`, () => {
      assert.throws(() => Fields.of([[name, value]]), WireError);
      assert.throws(() => sample.append(name, value), WireError);
      assert.throws(() => sample.replace(name, value), WireError);
    });
  }
});
