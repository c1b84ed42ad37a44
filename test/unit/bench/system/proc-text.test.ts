// Tests the reading of /proc against texts as Linux writes them.
import assert from 'node:assert/strict';
import {
  parseBusyTicks,
  parseCpuList,
  parseProcessStat,
  parseResident,
  treeOf,
} from '../../../bench/system/proc-text.ts';

const stat = (pid: number, name: string, parent: number, times: string): string =>
  `${pid} (${name}) S ${parent} ${pid} ${pid} 0 -1 4194560 2034 0 0 0 ${times} 20 0 11 0 8402 1234567 9001 18446744073709551615\n`;

describe('/proc', () => {
  it('adds user and system ticks of a process and of its ended children', () => {
    assert.deepEqual(parseProcessStat(stat(42, 'node', 7, '100 20 3 4')), { pid: 42, parent: 7, ticks: 127 });
  });

  it('is not confused by brackets and spaces in a name', () => {
    assert.deepEqual(parseProcessStat(stat(42, 'a) R 1 (b', 7, '1 2 3 4')), { pid: 42, parent: 7, ticks: 10 });
  });

  it('reads nothing from a text of another form', () => {
    assert.equal(parseProcessStat(''), undefined);
    assert.equal(parseProcessStat('42 (node) S 7'), undefined);
  });

  it('counts processes and the hypervisor as busy, not idleness, waiting and interrupts', () => {
    const text = 'cpu  1000 20 300 99999 5000 0 700 40 0 0\ncpu0 500 10 150 5 5 0 1 1 0 0\nintr 1 2 3\n';
    assert.equal(parseBusyTicks(text), 1000 + 20 + 300 + 40);
    assert.equal(parseBusyTicks('intr 1 2 3\n'), undefined);
  });

  it('reads resident memory in bytes', () => {
    const text = 'Name:\tnode\nVmPeak:\t  999999 kB\nVmHWM:\t   70000 kB\nVmRSS:\t   65536 kB\nThreads:\t11\n';
    assert.deepEqual(parseResident(text), { now: 65_536 * 1024, peak: 70_000 * 1024 });
    assert.equal(parseResident('Name:\tkthreadd\nThreads:\t1\n'), undefined);
  });

  it('spells out lists of processors', () => {
    assert.deepEqual(parseCpuList('0-2,5\n'), [0, 1, 2, 5]);
    assert.deepEqual(parseCpuList('3'), [3]);
    assert.deepEqual(parseCpuList(''), []);
  });

  it('takes a process with all that descend from it, each once', () => {
    const one = (pid: number, parent: number): { pid: number; parent: number; ticks: number } => ({
      pid,
      parent,
      ticks: 1,
    });
    const all = [one(1, 0), one(2, 1), one(3, 2), one(4, 2), one(5, 1), one(6, 3)];
    const pids = (roots: number[]): number[] =>
      treeOf(roots, all)
        .map(({ pid }) => pid)
        .sort((a, b) => a - b);
    assert.deepEqual(pids([2]), [2, 3, 4, 6]);
    assert.deepEqual(pids([2, 3]), [2, 3, 4, 6]);
    assert.deepEqual(pids([9]), []);
  });
});
