// What makes two upstream connections interchangeable.
import assert from 'node:assert/strict';
import { identityKey, type UpstreamIdentity } from '../../../../src/engine/upstream/identity.ts';

const base: UpstreamIdentity = { scheme: 'http', host: 'api.test', port: 80 };

describe('identityKey', () => {
  it('is the origin, readable', () => {
    assert.equal(identityKey(base), 'http://api.test');
    assert.equal(identityKey({ scheme: 'https', host: '2001:db8::1', port: 8443 }), 'https://[2001:db8::1]:8443');
  });

  it('differs with everything that matters for trust', () => {
    const identities: readonly UpstreamIdentity[] = [
      base,
      { ...base, scheme: 'https' },
      { ...base, host: 'api.test.' },
      { ...base, port: 81 },
      { ...base, scheme: 'https', port: 443 },
      { ...base, boundTo: 1 },
      { ...base, boundTo: 2 },
    ];
    assert.equal(new Set(identities.map(identityKey)).size, identities.length);
  });
});
