// Tests of the table that lets equal values of many flows be one.
import assert from 'node:assert/strict';
import type { CacheRecord } from '../../../../src/contract/decisions.ts';
import { SharedValues } from '../../../../src/engine/capture/shared-values.ts';

const because = { clause: 'RFC 9111 §4.1' };

function differing(field: string): CacheRecord {
  return { find: { kind: 'miss', reason: 'vary', validating: false, differs: field, because } };
}

describe('SharedValues', () => {
  it('gives equal decisions as one', () => {
    const shared = new SharedValues();
    const first = shared.decision(differing('Accept-Language'));
    assert.equal(shared.decision(differing('Accept-Language')), first);
  });

  it('never gives the decision of another flow, whatever it differs in', () => {
    const shared = new SharedValues();
    const records: readonly CacheRecord[] = [
      differing('Accept'),
      differing('Cookie'),
      { ...differing('Cookie'), store: { kind: 'updated', by: '304', lifetime: 1, because } },
      { ...differing('Cookie'), store: { kind: 'updated', by: 'head', lifetime: 1, because } },
      { find: { kind: 'not-asked', reason: 'method', method: 'POST', because } },
      { find: { kind: 'not-asked', reason: 'method', method: 'PUT', because } },
    ];
    for (const record of records) assert.deepEqual(shared.decision(record), record);
  });

  it('keeps texts once', () => {
    const shared = new SharedValues();
    assert.equal(shared.text('text/html'), 'text/html');
    assert.equal(shared.names(['Connection', 'TE']), shared.names(['Connection', 'TE']));
  });
});
