// The wording of decisions: fact, cause, clause.
import assert from 'node:assert/strict';
import type {
  Because,
  CacheRecord,
  CloseReason,
  ConnectionRecord,
  FindDecision,
  NotStoredReason,
  StoreDecision,
} from '../../../src/contract/decisions.ts';
import {
  describeCache,
  describeClose,
  describeConnection,
  describeFind,
  describeStore,
} from '../../../src/formats/decisions.ts';

function because(field?: string, clause = 'RFC 9111 §1'): Because {
  return field === undefined ? { clause } : { clause, field, side: 'response' };
}

const MEBIBYTE = 1024 * 1024;

describe('the words for what the cache found', () => {
  const control = because('Cache-Control: public, max-age=60, stale-if-error=600');
  const cases: readonly [FindDecision, string][] = [
    [
      { kind: 'hit', age: 23.9, lifetime: 61, origin: 'max-age', because: control },
      'Hit: fresh for 37 s (max-age=60, age 23 s)',
    ],
    [
      { kind: 'hit', age: 0.04, lifetime: 3601, origin: 's-maxage', because: because('cache-control:S-MaxAge="3601"') },
      'Hit: fresh for 3,600 s (S-MaxAge="3601", age 0 s)',
    ],
    [
      { kind: 'hit', age: 1.25, lifetime: 10, origin: 'expires', because: because('Expires: x') },
      'Hit: fresh for 8.7 s (Expires, age 1.2 s)',
    ],
    [
      { kind: 'hit', age: 5, lifetime: 100, origin: 'heuristic', because: because() },
      'Hit: fresh for 95 s (a tenth of the time since Last-Modified, age 5 s)',
    ],
    [
      { kind: 'hit', age: 5, lifetime: 100, origin: 'ttl', because: because() },
      'Hit: fresh for 95 s (limit cache.ttl, age 5 s)',
    ],
    [
      { kind: 'hit', age: 5, lifetime: 100, origin: 'max-age', because: because() },
      'Hit: fresh for 95 s (max-age, age 5 s)',
    ],
    [
      { kind: 'stale', allowed: 'max-stale', age: 64, staleFor: 4, because: because('Cache-Control: max-stale') },
      'Hit, stale: the request allows it (max-stale, stale for 4 s)',
    ],
    [
      {
        kind: 'stale',
        allowed: 'stale-while-revalidate',
        age: 64,
        staleFor: 4,
        because: because('cc: stale-while-revalidate=30'),
      },
      'Hit, stale: revalidating in the background (stale-while-revalidate=30, stale for 4 s)',
    ],
    [
      { kind: 'stale', allowed: 'stale-if-error', age: 64, staleFor: 4, because: control },
      'Hit, stale: upstream failed (stale-if-error=600, stale for 4 s)',
    ],
    [
      { kind: 'stale', allowed: 'upstream-lost', age: 64, staleFor: 4, because: because() },
      'Hit, stale: upstream did not answer (stale for 4 s)',
    ],
    [{ kind: 'miss', reason: 'nothing-stored', validating: false, because: because() }, 'Miss: nothing stored'],
    [
      { kind: 'miss', reason: 'vary', validating: false, differs: 'Accept-Language', because: because() },
      'Miss: stored for another `Accept-Language` (Vary)',
    ],
    [
      { kind: 'miss', reason: 'stale', validating: false, staleFor: 12, because: because() },
      'Miss: stale for 12 s, no validator',
    ],
    [
      { kind: 'miss', reason: 'stale', validating: true, staleFor: 12, because: because() },
      'Miss: stale for 12 s, asking upstream',
    ],
    [{ kind: 'miss', reason: 'stale', validating: true, because: because() }, 'Miss: stale, asking upstream'],
    [
      { kind: 'miss', reason: 'request-no-cache', validating: true, because: because() },
      'Miss: request said `no-cache`',
    ],
    [
      { kind: 'miss', reason: 'request-max-age', validating: true, because: because('Cache-Control: max-age=0') },
      'Miss: request said `max-age=0`',
    ],
    [
      { kind: 'miss', reason: 'request-min-fresh', validating: true, because: because('Cache-Control: min-fresh=9,a') },
      'Miss: request said `min-fresh=9`',
    ],
    [
      { kind: 'miss', reason: 'response-no-cache', validating: true, because: because() },
      'Miss: the stored response said `no-cache`, asking upstream',
    ],
    [
      { kind: 'miss', reason: 'head-differs', validating: true, because: because() },
      'Miss: a HEAD response differed from what is stored',
    ],
    [
      { kind: 'miss', reason: 'marked-expired', validating: true, because: because() },
      'Miss: marked as expired, asking upstream',
    ],
    [
      { kind: 'miss', reason: 'marked-expired', validating: false, because: because() },
      'Miss: marked as expired, no validator',
    ],
    [
      { kind: 'miss', reason: 'ttl', validating: true, limit: 3600, because: because() },
      'Expired: older than the limit of 3,600 s',
    ],
    [
      { kind: 'miss', reason: 'source', validating: false, because: because('Set-Cookie: a=b') },
      'Miss: stored for another source (Set-Cookie)',
    ],
    [{ kind: 'not-asked', reason: 'method', method: 'POST' }, 'Not asked: method POST'],
    [{ kind: 'not-asked', reason: 'range' }, 'Not asked: request for a range'],
    [
      { kind: 'not-asked', reason: 'conditional', because: because('If-Match: "a"') },
      'Not asked: `If-Match` is for upstream alone',
    ],
    [{ kind: 'not-asked', reason: 'upgrade' }, 'Not asked: request for an upgrade'],
    [{ kind: 'not-asked', reason: 'cache-off' }, 'Bypassed: cache is off'],
    [{ kind: 'not-asked', reason: 'tunnel-host' }, 'Not asked: `Host` is not whom the tunnel leads to'],
    [
      { kind: 'unsatisfiable', because: because() },
      'Miss: nothing to answer with, and the request said `only-if-cached`',
    ],
  ];
  for (const [decision, words] of cases) {
    it(words, () => assert.equal(describeFind(decision), words));
  }
});

