// What the engine gets beside the settings: the editor's proxy, the environment's, and secrets for exactly what they are for.
import assert from 'node:assert/strict';
import { defaultSettings, type UserSettings } from '../../../../src/contract/settings.ts';
import { EngineSurroundings } from '../../../../src/extension/settings/surroundings.ts';

function world(environment: Readonly<Record<string, string>> = {}, proxy = '') {
  const kept = new Map<string, string>();
  const warnings: string[] = [];
  const surroundings = new EngineSurroundings({
    secrets: {
      get: async (key) => kept.get(key),
      store: async (key, value) => void kept.set(key, value),
      delete: async (key) => void kept.delete(key),
    },
    environment,
    editor: () => ({ proxy, noProxy: [] }),
    warn: (message) => warnings.push(message),
  });
  return { surroundings, kept, warnings };
}

const me = { username: 'me', password: 'secret' };

function having(changes: Partial<UserSettings>): UserSettings {
  return { ...defaultSettings, ...changes };
}

describe('the surroundings of the engine’s settings', () => {
  it('name the proxies in use, each once', () => {
    const { surroundings } = world({ HTTP_PROXY: 'http://a.test:1', HTTPS_PROXY: 'http://b.test:2' });
    assert.deepEqual(surroundings.proxies(defaultSettings), ['http://a.test:1', 'http://b.test:2']);
    assert.deepEqual(world({ ALL_PROXY: 'a.test:1' }).surroundings.proxies(defaultSettings), ['http://a.test:1']);
    assert.deepEqual(world().surroundings.proxies(defaultSettings), []);
  });

  it('give credentials to the proxy that they were kept for, and to no other', async () => {
    const { surroundings } = world();
    await surroundings.keepCredentials('http://a.test:1', me);
    const own = await surroundings.resolve(having({ upstreamProxy: 'http://a.test:1' }));
    assert.deepEqual(own.upstream.httpProxy, { scheme: 'http', host: 'a.test', port: 1, ...me });
    const other = await surroundings.resolve(having({ upstreamProxy: 'http://a.test:2' }));
    assert.deepEqual(other.upstream.httpProxy, { scheme: 'http', host: 'a.test', port: 2 });
  });

  it('forget credentials and passphrases', async () => {
    const { surroundings, kept } = world();
    await surroundings.keepCredentials('http://a.test:1', me);
    await surroundings.keepPassphrase('a.pfx', 'secret');
    assert.equal(kept.size, 2);
    await surroundings.keepCredentials('http://a.test:1', undefined);
    await surroundings.keepPassphrase('a.pfx', '');
    assert.equal(kept.size, 0);
  });

  it('give a passphrase to its key', async () => {
    const { surroundings } = world();
    await surroundings.keepPassphrase('a.key', 'secret');
    const certificates = [
      { host: 'a', certFile: 'a.pem', keyFile: 'a.key' },
      { host: 'b', pfxFile: 'b.pfx' },
    ];
    const { upstream } = await surroundings.resolve(having({ 'https.clientCertificates': certificates }));
    assert.deepEqual(
      upstream.clientCertificates.map((one) => one.passphrase),
      ['secret', undefined],
    );
  });

  it('warn once of what cannot be used', async () => {
    const { surroundings, warnings } = world({}, 'pac://a.test');
    await surroundings.resolve(defaultSettings);
    await surroundings.resolve(defaultSettings);
    assert.equal(warnings.length, 1);
    assert.match(warnings[0] ?? '', /http\.proxy/);
  });
});
