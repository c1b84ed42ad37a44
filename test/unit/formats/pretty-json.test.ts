// Tests of laying JSON out.
import assert from 'node:assert/strict';
import { prettyJson } from '../../../src/formats/pretty-json.ts';

describe('prettyJson', () => {
  it('indents by two spaces and keeps empty ones closed', () => {
    assert.deepEqual(prettyJson(' {"a":[1,{ "b" : null}],"c":{},"d":[ ]} '), {
      text: '{\n  "a": [\n    1,\n    {\n      "b": null\n    }\n  ],\n  "c": {},\n  "d": []\n}',
    });
  });
  it('keeps numbers, duplicate names, escapes and order as they were sent', () => {
    const { text } = prettyJson('{"b":12345678901234567890.10,"a":1E+2,"b":-0,"\\u0061":"\\/é"}');
    assert.equal(text, '{\n  "b": 12345678901234567890.10,\n  "a": 1E+2,\n  "b": -0,\n  "\\u0061": "\\/é"\n}');
  });
  it('keeps a byte order mark, as text and as bytes', () => {
    assert.equal(prettyJson('\ufeff[]').text, '\ufeff[]');
    assert.equal(prettyJson('\u00ef\u00bb\u00bf[1]').text, '\u00ef\u00bb\u00bf[\n  1\n]');
  });
  it('does not grow without bounds by nesting', () => {
    const deep = 20_000;
    const { text, note } = prettyJson('['.repeat(deep) + ']'.repeat(deep));
    assert.equal(note, undefined);
    assert.ok(text.length < deep * 2 * 140);
  });
  const broken: readonly (readonly [string, number])[] = [
    ['', 1],
    ['{"a":1,}', 8],
    ['[1 2]', 4],
    ['{"a" 1}', 6],
    ['[01]', 3],
    ['["\u0001"]', 2],
    ["{'a':1}", 2],
    ['[1}', 3],
    ['{a:1}', 2],
    ['[NaN]', 2],
    ['[1] x', 5],
    ['{"a":1', 7],
    ['"\\x"', 1],
    ['{1:2}', 2],
  ];
  for (const [text, position] of broken) {
    it(`gives ${JSON.stringify(text)} back and names character ${position}`, () => {
      const result = prettyJson(text);
      assert.equal(result.text, text);
      assert.match(result.note ?? '', new RegExp(`character ${position},`));
    });
  }
});