describe('the words for what the cache stored', () => {
  const stored: StoreDecision = { kind: 'stored', lifetime: 60, origin: 'max-age', because: because() };
  const cases: readonly [StoreDecision, string][] = [
    [stored, 'Stored for 60 s'],
    [{ ...stored, restricted: 'set-cookie' }, 'Stored for 60 s, for this source only (Set-Cookie)'],
    [{ ...stored, lifetime: 0 }, 'Stored, to be validated before each use'],
    [{ kind: 'updated', by: '304', lifetime: 60, because: because() }, 'Validated: upstream said 304'],
    [{ kind: 'updated', by: 'head', lifetime: 60, because: because() }, 'Updated: the HEAD response agrees with it'],
    [{ kind: 'not-stored', reason: 'no-store', because: because() }, 'Not stored: `no-store` in the response'],
    [{ kind: 'not-stored', reason: 'private', because: because() }, 'Not stored: `private` and this cache is shared'],
    [
      { kind: 'not-stored', reason: 'authorization', because: because() },
      'Not stored: `Authorization` without `public`, `s-maxage` or `must-revalidate`',
    ],
    [{ kind: 'not-stored', reason: 'no-freshness', because: because() }, 'Not stored: no freshness and no validator'],
    [{ kind: 'not-stored', reason: 'vary-any', because: because() }, 'Not stored: `Vary: *`'],
    [
      { kind: 'not-stored', reason: 'too-large', limit: 10 * MEBIBYTE, because: because() },
      'Not stored: larger than 10 MiB',
    ],
    [
      { kind: 'not-stored', reason: 'too-large', limit: 1000, because: because() },
      'Not stored: larger than 1,000 bytes',
    ],
    [{ kind: 'not-stored', reason: 'too-large', because: because() }, 'Not stored: larger than the limit'],
    [{ kind: 'not-stored', reason: 'broken-off', because: because() }, 'Not stored: broken off by upstream'],
  ];
  for (const [decision, words] of cases) {
    it(words, () => assert.equal(describeStore(decision), words));
  }

  it('exist for every reason, each with words of its own', () => {
    const reasons: Record<NotStoredReason, true> = {
      'cache-off': true,
      method: true,
      status: true,
      range: true,
      'request-no-store': true,
      'no-store': true,
      private: true,
      authorization: true,
      'vary-any': true,
      'no-freshness': true,
      'already-stale': true,
      'no-validator': true,
      'must-understand': true,
      'too-large': true,
      'broken-off': true,
      'unknown-coding': true,
      upgrade: true,
      'tunnel-host': true,
      'request-content': true,
      'not-modified': true,
      invalidated: true,
      flushed: true,
      gone: true,
      crowded: true,
    };
    const names = Object.keys(reasons) as NotStoredReason[];
    const words = names.map((reason) => describeStore({ kind: 'not-stored', reason, because: because() }));
    assert.equal(new Set(words).size, names.length);
    for (const one of words) assert.match(one, /^Not stored: \S.+[^.]$/);
  });
});

