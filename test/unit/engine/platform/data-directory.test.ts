// The folder of the authority on each operating system.
import assert from 'node:assert/strict';
import path from 'node:path';
import { authorityDirectory } from '../../../../src/engine/platform/data-directory.ts';

const home = path.resolve('/home/me');

describe('the folder of the authority', () => {
  it('follows the conventions of each system', () => {
    assert.equal(authorityDirectory('linux', {}, home), path.join(home, '.local/share/wirelens/ca'));
    assert.equal(authorityDirectory('darwin', {}, home), path.join(home, 'Library/Application Support/Wirelens/ca'));
    assert.equal(authorityDirectory('win32', {}, home), path.join(home, 'AppData/Local/Wirelens/ca'));
  });

  it('obeys the environment, but for relative paths', () => {
    const data = path.resolve('/data');
    assert.equal(authorityDirectory('linux', { XDG_DATA_HOME: data }, home), path.join(data, 'wirelens/ca'));
    assert.equal(
      authorityDirectory('linux', { XDG_DATA_HOME: 'data' }, home),
      path.join(home, '.local/share/wirelens/ca'),
    );
    assert.equal(authorityDirectory('win32', { LOCALAPPDATA: data }, home), path.join(data, 'Wirelens/ca'));
  });
});
