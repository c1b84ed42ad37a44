// Whether an address leads back to our own listener.
import assert from 'node:assert/strict';
import { leadsTo } from '../../../../src/engine/listen/own-addresses.ts';

const cases: readonly (readonly [listening: string, asked: string, own: boolean])[] = [
  ['127.0.0.1', '127.0.0.1', true],
  ['127.0.0.1', '127.0.0.2', false],
  ['127.0.0.1', '0.0.0.0', true],
  ['127.0.0.1', '::', true],
  ['127.0.0.1', '::1', false],
  ['127.0.0.1', '::ffff:127.0.0.1', true],
  ['127.0.0.1', '::FFFF:7F00:1', true],
  ['127.0.0.1', '::ffff:127.0.0.2', false],
  ['127.0.0.1', '192.0.2.1', false],
  ['::1', '::1', true],
  ['::1', '0:0:0:0:0:0:0:1', true],
  ['::1', '::', true],
  ['0.0.0.0', '127.0.0.1', true],
  ['0.0.0.0', '127.9.9.9', true],
  ['0.0.0.0', '192.0.2.1', false],
  ['::', '::1', true],
  ['::', '127.0.0.1', true],
  ['::', '2001:db8::1', false],
];

describe('leadsTo', () => {
  for (const [listening, asked, own] of cases) {
    it(`says ${own ? 'yes' : 'no'} to ${asked} where we listen on ${listening}`, () => {
      assert.equal(leadsTo({ address: listening, port: 8080 }, asked, 8080), own);
      assert.equal(leadsTo({ address: listening, port: 8080 }, asked, 8081), false);
    });
  }
});
