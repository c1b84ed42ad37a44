// Tests of sizes and times in words.
import assert from 'node:assert/strict';
import { formatBytes, formatClock, formatDuration, formatShare } from '../../../src/formats/numbers.ts';

describe('formatBytes', () => {
  const cases: readonly (readonly [number, string])[] = [
    [0, '0 B'],
    [999, '999 B'],
    [1000, '1 kB'],
    [1234, '1.2 kB'],
    [9960, '10 kB'],
    [12_288, '12 kB'],
    [999_499, '999 kB'],
    [999_500, '1 MiB'],
    [3.4 * 1024 * 1024, '3.4 MiB'],
    [200 * 1024 * 1024, '200 MiB'],
    [1.5 * 1024 ** 3, '1.5 GiB'],
  ];
  for (const [bytes, text] of cases) it(`writes ${bytes} as ${text}`, () => assert.equal(formatBytes(bytes), text));
});

describe('formatShare', () => {
  it('names a common unit once', () => {
    const mebibyte = 1024 * 1024;
    assert.equal(formatShare(3.4 * mebibyte, 200 * mebibyte), '3.4 of 200 MiB');
    assert.equal(formatShare(1200, 200 * mebibyte), '1.2 kB of 200 MiB');
    assert.equal(formatShare(0, 200 * mebibyte, 'von'), '0 B von 200 MiB');
  });
});

describe('formatDuration', () => {
  const cases: readonly (readonly [number, string])[] = [
    [0, '0 ms'],
    [0.3, '0.3 ms'],
    [1.26, '1.3 ms'],
    [34, '34 ms'],
    [999.6, '1 s'],
    [1234, '1.2 s'],
    [37_000, '37 s'],
    [59_600, '1 min'],
    [125_000, '2 min 5 s'],
    [3_600_000, '1 h'],
    [5_400_000, '1 h 30 min'],
    [100 * 3_600_000, '4 d 4 h'],
  ];
  for (const [ms, text] of cases) it(`writes ${ms} ms as ${text}`, () => assert.equal(formatDuration(ms), text));
});

describe('formatClock', () => {
  it('shows minutes and seconds', () => assert.equal(formatClock(12_900), '00:12'));
  it('shows hours only when there are some', () => assert.equal(formatClock(3_723_000), '1:02:03'));
  it('never runs backwards below nought', () => assert.equal(formatClock(-5), '00:00'));
});
