// Tests that nothing printed can hide or steer.
import assert from 'node:assert/strict';
import { escapeBytes, escapeText } from '../../../src/formats/escape.ts';

describe('escapeText', () => {
  it('leaves ordinary text of any script alone', () => {
    assert.equal(escapeText('Grüße, 世界 🎉 \\n "x"'), 'Grüße, 世界 🎉 \\n "x"');
  });
  it('writes control characters by name or number', () => {
    assert.equal(escapeText('a\nb\tc\u0000d\u009be'), 'a\\nb\\tc\\x00d\\x9be');
  });
  it('disarms terminal sequences', () => assert.equal(escapeText('\u001b[31mred'), '\\x1b[31mred'));
  it('shows characters that turn the direction of text', () => assert.equal(escapeText('a\u202eb'), 'a\\u202eb'));
  it('shows half of a surrogate pair', () => assert.equal(escapeText('\ud800x'), '\\ud800x'));
});

describe('escapeBytes', () => {
  it('keeps every byte readable and breaks lines after LF', () => {
    const bytes = Buffer.from('GET / HTTP/9\r\nA\\: \u00ff\r\n', 'latin1');
    assert.equal(escapeBytes(bytes), 'GET / HTTP/9\\r\\n\nA\\\\: \\xff\\r\\n\n');
  });
});
