// Where content ends, by the head alone (RFC 9112 §6); the refusals stand in parser.test.ts.
import assert from 'node:assert/strict';
import { Fields } from '../../../src/http/fields.ts';
import { hasNoContent, parseContentLength, requestFraming, responseFraming } from '../../../src/http/framing.ts';
import { WireError } from '../../../src/http/wire-error.ts';

function response(status: number, ...lines: [string, string][]): Parameters<typeof responseFraming>[0] {
  return { status, reason: '', minor: 1, fields: Fields.of(lines) };
}

describe('framing', () => {
  it('reads lengths of plain digits up to 2^53 - 1', () => {
    assert.equal(parseContentLength('0'), 0);
    assert.equal(parseContentLength('007'), 7);
    assert.equal(parseContentLength('9007199254740991'), Number.MAX_SAFE_INTEGER);
    for (const bad of ['', ' 1', '1 ', '+1', '-0', '1,1', '0x1', '1.', '9007199254740992', '00000000000000001']) {
      assert.equal(parseContentLength(bad), -1, bad);
    }
  });

  it('is none for a request that announces nothing, close for such a response', () => {
    assert.deepEqual(requestFraming({ method: 'POST', target: '/', minor: 1, fields: Fields.none }), { kind: 'none' });
    assert.deepEqual(responseFraming(response(200), 'GET'), { framing: { kind: 'close' }, leniencies: [] });
  });

  it('places an error in the head that the fields were built for', () => {
    const fields = Fields.of([
      ['Host', 'a'],
      ['Content-Length', 'x'],
    ]);
    assert.throws(
      () => requestFraming({ method: 'POST', target: '/', minor: 1, fields }),
      (error) =>
        error instanceof WireError && error.offset === 'Host: a\r\n'.length && error.clause === 'RFC 9110 §8.6',
    );
  });

  it('knows the responses that never have content (RFC 9112 §6.3)', () => {
    for (const [status, method, expected] of [
      [100, 'GET', true],
      [101, 'GET', true],
      [204, 'GET', true],
      [304, 'GET', true],
      [200, 'HEAD', true],
      [200, 'CONNECT', true],
      [299, 'CONNECT', true],
      [300, 'CONNECT', false],
      [200, 'GET', false],
      [205, 'GET', false],
    ] as const) {
      assert.equal(hasNoContent(status, method), expected, `${status} ${method}`);
    }
  });

  it('does not mind unreadable lengths where there is no content', () => {
    const head = response(304, ['Content-Length', 'x'], ['Content-Length', '2']);
    assert.deepEqual(responseFraming(head, 'GET'), { framing: { kind: 'none' }, leniencies: [] });
  });

  it('tolerates the last coding of several fields', () => {
    const head = response(200, ['Transfer-Encoding', 'gzip'], ['Transfer-Encoding', 'Chunked']);
    assert.deepEqual(responseFraming(head, 'GET'), {
      framing: { kind: 'chunked' },
      leniencies: ['unknown-transfer-coding'],
    });
  });
});
