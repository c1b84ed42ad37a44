// Tests how processors are shared out.
import assert from 'node:assert/strict';
import { pinned, planOf } from '../../../bench/system/cpus.ts';

describe('the processors of the benchmark', () => {
  it('gives the proxy one of two to itself', () => assert.deepEqual(planOf([0, 1]), { proxy: 0, load: 1, origin: 1 }));
  it('gives the origin a third', () => assert.deepEqual(planOf([2, 4, 6, 8]), { proxy: 2, load: 4, origin: 6 }));

  it('pins nothing where there is only one', () => {
    assert.deepEqual(planOf([0]), { proxy: undefined, load: undefined, origin: undefined });
    assert.deepEqual(pinned(undefined, 'wrk', ['-v']), ['wrk', ['-v']]);
  });

  it('starts a command on its processor', () => {
    assert.deepEqual(pinned(1, 'wrk', ['-v']), ['taskset', ['-c', '1', 'wrk', '-v']]);
  });
});
