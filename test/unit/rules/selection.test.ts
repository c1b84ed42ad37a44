// Tests of the patterns that say what is recorded.
import assert from 'node:assert/strict';
import { Selection } from '../../../src/rules/selection.ts';

function has(url: string, include: readonly string[], exclude: readonly string[] = []): boolean {
  return new Selection(include, exclude).has(url);
}

describe('Selection', () => {
  it('has everything where there are no patterns', () => assert.ok(has('http://a.test/', [])));
  it('takes a host on any port', () => {
    assert.ok(has('http://API.test:8080/x', ['api.test']));
    assert.ok(!has('http://api.test.evil/x', ['api.test']));
  });
  it('takes a port where one is named', () => {
    assert.ok(has('http://localhost:8080/', ['localhost:8080']));
    assert.ok(!has('http://localhost:9090/', ['localhost:8080']));
  });
  it('takes subdomains by an asterisk, and not the domain itself', () => {
    assert.ok(has('https://a.b.example.com/', ['*.example.com']));
    assert.ok(!has('https://example.com/', ['*.example.com']));
  });
  it('takes paths with their query', () => {
    assert.ok(has('http://api.test/health?deep=1', ['api.test/health*']));
    assert.ok(!has('http://api.test/Health', ['api.test/health*']));
    assert.ok(has('http://any.test/health', ['/health']));
    assert.ok(has('http://api.test?x', ['api.test/?x']));
  });
  it('takes every other character of a pattern as itself', () => {
    assert.ok(has('http://api.test/a+(b)', ['api.test/a+(b)']));
    assert.ok(!has('http://apixtest/', ['api.test']));
  });
  it('takes IPv6 addresses', () => assert.ok(has('http://[::1]:80/', ['[::1]'])));
  it('leaves out what is excluded, also of what is included', () => {
    assert.ok(!has('http://a.test/x', ['*.test'], ['a.test']));
    assert.ok(has('http://b.test/x', ['*.test'], ['a.test']));
  });
  it('knows tunnels by host and port, never by path', () => {
    assert.ok(has('api.test:443', ['api.test']));
    assert.ok(has('api.test:443', [], ['api.test/private*']));
    assert.ok(!has('api.test:443', ['other.test']));
  });
  it('does not look at user names in a URL', () => assert.ok(!has('http://a.test@b.test/', ['a.test'])));
  it('ignores empty patterns and schemes', () => {
    assert.ok(has('http://a.test/', [' ', '']));
    assert.ok(has('http://a.test/', ['https://a.test']));
  });
});
