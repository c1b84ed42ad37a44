// What became of a tunnel in words, and TLS with a client on one line.
import assert from 'node:assert/strict';
import { describeClientTls, describeTunnel } from '../../../src/formats/tunnels.ts';

describe('describeTunnel', () => {
  it('says what was decided, why, and what was inside', () => {
    assert.equal(
      describeTunnel({ decision: { kind: 'intercept', reason: 'all' }, inside: 'tls' }),
      'Opened: all HTTPS is (https.intercept) · TLS inside',
    );
    assert.equal(
      describeTunnel({ decision: { kind: 'tunnel', reason: 'excluded' } }),
      'Not opened: the host is excluded (https.exclude)',
    );
  });
});

describe('describeClientTls', () => {
  it('leaves out what there is not', () => {
    const tls = { version: 'TLSv1.3', cipher: 'TLS_AES_256_GCM_SHA384', alpn: '', resumed: false };
    assert.equal(describeClientTls(tls), 'TLSv1.3 · TLS_AES_256_GCM_SHA384');
    assert.equal(
      describeClientTls({ ...tls, alpn: 'http/1.1', serverName: 'api.test', resumed: true }),
      'TLSv1.3 · TLS_AES_256_GCM_SHA384 · http/1.1 · api.test · resumed',
    );
  });
});
