// Patterns of hosts as NO_PROXY and our lists of hosts have them.
import assert from 'node:assert/strict';
import { HostPatterns } from '../../../src/rules/host-patterns.ts';

/** Patterns, host, port, and whether they fit for NO_PROXY and for a list of exact names. */
const cases: readonly (readonly [string, string, number, boolean, boolean])[] = [
  ['*', 'any.test', 80, true, true],
  ['*', '192.0.2.1', 80, true, true],
  ['example.com', 'example.com', 80, true, true],
  ['Example.COM', 'example.com', 80, true, true],
  ['example.com', 'EXAMPLE.com.', 80, true, true],
  ['example.com.', 'example.com', 80, true, true],
  ['example.com', 'api.example.com', 80, true, false],
  ['example.com', 'notexample.com', 80, false, false],
  ['example.com', 'example.com.evil.test', 80, false, false],
  ['.example.com', 'api.example.com', 80, true, true],
  ['.example.com', 'example.com', 80, true, false],
  ['*.example.com', 'deep.api.example.com', 80, true, true],
  ['*.example.com', 'example.com', 80, false, false],
  ['api-*.test', 'api-7.test', 80, true, true],
  ['api-*.test', 'web-7.test', 80, false, false],
  ['a.b', 'axb', 80, false, false],
  ['example.com:8443', 'example.com', 8443, true, true],
  ['example.com:8443', 'example.com', 443, false, false],
  ['*:8443', 'any.test', 8443, true, true],
  ['192.0.2.1', '192.0.2.1', 80, true, true],
  ['192.0.2.1', '192.0.2.10', 80, false, false],
  ['192.0.2.1:81', '192.0.2.1', 80, false, false],
  ['10.0.0.0/8', '10.200.3.4', 80, true, true],
  ['10.0.0.0/8', '11.0.0.1', 80, false, false],
  ['10.0.0.0/8', '10.example.com', 80, false, false],
  ['192.0.2.128/25', '192.0.2.127', 80, false, false],
  ['192.0.2.128/25', '192.0.2.200', 80, true, true],
  ['0.0.0.0/0', '203.0.113.9', 80, true, true],
  ['0.0.0.0/0', '2001:db8::1', 80, false, false],
  ['10.0.0.0/33', '10.0.0.0', 80, false, false],
  ['10.0.0.0/x', '10.0.0.0', 80, false, false],
  ['fd00::/8', 'fd12:3456::1', 80, true, true],
  ['fd00::/8', 'fe80::1', 80, false, false],
  ['2001:DB8::1', '2001:db8:0:0:0:0:0:1', 80, true, true],
  ['[2001:db8::1]', '2001:db8::1', 80, true, true],
  ['[2001:db8::1]:8443', '2001:db8::1', 8443, true, true],
  ['[2001:db8::1]:8443', '2001:db8::1', 443, false, false],
  ['127.0.0.1', '::ffff:127.0.0.1', 80, true, true],
  ['::ffff:10.0.0.0/104', '10.1.2.3', 80, true, true],
  ['<local>', 'printer', 80, true, true],
  ['<local>', 'printer.test', 80, false, false],
  ['<local>', '::1', 80, false, false],
  ['<-loopback>', '127.0.0.1', 80, false, false],
  ['', 'any.test', 80, false, false],
  ['   ', 'any.test', 80, false, false],
  [' example.com ', 'example.com', 80, true, true],
];

describe('host patterns', () => {
  for (const [pattern, host, port, noProxy, exact] of cases) {
    it(`${JSON.stringify(pattern)}: ${host}:${port} is ${noProxy ? '' : 'not '}one for NO_PROXY, ${exact ? '' : 'not '}one exactly`, () => {
      assert.equal(new HostPatterns([pattern], 'with-subdomains').has(host, port), noProxy);
      assert.equal(new HostPatterns([pattern], 'exact').has(host, port), exact);
    });
  }

  it('fit where any of them does', () => {
    const patterns = new HostPatterns(['a.test', 'b.test'], 'exact');
    assert.deepEqual(
      ['a.test', 'b.test', 'c.test'].map((host) => patterns.has(host, 80)),
      [true, true, false],
    );
  });
});
