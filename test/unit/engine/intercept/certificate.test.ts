// Certificates as other implementations read them: fields, validity, and a chain that verifies.
import assert from 'node:assert/strict';
import { generateKeyPairSync, X509Certificate } from 'node:crypto';
import { makeAuthority, makeLeaf, subjectOf, type Issuer } from '../../../../src/engine/intercept/certificate.ts';

const DAY = 24 * 60 * 60 * 1000;
const now = Date.UTC(2026, 10, 25, 12);
const { privateKey: authorityKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const { privateKey: leafKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const authority = new X509Certificate(makeAuthority(authorityKey, 'a-machine', now));

function issuer(limits: Partial<Issuer> = {}): Issuer {
  return {
    key: authorityKey,
    name: subjectOf(authority.raw),
    validFrom: Date.parse(authority.validFrom),
    validTo: Date.parse(authority.validTo),
    ...limits,
  };
}

function leaf(host: string, limits: Partial<Issuer> = {}): X509Certificate {
  return new X509Certificate(makeLeaf(host, leafKey, issuer(limits), now));
}

function days(certificate: X509Certificate): number {
  return (Date.parse(certificate.validTo) - Date.parse(certificate.validFrom)) / DAY;
}

describe('the certificate of the authority', () => {
  it('says which machine made it and when, and signs itself', () => {
    assert.match(authority.subject, /CN=Wirelens CA \(a-machine 2026-11-25\)/);
    assert.ok(authority.ca);
    assert.ok(authority.checkIssued(authority));
    assert.ok(authority.verify(authority.publicKey));
    assert.ok(authority.checkPrivateKey(authorityKey));
  });

  it('is valid from yesterday on, for 825 days at most', () => {
    assert.equal(Date.parse(authority.validFrom), now - DAY);
    assert.ok(days(authority) <= 825 && days(authority) > 824);
  });

  it('cuts the name of a machine that is too long', () => {
    const long = new X509Certificate(makeAuthority(authorityKey, 'm'.repeat(200), now));
    const name = /CN=(.*)/.exec(long.subject)?.[1] ?? '';
    assert.equal(name.length, 64);
    assert.match(name, / 2026-11-25\)$/);
  });
});

describe('a leaf', () => {
  it('is for one name, issued by the authority, for TLS servers, and for no more than 200 days', () => {
    const one = leaf('api.example.test');
    assert.equal(one.subjectAltName, 'DNS:api.example.test');
    assert.equal(one.checkHost('api.example.test'), 'api.example.test');
    assert.equal(one.checkHost('example.test'), undefined);
    assert.ok(one.checkIssued(authority));
    assert.ok(one.verify(authority.publicKey));
    assert.ok(!one.ca);
    assert.deepEqual(one.keyUsage, ['1.3.6.1.5.5.7.3.1']);
    assert.ok(days(one) <= 200);
  });

  it('is for an address of either family', () => {
    assert.equal(leaf('127.0.0.1').checkIP('127.0.0.1'), '127.0.0.1');
    assert.equal(leaf('::1').checkIP('::1'), '::1');
    assert.equal(leaf('2001:db8:0:1::7').checkIP('2001:db8:0:1::7'), '2001:db8:0:1::7');
    assert.equal(leaf('::ffff:10.0.0.1').checkIP('::ffff:a00:1'), '::ffff:a00:1');
  });

  it('carries a name that is too long for a common name', () => {
    const name = `${'a'.repeat(60)}.${'b'.repeat(60)}.test`;
    assert.equal(leaf(name).checkHost(name), name);
    assert.equal(leaf(name).subject ?? '', '');
  });

  it('never outlives its issuer', () => {
    const end = now + 3 * DAY;
    assert.equal(Date.parse(leaf('short.test', { validTo: end }).validTo), end);
  });

  it('has a serial number of its own', () => {
    assert.notEqual(leaf('a.test').serialNumber, leaf('a.test').serialNumber);
  });

  it('is dated with four digits of the year from 2050 on', () => {
    const late = Date.UTC(2050, 0, 2);
    const one = new X509Certificate(
      makeLeaf('a.test', leafKey, issuer({ validFrom: 0, validTo: late + 900 * DAY }), late),
    );
    assert.equal(Date.parse(one.validFrom), late - DAY);
  });
});
