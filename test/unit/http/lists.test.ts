// Comma lists, tokens and quoted strings (RFC 9110 §5.6).
import assert from 'node:assert/strict';
import fc from 'fast-check';
import { isToken, quoteUnlessToken, splitList, unquote } from '../../../src/http/lists.ts';

describe('splitList', () => {
  for (const [value, members] of [
    ['', []],
    [' , ,\t', []],
    ['a', ['a']],
    ['a,b', ['a', 'b']],
    [' a ,\tb c , ', ['a', 'b c']],
    ['a="x, y", b', ['a="x, y"', 'b']],
    ['"a\\",b", c', ['"a\\",b"', 'c']],
    ['"a, b', ['"a, b']],
    ['"a\\', ['"a\\']],
    ['a"b,c"d', ['a"b,c"d']],
    ['"', ['"']],
  ] as const) {
    it(`divides ${JSON.stringify(value)}`, () => assert.deepEqual(splitList(value), members));
  }

  it('divides by another separator', () => assert.deepEqual(splitList('a; b="c;d";', 0x3b), ['a', 'b="c;d"']));
});

describe('tokens and quoted strings', () => {
  it('are told apart', () => {
    assert.equal(isToken("!#$%&'*+-.^_`|~aZ09"), true);
    for (const text of ['', 'a b', 'a,', '"a"', 'ä', 'a\u0100', 'a/b', 'a\n']) assert.equal(isToken(text), false, text);
  });

  it('are written by need and read as they were', () => {
    assert.equal(quoteUnlessToken('abc'), 'abc');
    assert.equal(quoteUnlessToken('a "b" \\'), '"a \\"b\\" \\\\"');
    assert.equal(unquote('"a'), '"a');
    assert.equal(unquote('"a"b'), '"a"b');
    assert.equal(unquote('a'), 'a');
    fc.assert(fc.property(fc.string(), (text) => assert.equal(unquote(quoteUnlessToken(text)), text)));
  });

  it('keep lists whole', () => {
    const members = fc.array(fc.string({ minLength: 1 }).map(quoteUnlessToken), { maxLength: 5 });
    fc.assert(fc.property(members, (list) => assert.deepEqual(splitList(list.join(' ,')), list)));
  });
});
