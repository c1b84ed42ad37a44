// Which proxy lies between us and upstream: URLs, and whose word counts.
import assert from 'node:assert/strict';
import fc from 'fast-check';
import { chooseProxy, parseProxyUrl, proxyName, type UpstreamProxy } from '../../../src/contract/upstream.ts';

describe('the URL of a proxy', () => {
  const urls: readonly (readonly [string, UpstreamProxy])[] = [
    ['http://proxy.test:3128', { scheme: 'http', host: 'proxy.test', port: 3128 }],
    ['http://proxy.test', { scheme: 'http', host: 'proxy.test', port: 80 }],
    ['HTTPS://Proxy.Test/', { scheme: 'https', host: 'proxy.test', port: 443 }],
    ['socks5h://127.0.0.1', { scheme: 'socks5', host: '127.0.0.1', port: 1080 }],
    ['socks://[2001:db8::1]:9', { scheme: 'socks5', host: '2001:db8::1', port: 9 }],
    ['proxy.test:8080', { scheme: 'http', host: 'proxy.test', port: 8080 }],
    ['http://me@proxy.test', { scheme: 'http', host: 'proxy.test', port: 80, username: 'me', password: '' }],
    [
      'http://m%3Ae:p%40:s@proxy.test',
      { scheme: 'http', host: 'proxy.test', port: 80, username: 'm:e', password: 'p@:s' },
    ],
    ['http://me:100%@proxy.test', { scheme: 'http', host: 'proxy.test', port: 80, username: 'me', password: '100%' }],
  ];
  for (const [text, expected] of urls) {
    it(`may be ${text}`, () => assert.deepEqual(parseProxyUrl(text), expected));
  }

  for (const text of [
    '',
    'ftp://proxy.test',
    'http://',
    'http://proxy.test/path',
    'http://a b',
    'http://proxy.test:0',
    'http://proxy.test:70000',
    'socks4://proxy.test',
  ]) {
    it(`is not ${JSON.stringify(text)}`, () => assert.equal(parseProxyUrl(text), undefined));
  }

  it('is its name again, without credentials', () => {
    const port = fc.integer({ min: 1, max: 65_535 });
    const host = fc.oneof(
      fc.domain(),
      fc.ipV4(),
      fc.ipV6().map((text) => text.toLowerCase()),
    );
    fc.assert(
      fc.property(fc.constantFrom('http', 'https', 'socks5'), host, port, (scheme, name, number) => {
        const proxy: UpstreamProxy = { scheme, host: name, port: number };
        assert.deepEqual(parseProxyUrl(proxyName({ ...proxy, username: 'me', password: 'secret' })), proxy);
      }),
    );
  });
});

describe('the upstream proxy', () => {
  const unset = { upstreamProxy: '', noProxy: [] };
  const editor = { proxy: 'http://editor.test:2', noProxy: ['b.test'] };
  const environment = { HTTPS_PROXY: 'http://environment.test:3', no_proxy: 'c.test,d.test' };

  it('is that of the setting, then the editor’s, then the environment’s', () => {
    const own = { upstreamProxy: 'http://setting.test:1', noProxy: [] };
    assert.equal(chooseProxy(own, { environment, editor }).httpProxy?.host, 'setting.test');
    assert.equal(chooseProxy(unset, { environment, editor }).httpProxy?.host, 'editor.test');
    assert.equal(chooseProxy(unset, { environment }).httpsProxy?.host, 'environment.test');
  });

  it('is a default only where the setting does not name it', () => {
    assert.equal(chooseProxy({ ...unset, upstreamProxy: 'http://a.test' }, { environment }).proxyByDefault, undefined);
    assert.equal(chooseProxy(unset, { environment, editor }).proxyByDefault, true);
    assert.equal(chooseProxy(unset, { environment }).proxyByDefault, true);
  });

  it('has the exceptions of its own source, unless we have some', () => {
    assert.deepEqual(chooseProxy(unset, { environment, editor }).noProxy, ['b.test']);
    assert.deepEqual(chooseProxy(unset, { environment }).noProxy, ['c.test', 'd.test']);
    assert.deepEqual(chooseProxy({ ...unset, noProxy: ['a.test'] }, { environment, editor }).noProxy, ['a.test']);
    assert.deepEqual(chooseProxy({ ...unset, upstreamProxy: 'http://a.test' }, { environment }).noProxy, []);
  });

  it('differs by scheme in the environment', () => {
    const { httpProxy, httpsProxy } = chooseProxy(unset, { environment });
    assert.deepEqual([httpProxy?.host, httpsProxy?.host], [undefined, 'environment.test']);
  });

  it('is none by the word direct', () => {
    const { httpProxy, httpsProxy } = chooseProxy({ upstreamProxy: 'direct', noProxy: [] }, { environment, editor });
    assert.deepEqual([httpProxy, httpsProxy], [undefined, undefined]);
  });

  it('gets the credentials that are kept under its name, unless its URL has some', () => {
    const credentials = (proxy: string) =>
      proxy === 'http://editor.test:2' ? { username: 'me', password: 'kept' } : undefined;
    assert.equal(chooseProxy(unset, { environment, editor, credentials }).httpProxy?.password, 'kept');
    assert.equal(chooseProxy(unset, { environment, credentials }).httpsProxy?.username, undefined);
    const named = { ...editor, proxy: 'http://you:own@editor.test:2' };
    assert.equal(chooseProxy(unset, { environment, editor: named, credentials }).httpProxy?.password, 'own');
  });

  it('that cannot be read is told of without its value, and the next source counts', () => {
    const bad = { proxy: 'pac+http://me:secret@a.test', noProxy: [] };
    const { httpsProxy, problems } = chooseProxy(unset, { environment, editor: bad });
    assert.equal(httpsProxy?.host, 'environment.test');
    assert.equal(problems.length, 1);
    assert.match(problems[0] ?? '', /^The setting http\.proxy/);
    assert.doesNotMatch(problems.join(), /secret/);
  });
});
