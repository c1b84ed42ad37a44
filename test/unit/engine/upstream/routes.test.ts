// How an upstream is reached by the settings: proxy, address, exceptions, certificates.
import assert from 'node:assert/strict';
import { defaultSettings, resolveSettings } from '../../../../src/contract/settings.ts';
import type { UpstreamProxy, UpstreamSettings } from '../../../../src/contract/upstream.ts';
import type { UpstreamIdentity } from '../../../../src/engine/upstream/identity.ts';
import { Routes } from '../../../../src/engine/upstream/routes.ts';

const proxy: UpstreamProxy = { scheme: 'http', host: 'proxy.test', port: 3128 };
const plain: UpstreamIdentity = { scheme: 'http', host: 'api.test', port: 80 };
const secure: UpstreamIdentity = { scheme: 'https', host: 'api.test', port: 443 };

function routes(
  changes: Partial<UpstreamSettings>,
  isOwn = (_address: string, _port: number): boolean => false,
): Routes {
  return new Routes({ ...resolveSettings(defaultSettings).upstream, ...changes }, isOwn);
}

const both = { httpProxy: proxy, httpsProxy: proxy };

describe('routes', () => {
  it('leave an identity as it is where nothing is set', () => {
    assert.equal(routes({}).identityFor(plain, 'request'), plain);
  });

  it('ask an HTTP proxy for plain requests by URL, and tunnel all else', () => {
    const all = routes(both);
    assert.deepEqual(all.identityFor(plain, 'request').via, { proxy, tunnel: false });
    assert.deepEqual(all.identityFor(plain, 'tunnel').via, { proxy, tunnel: true });
    assert.deepEqual(all.identityFor(secure, 'request').via, { proxy, tunnel: true });
  });

  it('tunnel through SOCKS whatever it is', () => {
    const socks = { ...proxy, scheme: 'socks5' } as const;
    assert.deepEqual(routes({ httpProxy: socks }).identityFor(plain, 'request').via, { proxy: socks, tunnel: true });
  });

  it('take the proxy of the scheme; tunnels that of https', () => {
    const only = routes({ httpProxy: proxy });
    assert.equal(only.identityFor(secure, 'request').via, undefined);
    assert.equal(only.identityFor(plain, 'tunnel').via, undefined);
    assert.deepEqual(only.identityFor(plain, 'request').via, { proxy, tunnel: false });
  });

  for (const host of ['localhost', 'api.localhost', '127.0.0.1', '127.9.9.9', '::1']) {
    it(`reach ${host} without the proxy, unless <-loopback> is excepted from that`, () => {
      const identity = { ...plain, host };
      assert.equal(routes(both).identityFor(identity, 'request').via, undefined);
      const named = routes({ ...both, noProxy: ['<-loopback>'] });
      assert.ok(named.identityFor(identity, 'request').via !== undefined);
    });
  }

  it('tunnel to an overridden address, since a URL could not name it', () => {
    const identity = routes({ ...both, dnsOverrides: { 'api.test': '192.0.2.1' } }).identityFor(plain, 'request');
    assert.deepEqual([identity.address, identity.via?.tunnel], ['192.0.2.1', true]);
  });

  it('go around the proxy where the overridden address does', () => {
    const overridden = { ...both, dnsOverrides: { 'api.test': '127.0.0.1' } };
    assert.equal(routes(overridden).identityFor(plain, 'request').via, undefined);
    const network = { ...both, noProxy: ['10.0.0.0/8'], dnsOverrides: { 'api.test': '10.1.1.1' } };
    assert.equal(routes(network).identityFor(plain, 'request').via, undefined);
  });

  it('leave out a default proxy that is ourselves, by whatever name, and no other', () => {
    const isOwn = (address: string, port: number): boolean => address === '127.0.0.1' && port === 3128;
    const byDefault = (host: string): UpstreamIdentity => {
      const own = { ...proxy, host };
      return routes({ httpProxy: own, proxyByDefault: true }, isOwn).identityFor(plain, 'request');
    };
    assert.equal(byDefault('localhost').via, undefined);
    assert.equal(byDefault('127.0.0.1').via, undefined);
    assert.ok(byDefault('127.0.0.2').via !== undefined);
    const set = routes({ httpProxy: { ...proxy, host: '127.0.0.1' } }, isOwn);
    assert.ok(set.identityFor(plain, 'request').via !== undefined);
  });

  it('except and certify https only, the first certificate that fits', () => {
    const set = routes({
      allowInvalidCertificates: ['api.test'],
      clientCertificates: [
        { host: '*.test', certFile: 'a.pem', keyFile: 'a.key' },
        { host: 'api.test', pfxFile: 'b.pfx' },
      ],
    });
    const { unverified, clientCertificate } = set.identityFor(secure, 'request');
    assert.deepEqual([unverified, clientCertificate], [true, 'a.pem']);
    assert.deepEqual(set.identityFor(plain, 'request'), plain);
  });

  it('keep to whom a connection is bound', () => {
    assert.equal(routes(both).identityFor({ ...plain, boundTo: 7 }, 'request').boundTo, 7);
  });
});