describe('the line for all that the cache decided', () => {
  const nothing: FindDecision = {
    kind: 'miss',
    reason: 'nothing-stored',
    validating: false,
    because: because(undefined, 'RFC 9111 §4'),
  };
  const cases: readonly [title: string, CacheRecord, string][] = [
    [
      'ends each part with its clause',
      {
        find: nothing,
        store: { kind: 'not-stored', reason: 'no-store', because: because(undefined, 'RFC 9111 §5.2.2.5') },
      },
      'Miss: nothing stored (RFC 9111 §4) · Not stored: `no-store` in the response (RFC 9111 §5.2.2.5)',
    ],
    [
      'puts the clause into parentheses that are there',
      {
        find: {
          kind: 'hit',
          age: 23,
          lifetime: 60,
          origin: 'max-age',
          because: because('a: max-age=60', 'RFC 9111 §5.2.2.1'),
        },
      },
      'Hit: fresh for 37 s (max-age=60, age 23 s; RFC 9111 §5.2.2.1)',
    ],
    [
      'leaves settings to the sentence',
      { find: { kind: 'hit', age: 23, lifetime: 60, origin: 'ttl', because: because(undefined, 'setting cache.ttl') } },
      'Hit: fresh for 37 s (limit cache.ttl, age 23 s)',
    ],
    [
      'says validated instead of a miss',
      {
        find: { ...nothing, reason: 'stale', validating: true },
        store: { kind: 'updated', by: '304', lifetime: 60, because: because(undefined, 'RFC 9111 §4.3.4') },
      },
      'Validated: upstream said 304 (RFC 9111 §4.3.4)',
    ],
    [
      'does not say twice that the cache is off',
      {
        find: { kind: 'not-asked', reason: 'cache-off' },
        store: { kind: 'not-stored', reason: 'cache-off', because: because(undefined, 'setting cache.mode') },
      },
      'Bypassed: cache is off',
    ],
    [
      'says what was invalidated',
      {
        find: { kind: 'not-asked', reason: 'method', method: 'POST' },
        store: { kind: 'not-stored', reason: 'method', because: because() },
        invalidated: ['http://a.test/'],
      },
      'Not asked: method POST · Invalidated: POST to this URL succeeded (RFC 9111 §4.4)',
    ],
    [
      'counts what was invalidated',
      { find: nothing, invalidated: ['a', 'b'] },
      'Miss: nothing stored (RFC 9111 §4) · Invalidated: the request to this URL succeeded (2 URLs; RFC 9111 §4.4)',
    ],
  ];
  for (const [title, record, words] of cases) {
    it(title, () => assert.equal(describeCache(record), words));
  }
});

describe('the words for connections', () => {
  it('name the stream of HTTP/2, and who was beside it', () => {
    const record = {
      id: 1,
      kind: 'reused',
      exchange: 3,
      remote: 'a:1',
      localPort: 1,
      http2: { stream: 5, others: 2 },
    } as const;
    assert.equal(describeConnection(record), 'Reused: 3rd exchange · HTTP/2, stream 5 beside 2 under way');
    assert.match(describeConnection({ ...record, retried: true }), /^Sent again: upstream had not taken it/);
  });

  const base: ConnectionRecord = {
    id: 1,
    kind: 'new',
    reason: 'none-idle',
    exchange: 1,
    remote: '127.0.0.1:80',
    localPort: 4000,
  };
  const reused: ConnectionRecord = {
    id: 1,
    kind: 'reused',
    exchange: 4,
    idleFor: 1234,
    remote: '127.0.0.1:80',
    localPort: 4000,
  };
  const cases: readonly [ConnectionRecord, string][] = [
    [base, 'New: none idle for this origin'],
    [{ ...base, reason: 'idle-one-closed' }, 'New: the idle one was closed by upstream'],
    [
      { ...base, reason: 'keep-alive-off', closed: 'keep-alive-off' },
      'New: keep-alive is off · Closed: keep-alive was turned off',
    ],
    [
      { ...base, reason: 'retry', retried: true },
      'Retried on a new connection: the reused one was reset before any answer',
    ],
    [reused, 'Reused: 4th exchange, idle 1.2 s'],
    [{ ...reused, exchange: 2, idleFor: 999 }, 'Reused: 2nd exchange, idle 999 ms'],
    [
      { ...reused, exchange: 3, closed: 'upstream-said-close' },
      'Reused: 3rd exchange, idle 1.2 s · Closed: upstream said `Connection: close`',
    ],
    [{ ...reused, exchange: 1 }, 'Reused: 1st exchange, idle 1.2 s'],
    [{ ...reused, exchange: 11 }, 'Reused: 11th exchange, idle 1.2 s'],
    [{ ...reused, exchange: 1112 }, 'Reused: 1,112th exchange, idle 1.2 s'],
    [
      { ...reused, exchange: 23, waitedFor: 12 },
      'Waited 12 ms for a free connection · Reused: 23rd exchange, idle 1.2 s',
    ],
    [
      { ...base, via: 'http://proxy.test:3128', overridden: '192.0.2.1', closed: 'settings-changed' },
      'New: none idle for this origin · via http://proxy.test:3128 · connected to 192.0.2.1 instead (dnsOverrides, or the target of its tunnel) · Closed: the settings for upstream changed',
    ],
    [{ ...reused, waitedFor: 0 }, 'Reused: 4th exchange, idle 1.2 s'],
  ];
  for (const [record, words] of cases) {
    it(words, () => assert.equal(describeConnection(record), words));
  }

  it('exist for every way in which one was closed', () => {
    const reasons: Record<CloseReason, true> = {
      'upstream-said-close': true,
      'upstream-closed': true,
      'http-1.0': true,
      'until-close-body': true,
      'idle-timeout': true,
      'idle-limit': true,
      'keep-alive-off': true,
      error: true,
      'client-left': true,
      'going-away': true,
      'surplus-bytes': true,
      'tunnel-ended': true,
      'settings-changed': true,
      stopped: true,
    };
    const words = (Object.keys(reasons) as CloseReason[]).map(describeClose);
    assert.equal(new Set(words).size, words.length);
    for (const one of words) assert.match(one, /^Closed: \S/);
  });
});
