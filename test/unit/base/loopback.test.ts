// Tests of what counts as a loopback address.
import assert from 'node:assert/strict';
import { isLoopback } from '../../../src/base/loopback.ts';

describe('isLoopback', () => {
  it('knows the addresses that only this machine reaches', () => {
    for (const host of ['127.0.0.1', '127.9.9.9', 'localhost', '::1', '[::1]'])
      assert.equal(isLoopback(host), true, host);
    for (const host of ['0.0.0.0', '::', '192.168.1.2', '127.0.0.1.example.com', ''])
      assert.equal(isLoopback(host), false, host);
  });
});
