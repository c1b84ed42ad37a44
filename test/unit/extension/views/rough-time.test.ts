// Running times change once a second at first, and once a minute later.
import assert from 'node:assert/strict';
import { roughTime } from '../../../../src/extension/views/rough-time.ts';

describe('roughTime', () => {
  it('gets coarser', () => {
    assert.deepEqual([-5, 0, 999, 59_999, 119_999, 120_000, 179_999, 3_660_000].map(roughTime), [
      '0 ms',
      '0 ms',
      '0 ms',
      '59 s',
      '1 min 59 s',
      '2 min',
      '2 min',
      '1 h 1 min',
    ]);
  });
});
