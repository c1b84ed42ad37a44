// Request targets and authorities: the four forms, and what is refused because two could read it differently.
import assert from 'node:assert/strict';
import { formatAuthority, parseAuthority, parseTarget, sameAuthority, type Target } from '../../../src/http/target.ts';
import { WireError } from '../../../src/http/wire-error.ts';

function absolute(
  authority: string,
  host: string,
  port: number,
  path: string,
  scheme: 'http' | 'https' = 'http',
): Target {
  return { form: 'absolute', scheme, authority, host, port, path };
}

const forms: readonly [method: string, target: string, result: Target][] = [
  ['GET', 'http://a/b?c', absolute('a', 'a', 80, '/b?c')],
  ['GET', 'http://a', absolute('a', 'a', 80, '/')],
  ['GET', 'http://a?b=/c', absolute('a', 'a', 80, '/?b=/c')],
  ['GET', 'HTTP://ExAmple.COM.:8080/X', absolute('ExAmple.COM.:8080', 'example.com.', 8080, '/X')],
  ['GET', 'https://a/', absolute('a', 'a', 443, '/', 'https')],
  ['GET', 'http://[::1]:81/', absolute('[::1]:81', '::1', 81, '/')],
  ['GET', 'http://a/@b:c', absolute('a', 'a', 80, '/@b:c')],
  ['OPTIONS', 'http://a', absolute('a', 'a', 80, '*')],
  ['OPTIONS', 'http://a/', absolute('a', 'a', 80, '/')],
  ['GET', '/', { form: 'origin', path: '/' }],
  ['GET', '//a/b?c', { form: 'origin', path: '//a/b?c' }],
  ['OPTIONS', '*', { form: 'asterisk' }],
  ['CONNECT', 'A:443', { form: 'authority', host: 'a', port: 443 }],
  ['CONNECT', '[2001:DB8::1]:22', { form: 'authority', host: '2001:db8::1', port: 22 }],
];

const refused: readonly [method: string, target: string, status: number, rule: RegExp][] = [
  ['GET', 'http://a/#b', 400, /fragment/],
  ['GET', '/#', 400, /fragment/],
  ['GET', 'http://u@a/', 400, /user information/],
  ['GET', 'http://u:p@a/', 400, /user information/],
  ['GET', 'http://a\\@b/', 400, /user information/],
  ['GET', 'http:///x', 400, /empty host/],
  ['GET', 'http://', 400, /empty host/],
  ['GET', 'http://:80/', 400, /empty host/],
  ['GET', 'http://a:/', 400, /port/],
  ['GET', 'http://a:0/', 400, /port/],
  ['GET', 'http://a:080/', 400, /port/],
  ['GET', 'http://a:65536/', 400, /port/],
  ['GET', 'http://a:99999999999999999999/', 400, /port/],
  ['GET', 'http://a:8x/', 400, /port/],
  ['GET', 'http://a:80:80/', 400, /port/],
  ['GET', 'http://a%2eb/', 400, /character in the host/],
  ['GET', 'http://a,b/', 400, /character in the host/],
  ['GET', 'http://a\\b/', 400, /character in the host/],
  ['GET', `http://${'a'.repeat(256)}/`, 400, /255/],
  ['GET', 'http:/a', 400, /without \/\//],
  ['GET', 'http:a', 400, /without \/\//],
  ['GET', 'a/b', 400, /neither/],
  ['GET', 'a:80', 400, /neither/],
  ['GET', '*', 400, /OPTIONS/],
  ['GET', 'ws://a/', 501, /the scheme ws/],
  ['GET', 'WSS://a/', 501, /the scheme wss/],
  ['GET', 'ftp://a/', 501, /the scheme ftp/],
  ['CONNECT', 'a', 400, /without a port/],
  ['CONNECT', 'http://a:1', 400, /port|host/],
  ['CONNECT', '/', 400, /host/],
  ['CONNECT', 'u@a:1', 400, /user/],
];

const badAddresses = [
  '',
  ':',
  ':::',
  '1',
  '1:2',
  '::1::2',
  '1:2:3:4:5:6:7:8:9',
  '1:2:3:4:5:6:7::8',
  '12345::',
  'g::',
  '::1.2.3',
  '::1.2.3.256',
  '::01.2.3.4',
  '1.2.3.4',
  '1.2.3.4::',
  'fe80::1%25eth0',
  'v1.x',
];
const goodAddresses = [
  '::',
  '::1',
  '1::',
  '1:2:3:4:5:6:7:8',
  '1:2:3:4:5:6::8',
  '::ffff:1.2.3.4',
  '1:2:3:4:5:6:1.2.3.4',
  'ABCD::',
];

describe('parseTarget', () => {
  for (const [method, target, result] of forms) {
    it(`reads ${method} ${target}`, () => assert.deepEqual(parseTarget(method, target), result));
  }

  for (const [method, target, status, rule] of refused) {
    it(`refuses ${method} ${target.slice(0, 40)}`, () => {
      assert.throws(
        () => parseTarget(method, target),
        (error) => error instanceof WireError && error.status === status && rule.test(error.rule),
      );
    });
  }
});

describe('authorities', () => {
  it('are read with and without port', () => {
    assert.deepEqual(parseAuthority('A.b'), { host: 'a.b' });
    assert.deepEqual(parseAuthority('a:1'), { host: 'a', port: 1 });
    assert.deepEqual(parseAuthority('[::]'), { host: '::' });
    assert.throws(() => parseAuthority('[::]x'), WireError);
    assert.throws(() => parseAuthority('[::'), WireError);
  });

  for (const address of badAddresses) {
    it(`refuse [${address}]`, () => assert.throws(() => parseAuthority(`[${address}]:1`), WireError));
  }

  for (const address of goodAddresses) {
    it(`take [${address}]`, () => assert.equal(parseAuthority(`[${address}]`).host, address.toLowerCase()));
  }

  it('are written with brackets and without the default port', () => {
    assert.equal(formatAuthority('a', 80, 'http'), 'a');
    assert.equal(formatAuthority('a', 443, 'http'), 'a:443');
    assert.equal(formatAuthority('::1', 443, 'https'), '[::1]');
    assert.equal(formatAuthority('::1', 80), '[::1]:80');
    assert.equal(formatAuthority('a', undefined), 'a');
  });

  it('are the same whatever their case and an explicit default port (RFC 9110 §4.2.3)', () => {
    assert.equal(sameAuthority({ host: 'A' }, { host: 'a', port: 80 }, 'http'), true);
    assert.equal(sameAuthority({ host: 'a' }, { host: 'a', port: 80 }, 'https'), false);
    assert.equal(sameAuthority({ host: 'a' }, { host: 'a.' }, 'http'), false);
  });
});
