// Whether a connection goes on after a message (RFC 9112 §9.3).
import assert from 'node:assert/strict';
import { Fields } from '../../../src/http/fields.ts';
import {
  hasConnectionOption,
  keepAliveTimeout,
  requestPersistence,
  responsePersistence,
} from '../../../src/http/persistence.ts';

const request = (minor: 0 | 1, name = 'X', value = 'y'): boolean =>
  requestPersistence({ method: 'GET', target: '/', minor, fields: Fields.of([[name, value]]) });
const response = (minor: 0 | 1, value = ''): boolean =>
  responsePersistence({ status: 200, reason: '', minor, fields: Fields.of([['Connection', value]]) });

describe('persistence', () => {
  it('is the default of HTTP/1.1 only', () => {
    assert.deepEqual([request(1), request(0), response(1), response(0)], [true, false, true, false]);
  });

  it('ends with close, wherever it stands', () => {
    for (const value of ['close', 'Close', 'x, CLOSE', 'keep-alive, close', 'close,']) {
      assert.equal(request(1, 'Connection', value), false);
      assert.equal(response(1, value), false);
    }
    for (const value of ['closed', 'x-close', '"close"']) assert.equal(request(1, 'Connection', value), true);
  });

  it('is kept with an HTTP/1.0 server that says so, not with an HTTP/1.0 client', () => {
    assert.equal(response(0, 'Keep-Alive'), true);
    assert.equal(response(0, 'keep-alive, close'), false);
    assert.equal(request(0, 'Connection', 'keep-alive'), false);
  });

  it('heeds a client that says Proxy-Connection: close', () => {
    assert.equal(request(1, 'Proxy-Connection', 'close'), false);
    assert.equal(request(1, 'Proxy-Connection', 'keep-alive'), true);
  });

  it('looks at every Connection line', () => {
    const fields = Fields.of([
      ['Connection', 'a'],
      ['connection', 'b, close'],
    ]);
    assert.equal(hasConnectionOption(fields, 'close'), true);
    assert.equal(hasConnectionOption(fields, 'c'), false);
  });
});

describe('keepAliveTimeout', () => {
  for (const [value, expected] of [
    ['timeout=5', 5000],
    ['timeout=5, max=100', 5000],
    ['max=1, Timeout = "7"', 7000],
    ['timeout=0', 0],
    ['max=1', undefined],
    ['timeout=', undefined],
    ['timeout=-1', undefined],
    ['timeout=1.5', undefined],
    ['timeout=99999999999', undefined],
    ['xtimeout=5', undefined],
  ] as const) {
    it(`reads ${value}`, () => assert.equal(keepAliveTimeout(Fields.of([['Keep-Alive', value]])), expected));
  }

  it('is undefined without the field', () => assert.equal(keepAliveTimeout(Fields.none), undefined));
});
