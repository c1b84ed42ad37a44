// What the command line takes, what it makes of it, and how it refuses the rest.
import assert from 'node:assert/strict';
import { defaultSettings, resolveSettings, settingsTable } from '../../../../src/contract/settings.ts';
import { parseArguments } from '../../../../src/engine/cli/arguments.ts';
import { helpText } from '../../../../src/engine/cli/help.ts';

function running(...given: readonly string[]) {
  const command = parseArguments(given);
  assert.equal(command.kind, 'run', JSON.stringify(command));
  return command;
}

function refused(...given: readonly string[]): string {
  const command = parseArguments(given);
  assert.equal(command.kind, 'refused', JSON.stringify(command));
  return command.message;
}

describe('the arguments of the command line', () => {
  it('are not needed: the defaults are those of the table, but that all HTTPS is opened', () => {
    const settings = resolveSettings({ ...defaultSettings, 'https.intercept': 'all' });
    assert.deepEqual(running(), { kind: 'run', settings, json: false, warnings: [] });
  });

  it('set what has an option of its own', () => {
    const given = ['--port', '0', '--host', '::1', '--cache=off', '--no-keep-alive', '--json', '--har', 'out.har'];
    const command = running(...given);
    const { port, host, cache, keepAlive } = command.settings;
    assert.deepEqual([port, host, cache.mode, keepAlive], [0, '::1', 'off', false]);
    assert.deepEqual([command.json, command.har], [true, 'out.har']);
  });

  it('say what is intercepted, and where the authority lies', () => {
    const command = running('--intercept', 'wired', '--ca-dir', '/data/ca');
    assert.deepEqual([command.settings.https.intercept, command.caDirectory], ['wired', '/data/ca']);
    assert.match(refused('--intercept', 'some'), /^--intercept must be one of: all, wired, off/);
  });

  it('set any other setting by name, in the units of the table', () => {
    const command = running('--set', 'capture.maxBody=2', '--set=timeouts.connect=3', '--set', 'headers.via=true');
    assert.equal(command.settings.capture.maxBody, 2 * 1024 * 1024);
    assert.equal(command.settings.timeouts.connect, 3000);
    assert.equal(command.settings.headers.via, true);
  });

  it('take lists with commas, and the empty list', () => {
    const command = running('--set', 'capture.exclude=*.test,a.example/x', '--set', 'capture.include=');
    assert.deepEqual(command.settings.capture.exclude, ['*.test', 'a.example/x']);
    assert.deepEqual(command.settings.capture.include, []);
  });

  it('let the last one win', () => {
    assert.equal(running('--port', '1', '--set', 'port=2').settings.port, 2);
  });

  const origins: readonly [string, string][] = [
    ['http://localhost:3000', 'http://localhost:3000'],
    ['https://API.test/', 'https://api.test'],
    ['https://api.test:443', 'https://api.test'],
    ['http://[::1]:8000', 'http://[::1]:8000'],
  ];
  for (const [given, origin] of origins) {
    it(`stand in front of ${given}`, () => assert.equal(running('--reverse', given).settings.reverse, origin));
  }

  const refusals: readonly [string[], RegExp][] = [
    [['--prot', '1'], /^unknown option: --prot$/],
    [['-x'], /^unknown option: -x$/],
    [['serve'], /^unexpected argument: serve$/],
    [['--', 'serve'], /^unexpected argument: serve$/],
    [['--port'], /^--port needs a value$/],
    [['--har='], /^--har needs a value$/],
    [['--json=yes'], /^--json takes no value$/],
    [['--port', '65536'], /^--port must be from 0 to 65535, not 65536$/],
    [['--port', '-1'], /^--port must be from 0 to 65535, not -1$/],
    [['--port', 'http'], /^--port must be a whole number, not http$/],
    [['--port', '80.5'], /^--port must be a whole number, not 80\.5$/],
    [['--cache', 'all'], /^--cache must be one of: off, standard, force, explain, not all$/],
    [['--set', 'maxQueued'], /^--set takes name=value, not maxQueued$/],
    [['--set', '=1'], /^--set takes name=value, not =1$/],
    [['--set', 'maxQueue=1'], /^--set: there is no setting maxQueue/],
    [['--set', 'toString=1'], /^--set: there is no setting toString/],
    [['--set', 'autoStart=true'], /^--set: there is no setting autoStart/],
    [['--set', 'keepAlive=no'], /^--set keepAlive must be true or false, not no$/],
    [['--set', 'host='], /^--set host must be a text/],
    [['--reverse', 'api.test'], /^--reverse takes an origin/],
    [['--reverse', 'ftp://api.test'], /^--reverse takes an origin/],
    [['--reverse', 'http://api.test/v1'], /without user, path or query: http:\/\/api\.test,/],
    [['--reverse', 'http://me:secret@api.test'], /without user/],
    [['--reverse', 'http://api.test/?a'], /without user, path or query/],
  ];
  for (const [given, message] of refusals) {
    it(`refuse ${given.join(' ')}`, () => assert.match(refused(...given), message));
  }

  it('ask for help and for the version before all else but mistakes', () => {
    assert.deepEqual(parseArguments(['--help', '--version']), { kind: 'help' });
    assert.deepEqual(parseArguments(['-h']), { kind: 'help' });
    assert.deepEqual(parseArguments(['--port', '1', '-v']), { kind: 'version' });
    assert.equal(refused('--help', '--helpp'), 'unknown option: --helpp');
  });
});

