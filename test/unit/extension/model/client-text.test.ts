// Who sent a request, in words.
import assert from 'node:assert/strict';
import { clientText } from '../../../../src/extension/model/client-text.ts';
import { detail, plainly } from '../support/values.ts';

describe('clientText', () => {
  it('names the address, the connection and the place on it', () => {
    assert.equal(clientText(detail(1), plainly), '127.0.0.1:50000, exchange 2 on connection 3');
  });

  it('says that the proxy asked by itself', () => {
    assert.match(clientText(detail(1, { clientConnection: 0 }), plainly), /^Wirelens itself/);
  });
});
