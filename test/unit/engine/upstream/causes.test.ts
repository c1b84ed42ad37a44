// Failed connections in words.
import assert from 'node:assert/strict';
import { codeOf, systemWords, tlsWords } from '../../../../src/engine/upstream/causes.ts';

function failure(properties: Readonly<Record<string, unknown>>, message = 'a message'): Error {
  return Object.assign(new Error(message), properties);
}

describe('the cause of a failed connection', () => {
  it('is the system’s words beside its code', () => {
    assert.match(systemWords(failure({ code: 'EHOSTUNREACH' })), /^[a-z ]+, EHOSTUNREACH$/);
    assert.match(systemWords(failure({ code: 'EAI_AGAIN' })), /^[a-z ]+, EAI_AGAIN$/);
  });

  it('is what is known of an error that the system has no words for', () => {
    assert.equal(systemWords(failure({ code: 'ERR_SOMETHING' })), 'ERR_SOMETHING');
    assert.equal(systemWords(failure({})), 'a message');
  });

  it('is that of the first address where several were tried', () => {
    const both = new AggregateError([failure({ code: 'ENETUNREACH' }), failure({ code: 'ECONNREFUSED' })]);
    assert.equal(codeOf(both), 'ENETUNREACH');
  });

  it('is OpenSSL’s reason, not its dump', () => {
    const dump = '40DD:error:0A00010B:SSL routines:tls_validate_record_header:wrong version number:tlsany_meth.c:77:\n';
    assert.equal(tlsWords(failure({ reason: 'wrong version number' }, dump)), 'wrong version number');
    assert.equal(tlsWords(failure({ code: 'ECONNRESET' }, 'socket hang up\n')), 'socket hang up');
  });
});
