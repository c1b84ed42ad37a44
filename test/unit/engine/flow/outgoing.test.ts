// What upstream is sent.
import assert from 'node:assert/strict';
import { defaultSettings, resolveSettings } from '../../../../src/contract/settings.ts';
import type { Destination } from '../../../../src/engine/flow/destination.ts';
import { outgoingRequest, type OutgoingOptions } from '../../../../src/engine/flow/outgoing.ts';
import { Fields } from '../../../../src/http/fields.ts';
import type { RequestHead } from '../../../../src/http/head.ts';

const destination: Destination = {
  identity: { scheme: 'http', host: 'api.test', port: 80 },
  authority: 'api.test',
  path: '/a',
  authoritative: true,
  url: 'http://api.test/a',
};

const options: OutgoingOptions = {
  framing: { kind: 'none' },
  settings: resolveSettings(defaultSettings),
  clientAddress: '[::1]:5000',
  conditions: undefined,
};

function request(minor: 0 | 1, ...lines: readonly (readonly [string, string])[]): RequestHead {
  return { method: 'GET', target: 'http://api.test/a', minor, fields: Fields.of(lines) };
}

describe('outgoingRequest', () => {
  it('puts Host in its place, and adds it where it is missing', () => {
    const { head } = outgoingRequest(request(1, ['A', '1'], ['host', 'other'], ['B', '2']), destination, options);
    assert.equal(head, 'GET /a HTTP/1.1\r\nA: 1\r\nHost: api.test\r\nB: 2\r\n\r\n');
    assert.equal(outgoingRequest(request(0), destination, options).head, 'GET /a HTTP/1.1\r\nHost: api.test\r\n\r\n');
  });

  it('leaves a Host that is right as it was written', () => {
    const { head } = outgoingRequest(request(1, ['HOST', 'api.test']), destination, options);
    assert.equal(head, 'GET /a HTTP/1.1\r\nHOST: api.test\r\n\r\n');
  });

  it('puts the validators of the cache in place of the client’s', () => {
    const conditional = request(1, ['Host', 'api.test'], ['If-None-Match', '"old"'], ['If-Modified-Since', 'x']);
    const { head } = outgoingRequest(conditional, destination, {
      ...options,
      conditions: [['If-None-Match', '"new"']],
    });
    assert.equal(head, 'GET /a HTTP/1.1\r\nHost: api.test\r\nIf-None-Match: "new"\r\n\r\n');
  });

  it('keeps Upgrade only where the client may ask for it', () => {
    const lines = [
      ['Host', 'api.test'],
      ['Connection', 'Upgrade'],
      ['Upgrade', 'websocket'],
    ] as const;
    const asked = outgoingRequest(request(1, ...lines), destination, options);
    assert.equal(asked.upgrade, true);
    assert.match(asked.head, /\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n/);
    for (const refused of [request(0, ...lines), request(1, lines[0], lines[2])]) {
      const { upgrade, head, removed } = outgoingRequest(refused, destination, options);
      assert.equal(upgrade, false);
      assert.doesNotMatch(head, /upgrade/i);
      assert.ok(removed.includes('Upgrade'));
    }
  });

  it('says Connection: close where keep-alive is off', () => {
    const settings = { ...options.settings, keepAlive: false };
    const { head } = outgoingRequest(request(1, ['Host', 'api.test']), destination, { ...options, settings });
    assert.match(head, /\r\nConnection: close\r\n/);
  });

  it('adds Via and X-Forwarded-For behind those that came, where that is set', () => {
    const settings = { ...options.settings, headers: { via: true, forwardedFor: true } };
    const came = request(0, ['Via', '1.1 before'], ['X-Forwarded-For', '192.0.2.1']);
    const { head } = outgoingRequest(came, destination, { ...options, settings });
    assert.match(head, /Via: 1\.1 before\r\nX-Forwarded-For: 192\.0\.2\.1\r\n/);
    assert.match(head, /\r\nVia: 1\.0 wirelens\r\nX-Forwarded-For: ::1\r\n/);
  });

  it('asks a proxy for the whole URL, with its credentials and those only', () => {
    const proxy = { scheme: 'http', host: 'proxy.test', port: 3128 } as const;
    const came = request(1, ['Host', 'api.test'], ['Proxy-Authorization', 'Basic bWluZQ==']);
    const open = outgoingRequest(came, destination, { ...options, proxy });
    assert.equal(open.head, 'GET http://api.test/a HTTP/1.1\r\nHost: api.test\r\n\r\n');
    const known = { ...proxy, username: 'Aladdin', password: 'open sesame' };
    const { head } = outgoingRequest(came, destination, { ...options, proxy: known });
    // RFC 7617 §2
    assert.match(head, /\r\nProxy-Authorization: Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==\r\n\r\n$/);
    assert.equal(head.match(/Proxy-Authorization/g)?.length, 1);
  });
});
