// The member of Cache-Status for each decision, read back with a parser of structured fields (RFC 9211, RFC 9651).
import assert from 'node:assert/strict';
import { parseList, Token } from 'structured-headers';
import { cacheStatus, servedStatus } from '../../../src/cache/cache-status.ts';
import type { CacheRecord, FindDecision, StoreDecision } from '../../../src/contract/decisions.ts';

const because = { clause: 'RFC 9111 §4' };

/** Parameters of the one member as plain values; fails where the text is no structured field. */
function parameters(text: string): Record<string, unknown> {
  const list = parseList(text);
  assert.equal(list.length, 1);
  const [name, found] = list[0]!;
  assert.ok(name instanceof Token);
  assert.equal(name.toString(), 'Wirelens');
  return Object.fromEntries(
    Array.from(found, ([key, value]) => [key, value instanceof Token ? value.toString() : value]),
  );
}

const hit: FindDecision = { kind: 'hit', age: 23.7, lifetime: 60, origin: 'max-age', because };
const stale: FindDecision = { kind: 'miss', reason: 'stale', validating: true, because };
const nothing: FindDecision = { kind: 'miss', reason: 'nothing-stored', validating: false, because };
const stored: StoreDecision = { kind: 'stored', lifetime: 60.9, origin: 'max-age', because };
const refused: StoreDecision = { kind: 'not-stored', reason: 'no-store', because };

describe('Cache-Status on an answer from the store', () => {
  const cases: readonly [title: string, decision: FindDecision, ttl: number, expected: Record<string, unknown>][] = [
    ['says hit and the time left', hit, 36, { hit: true, ttl: 36 }],
    [
      'has a time below 0 for a stale hit',
      { kind: 'stale', allowed: 'max-stale', age: 64, staleFor: 4, because },
      -4,
      { hit: true, ttl: -4, detail: 'max-stale' },
    ],
    [
      'says for a validated one that it was forwarded (RFC 9211 §2.2)',
      stale,
      60,
      { fwd: 'stale', 'fwd-status': 304, ttl: 60 },
    ],
    [
      'says that the request demanded the validation',
      { ...stale, reason: 'request-no-cache' },
      60,
      { fwd: 'request', detail: 'request-no-cache', 'fwd-status': 304, ttl: 60 },
    ],
    [
      'is no hit after upstream failed',
      { kind: 'stale', allowed: 'stale-if-error', age: 64, staleFor: 4, because },
      -4,
      { fwd: 'stale', ttl: -4, detail: 'stale-if-error' },
    ],
    [
      'is no hit after upstream was lost',
      { kind: 'stale', allowed: 'upstream-lost', age: 64, staleFor: 4, because },
      -4,
      { fwd: 'stale', ttl: -4, detail: 'upstream-lost' },
    ],
  ];
  for (const [title, decision, ttl, expected] of cases) {
    it(title, () => assert.deepEqual(parameters(servedStatus(decision, ttl)), expected));
  }
});

describe('Cache-Status on a forwarded answer', () => {
  const cases: readonly [
    title: string,
    record: CacheRecord,
    status: number | undefined,
    expected: Record<string, unknown>,
  ][] = [
    [
      'says that nothing was stored, and that it is now',
      { find: nothing, store: stored },
      200,
      { fwd: 'uri-miss', 'fwd-status': 200, stored: true, ttl: 60 },
    ],
    [
      'says why it is not stored',
      { find: nothing, store: refused },
      200,
      { fwd: 'uri-miss', 'fwd-status': 200, detail: 'no-store' },
    ],
    ['says that another variant is stored', { find: { ...nothing, reason: 'vary' } }, undefined, { fwd: 'vary-miss' }],
    [
      'says that a stale one is stored',
      { find: stale, store: stored },
      200,
      { fwd: 'stale', 'fwd-status': 200, stored: true, ttl: 60 },
    ],
    [
      'says that one of another source is stored',
      { find: { ...nothing, reason: 'source' } },
      200,
      { fwd: 'miss', 'fwd-status': 200, detail: 'source' },
    ],
    [
      'says that the request went past it',
      { find: { ...stale, reason: 'request-max-age' } },
      undefined,
      { fwd: 'request', detail: 'request-max-age' },
    ],
    [
      'says that the method passes it',
      { find: { kind: 'not-asked', reason: 'method' } },
      200,
      { fwd: 'method', 'fwd-status': 200 },
    ],
    [
      'says that the cache is off',
      { find: { kind: 'not-asked', reason: 'cache-off' } },
      200,
      { fwd: 'bypass', 'fwd-status': 200, detail: 'cache-off' },
    ],
    [
      'says that only the cache was asked',
      { find: { kind: 'unsatisfiable', because } },
      undefined,
      { fwd: 'miss', detail: 'only-if-cached' },
    ],
    ['says hit for a record of one', { find: hit }, undefined, { hit: true, ttl: 36 }],
    [
      'says stale for a record of one',
      { find: { kind: 'stale', allowed: 'max-stale', age: 64, staleFor: 3.2, because } },
      undefined,
      { hit: true, ttl: -4, detail: 'max-stale' },
    ],
  ];
  for (const [title, record, status, expected] of cases) {
    it(title, () => assert.deepEqual(parameters(cacheStatus(record, status)), expected));
  }
});
