// The commands for trust stores: one for each system, and paths that no shell takes apart.
import assert from 'node:assert/strict';
import { trustCommand, trustStoreOf, untrustCommand } from '../../../../src/extension/trust/trust-commands.ts';

const authority = { path: '/home/me/it’s mine/ca.pem', name: 'Wirelens CA (vm 2026-11-25)' };

describe('trust stores', () => {
  it('are told apart by the system', () => {
    assert.equal(trustStoreOf('darwin', false), 'macos');
    assert.equal(trustStoreOf('win32', false), 'windows');
    assert.equal(trustStoreOf('linux', true), 'debian');
    assert.equal(trustStoreOf('linux', false), 'p11-kit');
  });

  it('take the certificate by its path, whatever is in that', () => {
    assert.match(trustCommand('debian', "/a b/it's.pem"), /^sudo cp '\/a b\/it'\\''s\.pem' \/usr\/local\/share/);
    assert.match(
      trustCommand('macos', authority.path),
      /^security add-trusted-cert .*'\/home\/me\/it’s mine\/ca\.pem'$/,
    );
    assert.equal(
      trustCommand('windows', String.raw`C:\a b\ca.pem`),
      String.raw`certutil -user -addstore Root "C:\a b\ca.pem"`,
    );
  });

  it('give it up by its path or name', () => {
    assert.equal(untrustCommand('macos', authority), "security delete-certificate -t -c 'Wirelens CA (vm 2026-11-25)'");
    assert.equal(untrustCommand('windows', authority), 'certutil -user -delstore Root "Wirelens CA (vm 2026-11-25)"');
    assert.match(untrustCommand('debian', authority), /^sudo rm .* --fresh$/);
    assert.match(untrustCommand('p11-kit', authority), /--remove/);
  });
});
