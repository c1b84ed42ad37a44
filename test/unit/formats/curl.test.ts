// Tests of the wording of curl commands; that they send the same bytes is tested with curl itself.
import assert from 'node:assert/strict';
import { toCurl } from '../../../src/formats/curl.ts';

const plain = {
  method: 'GET',
  url: 'http://api.test/',
  fields: [
    ['Host', 'api.test'],
    ['User-Agent', 'x'],
    ['Accept', '*/*'],
  ],
} as const;

describe('a request of HTTP/2', () => {
  it('is sent so again, without its pseudo-header fields', () => {
    const fields = [
      [':method', 'GET'],
      [':path', '/a'],
      [':authority', 'a.test'],
      ['x-a', '1'],
    ] as const;
    const command = toCurl({ method: 'GET', url: 'http://a.test/a', fields });
    assert.match(command, /--http2-prior-knowledge/);
    assert.match(command, /-H 'x-a: 1'/);
    assert.doesNotMatch(command, /:path|:authority/);
    assert.match(toCurl({ method: 'GET', url: 'https://a.test/a', fields }), /--http2 /);
  });
});

describe('toCurl', () => {
  it('says nothing that curl does by itself', () => {
    assert.equal(toCurl(plain), "curl 'http://api.test/' \\\n  -H 'User-Agent: x' \\\n  -H 'Accept: */*'");
  });
  it('takes away what curl would add', () => {
    assert.equal(toCurl({ ...plain, fields: [] }), "curl 'http://api.test/' \\\n  -H 'User-Agent:' \\\n  -H 'Accept:'");
  });
  it('keeps a Host that is not that of the URL', () => {
    assert.match(toCurl({ ...plain, fields: [['Host', 'other.test']] }), /-H 'Host: other\.test'/);
  });
  it('leaves credentials for the proxy out', () => {
    assert.doesNotMatch(toCurl({ ...plain, fields: [['Proxy-Authorization', 'Basic x']] }), /Proxy/);
  });
  it('does not wait for a body after HEAD', () => assert.match(toCurl({ ...plain, method: 'HEAD' }), /--head/));
  it('stays with HTTP/1.1 over TLS', () => assert.match(toCurl({ ...plain, url: 'https://api.test/' }), /--http1\.1/));
  it('keeps text readable', () => {
    const body = Buffer.from(`{"who":"it's Jörg!"}`);
    assert.match(toCurl({ ...plain, method: 'POST', body }), /--data-binary '\{"who":"it'\\''s Jörg!"\}'$/);
  });
  it('never opens a file for a body that starts with @', () => {
    assert.match(toCurl({ ...plain, method: 'POST', body: Buffer.from('@x') }), /--data-raw '@x'$/);
  });
  it('pipes what no argument can hold', () => {
    assert.match(
      toCurl({ ...plain, method: 'PUT', body: Buffer.from([0x2d, 0, 0x25]) }),
      /^printf '\\055\\000%%' \| curl .*--data-binary @-$/s,
    );
  });
});
