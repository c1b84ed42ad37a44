// Tests of temporary files on a real disk.
import assert from 'node:assert/strict';
import { existsSync, fstatSync, mkdtempSync, readSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import {
  createSpillFile,
  isAlive,
  sweepTemporaryFiles,
  type SpillFile,
} from '../../../../src/engine/platform/temporary.ts';

function write(file: SpillFile, buffers: readonly Uint8Array[], position: number): Promise<void> {
  return new Promise((resolve, reject) => {
    file.write(buffers, position, (error) => (error === undefined ? resolve() : reject(error)));
  });
}

describe('a spill file', () => {
  let directory = '';
  beforeEach(() => {
    directory = mkdtempSync(path.join(tmpdir(), 'spill-test-'));
  });
  afterEach(() => rmSync(directory, { recursive: true, force: true }));

  it('does not exist before something is written', () => {
    const file = createSpillFile(directory);
    assert.equal(file.descriptor, undefined);
    assert.deepEqual(readdirSync(directory), []);
    file.close();
  });
  it('keeps what is written, in shared memory too, where it was written', async () => {
    const file = createSpillFile(directory);
    const shared = Buffer.from(new SharedArrayBuffer(3)).fill('b');
    await write(file, [Buffer.from('aaa'), shared], 5);
    const back = Buffer.alloc(6);
    assert.equal(readSync(file.descriptor ?? -1, back, 0, 6, 5), 6);
    assert.equal(back.toString(), 'aaabbb');
    file.close();
  });
  it('can be read by its owner alone, and has no name where names can go', async () => {
    const file = createSpillFile(directory);
    await write(file, [Buffer.from('x')], 0);
    assert.equal(fstatSync(file.descriptor ?? -1).mode & 0o077, 0);
    if (process.platform !== 'win32') assert.deepEqual(readdirSync(directory), []);
    file.close();
  });
  it('closes after the write that is under way', async () => {
    const file = createSpillFile(directory);
    await write(file, [Buffer.from('x')], 0);
    const last = write(file, [Buffer.alloc(1024 * 1024)], 1);
    file.close();
    await last;
    await assert.rejects(write(file, [Buffer.from('y')], 0));
  });
  it('reports that it cannot be made', async () => {
    const file = createSpillFile(path.join(directory, 'missing'));
    await assert.rejects(write(file, [Buffer.from('x')], 0), { code: 'ENOENT' });
    file.close();
  });
});

describe('sweepTemporaryFiles', () => {
  it('removes files of dead processes and nothing else', async () => {
    const directory = mkdtempSync(path.join(tmpdir(), 'spill-test-'));
    try {
      const names = ['wirelens-11-abc.spill', 'wirelens-12-abc.spill', 'wirelens-11-abc.txt', 'other-11-abc.spill'];
      for (const name of names) writeFileSync(path.join(directory, name), '');
      assert.equal(await sweepTemporaryFiles((pid) => pid === 12, directory), 1);
      assert.deepEqual(
        names.map((name) => existsSync(path.join(directory, name))),
        [false, true, true, true],
      );
    } finally {
      rmSync(directory, { recursive: true, force: true });
    }
  });
  it('has nothing to do where there is no such directory', async () => {
    assert.equal(await sweepTemporaryFiles(() => false, path.join(tmpdir(), 'wirelens-no-such-directory')), 0);
  });
});

describe('isAlive', () => {
  it('knows this process', () => assert.ok(isAlive(process.pid)));
  it('knows that no process has the largest number', () => assert.ok(!isAlive(2 ** 22 + 1)));
});