describe('an upstream proxy on the command line', () => {
  const upstream = (given: readonly string[], environment: Record<string, string> = {}) => {
    const command = parseArguments(given, environment);
    assert.equal(command.kind, 'run', JSON.stringify(command));
    return command.settings.upstream;
  };

  it('is one for all, with its credentials out of the URL', () => {
    const { httpProxy, httpsProxy } = upstream(['--upstream-proxy', 'socks5://me:p%40ss@proxy.test']);
    assert.deepEqual(httpProxy, { scheme: 'socks5', host: 'proxy.test', port: 1080, username: 'me', password: 'p@ss' });
    assert.deepEqual(httpsProxy, httpProxy);
  });

  it('comes from the environment where there is none', () => {
    const { httpProxy, httpsProxy, noProxy } = upstream([], {
      HTTP_PROXY: 'http://upper.test:1',
      http_proxy: 'http://lower.test:2',
      ALL_PROXY: 'proxy.test:3',
      no_proxy: 'a.test, b.test',
    });
    assert.equal(httpProxy?.host, 'lower.test');
    assert.deepEqual(httpsProxy, { scheme: 'http', host: 'proxy.test', port: 3 });
    assert.deepEqual(noProxy, ['a.test', 'b.test']);
  });

  it('is none by the word direct, whatever the environment says', () => {
    const { httpProxy, httpsProxy } = upstream(['--upstream-proxy', 'direct'], { ALL_PROXY: 'http://proxy.test' });
    assert.deepEqual([httpProxy, httpsProxy], [undefined, undefined]);
  });

  it('is refused without its password where it cannot be read', () => {
    const message = refused('--upstream-proxy', 'ftp://me:secret@proxy.test');
    assert.match(message, /^--upstream-proxy must be empty, direct, or the URL of a proxy/);
    assert.doesNotMatch(message, /secret/);
  });

  it('is told of without its value where a variable cannot be read', () => {
    const command = parseArguments([], { HTTPS_PROXY: 'ftp://me:secret@proxy.test' });
    assert.equal(command.kind, 'run');
    assert.deepEqual(command.warnings, [
      'The environment variable HTTPS_PROXY is not the URL of a proxy; it is ignored',
    ]);
  });

  it('may be gone around by addresses: --resolve, as often as need be', () => {
    const { dnsOverrides } = upstream(['--resolve', 'a.test:127.0.0.1', '--resolve', '*.b.test:[::1]']);
    assert.deepEqual(dnsOverrides, { 'a.test': '127.0.0.1', '*.b.test': '::1' });
    assert.match(refused('--resolve', 'a.test:b.test'), /^--resolve must have an IP address for a\.test/);
    assert.match(refused('--resolve', 'a.test'), /HOST:ADDRESS/);
  });

  it('takes client certificates as JSON, and their passphrase from the environment', () => {
    const text = '[{"host":"a.test","pfxFile":"a.pfx"}]';
    const environment = { WIRELENS_CLIENT_CERTIFICATE_PASSPHRASE: 'secret' };
    const { clientCertificates } = upstream(['--set', `https.clientCertificates=${text}`], environment);
    assert.deepEqual(clientCertificates, [{ host: 'a.test', pfxFile: 'a.pfx', passphrase: 'secret' }]);
    assert.match(refused('--set', 'https.clientCertificates=[{"host":"a.test"}]'), /entry 1, which needs certFile/);
  });
});

describe('the help text', () => {
  it('names every setting that --set takes', () => {
    const lines = helpText().split('\n');
    for (const name of Object.keys(settingsTable)) {
      const line = lines.find((one) => one.startsWith(`  ${name} `));
      assert.equal(line !== undefined, name !== 'autoStart', name);
    }
  });

  it('fits a terminal', () => {
    for (const line of helpText().split('\n')) assert.ok(line.length <= 110, line);
  });
});
