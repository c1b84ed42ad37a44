// Whom a request is for.
import assert from 'node:assert/strict';
import { ProxyError } from '../../../../src/contract/errors.ts';
import { destinationOf, tunnelDestination } from '../../../../src/engine/flow/destination.ts';
import type { ConnectionRole } from '../../../../src/engine/listen/role.ts';
import { Fields } from '../../../../src/http/fields.ts';
import type { RequestHead } from '../../../../src/http/head.ts';

const forward: ConnectionRole = { kind: 'forward' };
const origin = { scheme: 'https', host: 'api.test', port: 8443 } as const;
const reverse: ConnectionRole = { kind: 'reverse', origin };
const inside: ConnectionRole = { kind: 'inside-tunnel', origin: { scheme: 'http', host: 'api.test', port: 80 } };

function request(method: string, target: string): RequestHead {
  return { method, target, minor: 1, fields: Fields.none };
}

function urlAndPath(method: string, target: string, role: ConnectionRole): [string, string] {
  const { url, path } = destinationOf(request(method, target), role);
  return [url, path];
}

function isRefused(error: unknown): boolean {
  return error instanceof ProxyError && error.code === 'bad-target';
}

describe('destinationOf', () => {
  it('normalises the authority and leaves path and query as they are', () => {
    assert.deepEqual(urlAndPath('GET', 'HTTP://API.test:80/A/%7e?Q=%41', forward), [
      'http://api.test/A/%7e?Q=%41',
      '/A/%7e?Q=%41',
    ]);
    assert.deepEqual(urlAndPath('GET', 'https://[2001:DB8::1]:444/x', forward)[0], 'https://[2001:db8::1]:444/x');
  });

  it('reads a target without a path as /, and for OPTIONS as *', () => {
    assert.deepEqual(urlAndPath('GET', 'http://api.test', forward), ['http://api.test/', '/']);
    assert.deepEqual(urlAndPath('OPTIONS', 'http://api.test', forward)[1], '*');
    assert.deepEqual(urlAndPath('OPTIONS', 'http://api.test/', forward)[1], '/');
    assert.equal(urlAndPath('GET', 'http://api.test?q', forward)[1], '/?q');
  });

  it('takes origin form on reverse ports and inside tunnels only', () => {
    assert.deepEqual(urlAndPath('GET', '/a', reverse), ['https://api.test:8443/a', '/a']);
    assert.deepEqual(urlAndPath('GET', '/a', inside), ['http://api.test/a', '/a']);
    assert.throws(() => destinationOf(request('GET', '/a'), forward), isRefused);
  });

  it('goes to the one upstream of a reverse port, whatever the authority', () => {
    assert.equal(urlAndPath('GET', 'http://elsewhere.test/a', reverse)[0], 'https://api.test:8443/a');
  });

  it('refuses another authority inside a tunnel', () => {
    assert.equal(urlAndPath('GET', 'http://api.test/a', inside)[0], 'http://api.test/a');
    assert.throws(() => destinationOf(request('GET', 'http://elsewhere.test/a'), inside), isRefused);
    assert.throws(() => destinationOf(request('GET', 'http://api.test:81/a'), inside), isRefused);
  });
});

describe('tunnelDestination', () => {
  it('needs a host and a port', () => {
    assert.deepEqual(tunnelDestination(request('CONNECT', 'api.test:443'), forward), {
      scheme: 'http',
      host: 'api.test',
      port: 443,
    });
    for (const target of ['api.test', 'http://api.test:443', '/', 'api.test:0x1', 'a b:1', ':443']) {
      assert.throws(() => tunnelDestination(request('CONNECT', target), forward), isRefused, target);
    }
  });

  it('is for proxy ports only', () => {
    for (const role of [reverse, inside]) {
      assert.throws(() => tunnelDestination(request('CONNECT', 'api.test:443'), role), isRefused);
    }
  });
});
