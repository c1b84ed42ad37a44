// Addresses as they are printed, and the warning for those that others reach.
import assert from 'node:assert/strict';
import { exposureOf, urlOf } from '../../../../src/engine/cli/listening-address.ts';

describe('a listening address', () => {
  it('is written as a URL, IPv6 in brackets', () => {
    assert.equal(urlOf('127.0.0.1', 8080), 'http://127.0.0.1:8080');
    assert.equal(urlOf('::1', 1), 'http://[::1]:1');
    assert.equal(urlOf('localhost', 1), 'http://localhost:1');
  });

  for (const host of ['127.0.0.1', '127.8.8.8', '::1']) {
    it(`is without a warning on ${host}`, () => assert.equal(exposureOf(host), undefined));
  }

  for (const host of ['0.0.0.0', '::', '192.0.2.7', '2001:db8::1']) {
    it(`is warned about on ${host}`, () => {
      assert.match(exposureOf(host) ?? '', /other machines/);
      assert.ok(exposureOf(host)?.includes(host));
    });
  }
});
