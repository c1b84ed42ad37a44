// What we write, and what we refuse to write because it would be read as something else.
import assert from 'node:assert/strict';
import { Fields } from '../../../src/http/fields.ts';
import { WireError } from '../../../src/http/wire-error.ts';
import {
  writeChunkSize,
  writeLastChunk,
  writeRequestHead,
  writeResponseHead,
  writeTrailers,
} from '../../../src/http/writer.ts';

const fields = Fields.of([['A', 'b']]);

describe('writer', () => {
  it('writes heads in HTTP/1.1 (RFC 9112 §2.3)', () => {
    assert.equal(writeRequestHead({ method: 'GET', target: '/x', fields }), 'GET /x HTTP/1.1\r\nA: b\r\n\r\n');
    assert.equal(writeResponseHead({ status: 200, reason: 'OK', fields }), 'HTTP/1.1 200 OK\r\nA: b\r\n\r\n');
    assert.equal(writeResponseHead({ status: 204, reason: '', fields: Fields.none }), 'HTTP/1.1 204 \r\n\r\n');
  });

  it('writes chunks and trailers', () => {
    assert.equal(writeChunkSize(255), 'ff\r\n');
    assert.equal(writeTrailers(fields), 'A: b\r\n\r\n');
    assert.equal(writeLastChunk(Fields.none), '0\r\n\r\n');
    for (const length of [0, -1, 1.5, Number.NaN]) assert.throws(() => writeChunkSize(length), WireError);
  });

  for (const [method, target] of [
    ['', '/'],
    ['G T', '/'],
    ['GET\r\n', '/'],
    ['GET', ''],
    ['GET', '/ '],
    ['GET', '/\r\nX: y'],
    ['GET', '/\0'],
    ['GET', '/\u00e4'],
    ['GET', '/\u010a'],
  ] as const) {
    it(`does not write the request line ${JSON.stringify(`${method} ${target}`)}`, () => {
      assert.throws(() => writeRequestHead({ method, target, fields }), WireError);
    });
  }

  for (const [status, reason] of [
    [99, ''],
    [1000, ''],
    [200.5, ''],
    [Number.NaN, ''],
    [200, 'a\r\nb'],
    [200, 'a\0'],
    [200, '\u010a'],
  ] as const) {
    it(`does not write the status line ${status} ${JSON.stringify(reason)}`, () => {
      assert.throws(() => writeResponseHead({ status, reason, fields }), WireError);
    });
  }
});
