// The answers for errors.
import assert from 'node:assert/strict';
import { parseItem, type Token } from 'structured-headers';
import { ProxyError, type ErrorCode } from '../../../../src/contract/errors.ts';
import { refusal, toProxyError, written } from '../../../../src/engine/flow/refusal.ts';
import { WireError } from '../../../../src/http/wire-error.ts';

const answered: readonly ErrorCode[] = [
  'bad-request',
  'bad-target',
  'request-timeout',
  'body-too-large',
  'chunk-too-large',
  'target-too-long',
  'own-address',
  'head-too-large',
  'version-not-supported',
  'not-implemented',
  'too-busy',
  'too-many-tunnels',
  'stopping',
  'not-cached',
  'internal',
  'name-not-found',
  'name-lookup-failed',
  'connection-refused',
  'connection-failed',
  'connect-timeout',
  'certificate',
  'tls',
  'connection-reset',
  'broken-off',
  'bad-response',
  'first-byte-timeout',
  'idle-timeout',
];

const now = Date.UTC(2026, 0, 2, 3, 4, 5);

describe('refusal', () => {
  for (const code of answered) {
    it(`of ${code} has a status, a date, a Proxy-Status that parses, and words`, () => {
      const details = { rule: 'a "rule" \\ with ünïcode', host: 'a.test', cause: 'x\ny', message: 'm' };
      const error = new ProxyError(code, details);
      const { head, body } = refusal(error, undefined, now);
      assert.equal(head.status, error.entry.status);
      assert.notEqual(head.reason, '');
      assert.equal(head.fields.get('date'), 'Fri, 02 Jan 2026 03:04:05 GMT');
      const [name, parameters] = parseItem(head.fields.get('proxy-status') ?? '');
      assert.equal((name as Token).toString(), 'Wirelens');
      assert.ok(parameters.has('error') && parameters.has('details'));
      assert.equal(Number(head.fields.get('content-length')), body.length);
      assert.ok(body.toString().includes(error.entry.advice));
      assert.equal(head.fields.has('retry-after'), head.status === 503);
    });
  }

  it('shows nothing of a request as markup', () => {
    const error = new ProxyError('name-not-found', { host: '<script>alert("1")</script>' });
    const { body } = refusal(error, 'text/html', now);
    assert.doesNotMatch(body.toString(), /<script>/);
  });
});

describe('written', () => {
  for (const [accept, type] of [
    [undefined, 'text/plain'],
    ['*/*', 'text/plain'],
    ['text/html', 'text/html'],
    ['application/json', 'json'],
    ['application/vnd.api+json', 'json'],
    ['application/json, text/html', 'json'],
    ['text/html, application/json', 'text/html'],
    ['image/png', 'text/plain'],
  ] as const) {
    it(`is ${type} for Accept: ${accept}`, () => {
      const { head } = written(accept, 400, 'Title', ['words'], now);
      assert.ok(head.fields.get('content-type')?.includes(type));
    });
  }
});

describe('toProxyError', () => {
  for (const [status, code] of [
    [400, 'bad-request'],
    [413, 'chunk-too-large'],
    [414, 'target-too-long'],
    [431, 'head-too-large'],
    [501, 'not-implemented'],
    [505, 'version-not-supported'],
  ] as const) {
    it(`names a ${status} of the parser ${code}`, () => {
      assert.equal(toProxyError(new WireError('a rule', 'RFC 0', 7, status)).code, code);
    });
  }

  it('calls what it does not know a defect of our own', () => {
    assert.equal(toProxyError(new TypeError('x')).code, 'internal');
    assert.equal(toProxyError('x').code, 'internal');
  });
});
