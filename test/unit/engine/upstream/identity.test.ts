// What makes two upstream connections interchangeable.
import assert from 'node:assert/strict';
import { identityKey, type UpstreamIdentity } from '../../../../src/engine/upstream/identity.ts';

const base: UpstreamIdentity = { scheme: 'http', host: 'api.test', port: 80 };

const proxy = { scheme: 'http', host: 'proxy.test', port: 3128, username: 'me', password: 'secret' } as const;

describe('identityKey', () => {
  it('is the origin, readable', () => {
    assert.equal(identityKey(base), 'http://api.test');
    assert.equal(identityKey({ scheme: 'https', host: '2001:db8::1', port: 8443 }), 'https://[2001:db8::1]:8443');
  });

  it('names the way there, without credentials', () => {
    assert.equal(
      identityKey({
        ...base,
        scheme: 'https',
        port: 443,
        via: { proxy, tunnel: true },
        address: '192.0.2.1',
        unverified: true,
      }),
      'https://api.test via http://proxy.test:3128 at 192.0.2.1 (not verified)',
    );
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
      { ...base, via: { proxy, tunnel: true } },
      { ...base, via: { proxy, tunnel: false } },
      { ...base, via: { proxy: { ...proxy, scheme: 'socks5' }, tunnel: true } },
      { ...base, via: { proxy: { ...proxy, port: 3129 }, tunnel: true } },
      { ...base, address: '192.0.2.1' },
      { ...base, scheme: 'https', unverified: true },
      { ...base, scheme: 'https', clientCertificate: '/a.pem' },
      { ...base, scheme: 'https', clientCertificate: '/b.pem' },
    ];
    assert.equal(new Set(identities.map(identityKey)).size, identities.length);
  });
});
