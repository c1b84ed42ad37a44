// The status of a gRPC call in words.
import assert from 'node:assert/strict';
import { grpcStatus } from '../../../src/formats/grpc.ts';

type Lines = readonly (readonly [string, string])[];

function statusOf(fields: Lines, trailers: Lines): string | undefined {
  const body = { size: 0, kept: 0, state: 'complete' } as const;
  return grpcStatus({ response: { startLine: 'HTTP/2 200', fields, trailers, body } });
}

describe('grpcStatus', () => {
  it('is read from the trailers', () => assert.equal(statusOf([], [['grpc-status', '0']]), '0 OK'));

  it('is read from an answer without more, with its message', () => {
    const fields = [
      ['grpc-status', '5'],
      ['grpc-message', 'no such %C3%A9'],
    ] as const;
    assert.equal(statusOf(fields, []), '5 NOT_FOUND: no such é');
  });

  it('is a number where nobody knows the code, and nothing where there is none', () => {
    assert.equal(statusOf([], [['Grpc-Status', '99']]), '99');
    assert.equal(statusOf([], []), undefined);
    assert.equal(grpcStatus({}), undefined);
  });
});
