// The host of a cache key, as it stands in Host.
import assert from 'node:assert/strict';
import { hostOf } from '../../../src/cache/hosts.ts';

describe('hostOf', () => {
  for (const [url, host] of [
    ['http://a.test/x/y?z', 'a.test'],
    ['https://a.test:8443', 'a.test:8443'],
    ['http://[::1]:81/', '[::1]:81'],
    ['http://a.test?q', 'a.test'],
    ['nonsense', ''],
  ] as const) {
    it(`reads ${url}`, () => assert.equal(hostOf(url), host));
  }
});
