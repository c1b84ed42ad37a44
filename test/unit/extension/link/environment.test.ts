// The engine's environment: what steers Node, proxies or the editor stays out.
import assert from 'node:assert/strict';
import { engineEnvironment } from '../../../../src/extension/link/environment.ts';

describe('engineEnvironment', () => {
  it('keeps what is the user’s and drops what would steer the engine', () => {
    const given = {
      PATH: '/usr/bin',
      TMPDIR: '/tmp/run',
      LANG: 'de_DE.UTF-8',
      NODE_OPTIONS: '--require hook.js',
      NODE_EXTRA_CA_CERTS: '/ca.pem',
      NODE_TLS_REJECT_UNAUTHORIZED: '0',
      HTTP_PROXY: 'http://proxy:1',
      https_proxy: 'http://proxy:1',
      no_proxy: 'localhost',
      SSL_CERT_FILE: '/ca.pem',
      VSCODE_IPC_HOOK_CLI: '/run/ipc.sock',
      ELECTRON_NO_ASAR: '1',
      UNSET: undefined,
    };
    assert.deepEqual(engineEnvironment(given), {
      PATH: '/usr/bin',
      TMPDIR: '/tmp/run',
      LANG: 'de_DE.UTF-8',
      ELECTRON_RUN_AS_NODE: '1',
    });
  });
});
