// No-Vary-Search: which queries are the same to a response, and which rules count for nothing.
import assert from 'node:assert/strict';
import { isSameSearch, searchRuleOf } from '../../../src/cache/no-vary-search.ts';
import { Fields } from '../../../src/http/fields.ts';

function same(rule: string, one: string, other: string): boolean | undefined {
  const read = searchRuleOf(Fields.of([['No-Vary-Search', rule]]));
  return read && isSameSearch(`http://a.test/p${one}`, `http://a.test/p${other}`, read);
}

describe('No-Vary-Search', () => {
  const cases: readonly (readonly [rule: string, one: string, other: string, expected: boolean])[] = [
    ['params', '?a=1', '?b=2', true],
    ['params', '?a=1', '', true],
    ['params=("a")', '?a=1&b=2', '?b=2&a=3', true],
    ['params=("a")', '?a=1&b=2', '?b=3', false],
    ['params, except=("id")', '?id=1&a=2', '?id=1', true],
    ['params, except=("id")', '?id=1', '?id=2', false],
    ['key-order', '?a=1&b=2', '?b=2&a=1', true],
    ['key-order', '?a=1&a=2', '?a=2&a=1', false],
    ['params=("a")', '?b=1&c=2', '?c=2&b=1', false],
    ['params=("a b")', '?a+b=1', '?a%20b=2', true],
  ];
  for (const [rule, one, other, expected] of cases) {
    it(`${rule}: ${one} and ${other === '' ? 'no query' : other} ${expected ? 'are' : 'are not'} the same`, () => {
      assert.equal(same(rule, one, other), expected);
    });
  }

  it('says nothing of other paths', () => {
    const rule = searchRuleOf(Fields.of([['No-Vary-Search', 'params']]));
    assert.ok(rule !== undefined);
    assert.equal(isSameSearch('http://a.test/p?a', 'http://a.test/q?a', rule), false);
  });

  for (const nothing of [
    '',
    'params=?0',
    'params=1, except=("a")',
    'except=("a")',
    'params=(a)',
    'key-order=2',
    '&&',
  ]) {
    it(`counts for nothing as ${JSON.stringify(nothing)}`, () => assert.equal(same(nothing, '?a', '?b'), undefined));
  }
});
