// Tests of reading Content-Type and of what it means for showing a body.
import assert from 'node:assert/strict';
import { looksOf, parseMediaType } from '../../../src/formats/media-type.ts';

describe('parseMediaType', () => {
  it('reads type and parameters without regard to case', () => {
    const type = parseMediaType(' Text/HTML ;Charset="utf-\\8" ; q=1;x');
    assert.equal(type?.essence, 'text/html');
    assert.deepEqual(
      [...(type?.parameters ?? [])],
      [
        ['charset', 'utf-8'],
        ['q', '1'],
      ],
    );
  });
  it('takes the first of several equal parameters', () => {
    assert.equal(parseMediaType('a/b; c=1; c=2')?.parameters.get('c'), '1');
  });
  it('refuses what is no type', () => {
    for (const value of ['', 'json', '/x', 'a/']) assert.equal(parseMediaType(value), undefined, value);
  });
});

describe('looksOf', () => {
  const cases: readonly (readonly [string, string | undefined, string])[] = [
    ['application/json; charset=utf-8', 'json', '.json'],
    ['application/problem+json', 'json', '.json'],
    ['application/atom+xml', 'xml', '.xml'],
    ['image/svg+xml', 'xml', '.svg'],
    ['text/html', 'html', '.html'],
    ['text/css', 'css', '.css'],
    ['application/javascript', 'javascript', '.js'],
    ['application/yaml', 'yaml', '.yaml'],
    ['text/markdown', 'markdown', '.md'],
    ['text/csv', 'csv', '.csv'],
    ['application/x-ndjson', 'jsonl', '.ndjson'],
    ['application/graphql', 'graphql', '.graphql'],
    ['application/x-www-form-urlencoded', 'plaintext', '.form.txt'],
    ['text/event-stream', 'plaintext', '.events.txt'],
    ['text/x-unknown', 'plaintext', '.txt'],
    ['image/png', undefined, '.png'],
    ['application/octet-stream', undefined, '.bin'],
  ];
  for (const [value, language, extension] of cases) {
    it(`knows ${value}`, () => {
      const looks = looksOf(value);
      assert.deepEqual([looks.language, looks.extension, looks.isText], [language, extension, language !== undefined]);
    });
  }
  it('names the charset in lower case', () =>
    assert.equal(looksOf('text/plain; charset=UTF-16LE').charset, 'utf-16le'));
  it('takes a body without a type for binary', () => assert.equal(looksOf(undefined).isText, false));
});
