// What a flow's details say about TLS with upstream.
import assert from 'node:assert/strict';
import type { TlsRecord } from '../../../../src/contract/decisions.ts';
import type { FlowDetail } from '../../../../src/contract/model.ts';
import { upstreamTlsSection } from '../../../../src/extension/views/tls-rows.ts';
import { detail, plainly, startOfTests } from '../support/values.ts';

const tls: TlsRecord = {
  version: 'TLSv1.3',
  cipher: 'TLS_AES_256_GCM_SHA384',
  alpn: 'http/1.1',
  chain: [
    {
      subject: 'CN=api.test',
      issuer: 'CN=authority',
      names: ['DNS:api.test', 'DNS:www.test'],
      validFrom: Date.UTC(2026, 0, 1, 12),
      validTo: Date.UTC(2026, 5, 1, 12),
      fingerprint: 'AB:CD',
    },
    { subject: 'CN=authority', issuer: 'CN=authority', names: [], validFrom: 0, validTo: 1, fingerprint: 'EF' },
  ],
  stapled: false,
  resumed: true,
};

function section(changes: Partial<FlowDetail>) {
  return upstreamTlsSection(detail(1, changes), { t: plainly, now: startOfTests, revealed: false });
}

function connected(changes: Partial<TlsRecord> = {}) {
  const { connection } = detail(1);
  assert.ok(connection);
  return section({ connection: { ...connection, tls: { ...tls, ...changes } } });
}

function rows(found: ReturnType<typeof section>): Record<string, unknown> {
  return Object.fromEntries(found?.children.map(({ label, description }) => [label, description]) ?? []);
}

describe('upstreamTlsSection', () => {
  it('is none for a plain connection', () => {
    assert.equal(section({}), undefined);
  });

  it('says what was negotiated', () => {
    const found = connected();
    assert.equal(found?.item.description, 'TLSv1.3 · TLS_AES_256_GCM_SHA384 · http/1.1');
    const { Version, ALPN, Resumed, 'OCSP response': ocsp } = rows(found);
    assert.deepEqual(
      [Version, ALPN, Resumed, ocsp],
      ['TLSv1.3', 'http/1.1', 'yes, from an earlier connection', 'not sent'],
    );
    assert.equal(rows(connected({ alpn: '' }))['ALPN'], 'none');
  });

  it('has a row for each certificate of the chain, with everything in the tooltip and on the clipboard', () => {
    const certificates = connected()?.children.filter(({ label }) => label === 'Certificate') ?? [];
    assert.equal(certificates.length, 2);
    const [own] = certificates;
    assert.match(own?.description ?? '', /^CN=api\.test · from CN=authority · until .*2026/);
    assert.match(own?.copies ?? '', /^Names: DNS:api\.test, DNS:www\.test$/m);
    assert.match(own?.copies ?? '', /^SHA-256 fingerprint: AB:CD$/m);
  });

  it('marks what was not verified, and says why', () => {
    const found = connected({ problem: 'self-signed certificate' });
    assert.match(found?.item.description ?? '', / · ⚠ self-signed certificate$/);
    assert.equal(rows(found)['Not verified'], 'self-signed certificate');
  });

  it('shows the chain that was refused although there is no connection', () => {
    const { connection: _none, ...rest } = detail(1);
    const refused = { ...rest, refusedTls: { ...tls, problem: 'the certificate has expired' } };
    const found = upstreamTlsSection(refused, { t: plainly, now: startOfTests, revealed: false });
    assert.equal(rows(found)['Refused'], 'the certificate has expired');
    assert.equal(found?.children.filter(({ label }) => label === 'Certificate').length, 2);
  });

  it('names the client certificate that was set', () => {
    assert.equal(rows(connected({ clientCertificate: '/a.pem' }))['Client certificate'], '/a.pem');
  });
});
