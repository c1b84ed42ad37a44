// The shapes of settings that are more than a number or a text: what they refuse, and how they say it.
import assert from 'node:assert/strict';
import { checkSettings, resolveSettings, type SettingName } from '../../../src/contract/settings.ts';

function reasonFor(name: SettingName, value: unknown): string | undefined {
  return checkSettings((asked) => (asked === name ? value : undefined)).problems[0]?.reason;
}

describe('settings with a shape of their own', () => {
  const cases: readonly (readonly [SettingName, unknown, RegExp | undefined])[] = [
    ['upstreamProxy', '', undefined],
    ['upstreamProxy', 'direct', undefined],
    ['upstreamProxy', 'socks5://127.0.0.1', undefined],
    ['upstreamProxy', 7, /^must be empty, direct, or the URL of a proxy/],
    ['upstreamProxy', 'ftp://a.test', /^must be empty, direct, or the URL of a proxy/],
    ['upstreamProxy', 'http://me:secret@a.test', /^must not contain a user name and a password$/],
    ['dnsOverrides', {}, undefined],
    ['dnsOverrides', { 'a.test': '127.0.0.1', '*.b.test': '::1', 'c.test': 'fd00::1.2.3.4' }, undefined],
    ['dnsOverrides', ['a.test'], /^must be an object from host names to IP addresses$/],
    ['dnsOverrides', null, /^must be an object/],
    ['dnsOverrides', { 'a.test': 'b.test' }, /^must have an IP address for a\.test$/],
    ['dnsOverrides', { 'a.test': '127.0.0.1:80' }, /^must have an IP address for a\.test$/],
    ['dnsOverrides', { 'a.test': 1 }, /^must have an IP address for a\.test$/],
    ['dnsOverrides', { '': '::1' }, /^must not have an empty host name$/],
    ['https.clientCertificates', [], undefined],
    [
      'https.clientCertificates',
      [
        { host: 'a', certFile: 'c', keyFile: 'k' },
        { host: 'b', pfxFile: 'p' },
      ],
      undefined,
    ],
    ['https.clientCertificates', { host: 'a' }, /^must be a list of objects/],
    ['https.clientCertificates', ['a'], /^is wrong in entry 1, which must be an object$/],
    ['https.clientCertificates', [{ host: 'a', pfxFile: 'p' }, { pfxFile: 'p' }], /entry 2, which needs a host$/],
    ['https.clientCertificates', [{ host: 'a', certFile: 'c' }], /which needs certFile and keyFile, or pfxFile$/],
    ['https.clientCertificates', [{ host: 'a', pfxFile: 'p', keyFile: 'k' }], /which takes either pfxFile/],
    ['https.clientCertificates', [{ host: '', pfxFile: 'p' }], /which must have a text as host$/],
    [
      'https.clientCertificates',
      [{ host: 'a', pfxFile: 'p', passphrase: 's' }],
      /which has an unknown name passphrase$/,
    ],
  ];
  for (const [name, value, expected] of cases) {
    it(`${name} ${expected === undefined ? 'takes' : 'refuses'} ${JSON.stringify(value)}`, () => {
      const reason = reasonFor(name, value);
      if (expected === undefined) assert.equal(reason, undefined);
      else assert.match(reason ?? '', expected);
    });
  }

  it('name what is used instead, and never the value that was refused', () => {
    const { problems, settings } = checkSettings((name) =>
      name === 'upstreamProxy' ? 'http://me:secret@a' : undefined,
    );
    assert.equal(problems[0]?.message, 'wirelens.upstreamProxy must not contain a user name and a password; using ""');
    assert.equal(settings.upstreamProxy, '');
  });

  it('get passphrases beside them, by the file of the key', () => {
    const certificates = [
      { host: 'a', certFile: 'c', keyFile: 'k' },
      { host: 'b', pfxFile: 'p' },
      { host: 'c', pfxFile: 'q' },
    ];
    const { settings } = checkSettings((name) => (name === 'https.clientCertificates' ? certificates : undefined));
    const passphrase = (file: string): string | undefined => (file === 'q' ? undefined : `of ${file}`);
    const { clientCertificates } = resolveSettings(settings, undefined, { environment: {}, passphrase }).upstream;
    assert.deepEqual(
      clientCertificates.map((one) => one.passphrase),
      ['of k', 'of p', undefined],
    );
  });
});
