// Targeted cache control (RFC 9213): whose word counts, and when it does not.
import assert from 'node:assert/strict';
import { governing, type Scope } from '../../../src/cache/targeted.ts';
import { Fields } from '../../../src/http/fields.ts';

function governs(value: string, scope: Scope = 'shared'): readonly unknown[] {
  const { name, directives } = governing(
    Fields.of([
      ['Cache-Control', 'max-age=1'],
      ['CDN-Cache-Control', value],
    ]),
    scope,
  );
  return [name, Object.fromEntries(directives)];
}

const ordinary = ['cache-control', { 'max-age': '1' }];

describe('CDN-Cache-Control', () => {
  it('takes the place of Cache-Control in a shared cache', () => {
    assert.deepEqual(governs('max-age=60, foo, no-cache'), [
      'cdn-cache-control',
      { 'max-age': '60', foo: true, 'no-cache': true },
    ]);
    assert.deepEqual(governs('private="a, b"'), ['cdn-cache-control', { private: 'a, b' }]);
    assert.deepEqual(governs('max-age=60, no-store=?0'), ['cdn-cache-control', { 'max-age': '60' }]);
  });

  it('counts for nothing in a private cache', () => {
    assert.deepEqual(governs('max-age=60', 'private'), ordinary);
  });

  for (const malformed of ['', 'max-age=60, &&&', 'max-age="60"', 'max-age=6.5', 'MAX-AGE=60', 'max-age = 60']) {
    it(`counts for nothing as ${JSON.stringify(malformed)}`, () => assert.deepEqual(governs(malformed), ordinary));
  }

  it('may be on several lines', () => {
    const fields = Fields.of([
      ['CDN-Cache-Control', 'max-age=60'],
      ['CDN-Cache-Control', 'no-cache'],
    ]);
    assert.deepEqual([...governing(fields, 'shared').directives.keys()], ['max-age', 'no-cache']);
  });
});
