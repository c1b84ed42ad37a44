// What gives access is not shown, and what helps while debugging is.
import assert from 'node:assert/strict';
import { mask, shownUrl, shownValue } from '../../../../src/extension/model/secrets.ts';

describe('shownValue', () => {
  const cases: readonly (readonly [name: string, value: string, shown: string])[] = [
    ['Authorization', 'Bearer abc.def', `Bearer ${mask}`],
    ['authorization', 'abc', mask],
    ['Proxy-Authorization', 'Basic dXNlcjpwYXNz', `Basic ${mask}`],
    ['Cookie', 'id=1; theme=dark', `id=${mask}; theme=${mask}`],
    ['Set-Cookie', 'id=1; Path=/; HttpOnly', `id=${mask}; Path=/; HttpOnly`],
    ['X-API-Key', 'k-123', mask],
    ['X-Auth-Token', 't', mask],
    ['X-Amz-Security-Token', 't', mask],
    ['X-Hub-Signature', 't', mask],
    ['Location', '/back?access_token=abc&page=2', `/back?access_token=${mask}&page=2`],
    ['Accept', 'text/html', 'text/html'],
    ['X-Token-Count', '12', '12'],
    ['ETag', '"key"', '"key"'],
  ];
  for (const [name, value, shown] of cases) {
    it(`shows ${name}: ${value}`, () => assert.equal(shownValue(name, value, false), shown));
  }

  it('shows all when it is told to', () => assert.equal(shownValue('Cookie', 'id=1', true), 'id=1'));
});

describe('shownUrl', () => {
  it('masks passwords and tokens, and nothing else', () => {
    assert.equal(
      shownUrl('http://u:pw@a.test/x?q=1&api_key=abc#top', false),
      `http://u:${mask}@a.test/x?q=1&api_key=${mask}#top`,
    );
    assert.equal(shownUrl('GET /x?token=1 HTTP/1.1', false), `GET /x?token=${mask} HTTP/1.1`);
    assert.equal(shownUrl('http://a.test/keys?page=2', false), 'http://a.test/keys?page=2');
  });
  it('shows all when it is told to', () => assert.equal(shownUrl('/x?token=1', true), '/x?token=1'));
});
