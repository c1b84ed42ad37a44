// The catalogue of errors: its sentences have no holes, its numbers are readable, and the settings that it names exist.
import assert from 'node:assert/strict';
import { ProxyError } from '../../../src/contract/errors.ts';
import { settingsTable } from '../../../src/contract/settings.ts';

describe('an error', () => {
  it('sets the thousands of its numbers apart', () => {
    const broken = new ProxyError('broken-off', { received: 12_288, ofTotal: ' of 40,960' });
    assert.equal(broken.message, 'Upstream broke off after 12,288 of 40,960 bytes');
    assert.equal(
      new ProxyError('bad-request', { rule: 'a rule', offset: 1234 }).message,
      'Refused: a rule (byte 1,234)',
    );
  });

  it('leaves texts as they are, ports among them', () => {
    const refused = new ProxyError('connection-refused', { address: '127.0.0.1:8080' });
    assert.equal(refused.message, 'Upstream refused the connection (127.0.0.1:8080)');
  });

  for (const code of [
    'body-too-large',
    'target-too-long',
    'head-too-large',
    'too-busy',
    'too-many-tunnels',
    'connect-timeout',
    'first-byte-timeout',
    'idle-timeout',
  ] as const) {
    it(`of ${code} names the setting that it depends on`, () => {
      const error = new ProxyError(code);
      const named = `${error.message} ${error.entry.advice}`.match(/\b(?:wirelens\.|timeouts\.)[\w.]*\w/g) ?? [];
      assert.notEqual(named.length, 0);
      for (const name of named) assert.ok(Object.hasOwn(settingsTable, name.replace(/^wirelens\./, '')), name);
    });
  }
});
