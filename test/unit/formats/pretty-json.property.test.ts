// Properties of laying JSON out, with JSON.parse as the oracle for what is valid.
import assert from 'node:assert/strict';
import fc from 'fast-check';
import { prettyJson } from '../../../src/formats/pretty-json.ts';

/** The text without whitespace between its tokens. */
function tokens(text: string): string {
  return text.replace(/("(?:[^"\\]|\\.)*")|[ \t\n\r]+/g, (_all, string: string | undefined) => string ?? '');
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

describe('prettyJson, whatever the text', () => {
  it('changes no token', () => {
    fc.assert(
      fc.property(fc.json(), fc.constantFrom(undefined, 1, '\t'), (text, indent) => {
        const given = JSON.stringify(JSON.parse(text), undefined, indent);
        const { text: pretty, note } = prettyJson(given);
        assert.equal(note, undefined);
        assert.equal(tokens(pretty), tokens(given));
      }),
    );
  });
  it('lays out as JSON.stringify does', () => {
    fc.assert(
      fc.property(fc.json({ maxDepth: 5 }), (text) => {
        const value: unknown = JSON.parse(text);
        assert.equal(prettyJson(JSON.stringify(value)).text, JSON.stringify(value, undefined, 2));
      }),
    );
  });
  it('takes exactly what JSON.parse takes', () => {
    const piece = fc.constantFrom(
      '{',
      '}',
      '[',
      ']',
      ',',
      ':',
      '"a"',
      '1',
      '-',
      '0',
      '.5',
      'e3',
      'true',
      'nul',
      ' ',
      '"',
      '\\',
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 8 }), (pieces) => {
        const text = pieces.join('');
        assert.equal(prettyJson(text).note === undefined, isJson(text), text);
      }),
      { numRuns: 2000 },
    );
  });
});
