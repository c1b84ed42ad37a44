// The Cache view in a real window: variants, order, and what people do to stored responses by hand.
import assert from 'node:assert/strict';
import * as vscode from 'vscode';
import { freePort } from '../support/ports.ts';
import { ui } from '../support/ui.ts';
import { api, command, curl, eventually, setSetting, startUpstream, type Upstream } from './driver.ts';

const window = ui;
if (window) {
  describe('the Cache view', () => {
    let upstream: Upstream;
    let other: Upstream;
    let proxy: string;

    before(async () => {
      [upstream, other] = await Promise.all([startUpstream(), startUpstream()]);
      await setSetting('port', await freePort());
      await command('start');
      proxy = (await api()).proxyUrl() ?? '';
      await window.showContainer('Wirelens');
      await command('flushCache');
    });
    after(async () => {
      await command('flushCache');
      await command('stop');
      await setSetting('port', undefined);
      await upstream.close();
      await other.close();
    });

    async function labels(): Promise<string[]> {
      return (await window!.rows('Cache')).map(({ label }) => label);
    }

    async function description(label: string): Promise<string> {
      return (await window!.rows('Cache')).find((row) => row.label === label)?.description ?? '';
    }

    /** Goes through a quick pick that a command opens. */
    async function choose(name: string, row: string): Promise<void> {
      const done = command(name);
      await window!.pick(row);
      await done;
    }

    it('shows variants under their URL, each with what it is for', async () => {
      await curl(proxy, `${upstream.origin}/cached`);
      await curl(proxy, `${upstream.origin}/greeting`, '--header', 'Accept-Language: de');
      await curl(proxy, `${upstream.origin}/greeting`, '--header', 'Accept-Language: en');
      await curl(proxy, `${upstream.origin}/greeting`, '--header', 'Accept-Language: en');
      await window.waitForRow('Cache', '2 variants');
      assert.match(await description('/greeting'), /^2 variants · .* · 1 hit$/);
      const rows = await window.expand('Cache', '/greeting');
      const below = rows.filter(({ level }) => level === 2).map((row) => row.label);
      assert.deepEqual(below.toSorted(), ['Accept-Language: de', 'Accept-Language: en']);
    });

    it('says in its title how much of the cache is used', async () => {
      const { description: said } = await window.viewHeader('Cache');
      assert.match(said, /^3 entries · [\d.]+ kB of 200 MiB · \d+ % hits$/);
    });

    it('is sorted as chosen, and remembers it', async () => {
      await curl(proxy, `${upstream.origin}/large`);
      await curl(proxy, `${upstream.origin}/cached`);
      await eventually('the most recently used is first', async () => (await labels())[0] === '/cached');
      await choose('sortCache', 'The largest come first');
      await eventually('the largest is first', async () => (await labels())[0] === '/large');
      const again = command('sortCache');
      assert.match((await window.quickPickRows()).find((row) => row.startsWith('Size')) ?? '', /now/);
      await window.pick('Those that answered most often');
      await again;
      await eventually('the busiest is first', async () => (await labels())[0] !== '/large');
      await choose('sortCache', 'What answered or was stored last');
      await eventually('the most recently used is first', async () => (await labels())[0] === '/cached');
    });

    it('marks an entry as expired: the next request validates', async () => {
      const before = upstream.requests.length;
      await choose('expireCacheEntry', '/cached');
      await eventually('the mark', async () => /marked as expired/.test(await description('/cached')));
      await curl(proxy, `${upstream.origin}/cached`);
      assert.equal(upstream.requests.length, before + 1);
      await window.waitForRow('Requests', 'VALIDATED');
      await eventually('the mark is gone', async () => /fresh for/.test(await description('/cached')));
    });

    it('revalidates from the row, as a request that is recorded', async () => {
      const before = upstream.requests.length;
      await window.pressRowButton('Cache', '/cached', 'Revalidate cache entry');
      await eventually('upstream is asked', () => upstream.requests.length === before + 1);
      await window.waitForRow('Requests', 'VALIDATED');
      await eventually('it says so', async () =>
        (await window.statusBar()).some(({ text }) => /Validated: upstream said 304/.test(text)),
      );
      await eventually('two validations in the record', async () => {
        const rows = await window.rows('Requests');
        return rows.filter((row) => row.label === 'GET /cached' && /VALIDATED/.test(row.description)).length === 2;
      });
    });

    it('pins and unpins an entry, and refuses to pin more than half of the cache', async () => {
      await choose('pinCacheEntry', '/cached');
      await eventually('the pin', async () => (await description('/cached')).endsWith('pinned'));
      await choose('unpinCacheEntry', '/cached');
      await eventually('no pin', async () => !/pinned/.test(await description('/cached')));
      await setSetting('cache.maxSize', 1);
      try {
        await choose('pinCacheEntry', '/large');
        await eventually('the refusal', async () =>
          (await window.notifications()).some(({ message }) => /At most half of the cache can be pinned/.test(message)),
        );
      } finally {
        await setSetting('cache.maxSize', undefined);
        await vscode.commands.executeCommand('notifications.clearAll');
      }
    });

    it('opens the content of an entry', async () => {
      await curl(proxy, `${upstream.origin}/cached`);
      await window.waitForRow('Cache', '/cached');
      await choose('openCacheEntry', '/cached');
      await eventually('the document', () => vscode.window.activeTextEditor !== undefined);
      const document = vscode.window.activeTextEditor?.document;
      assert.match(document?.uri.path ?? '', /\/cached \(cached\)\.txt$/);
      assert.equal(document?.getText(), 'kept for ten minutes\n');
      await vscode.commands.executeCommand('workbench.action.closeAllEditors');
    });

    it('flushes one host and keeps the others', async () => {
      await curl(proxy, `${other.origin}/cached`);
      await window.waitForRow('Cache', '/cached');
      const { host } = new URL(upstream.origin);
      await choose('flushCacheHost', host);
      await eventually('only the other is left', async () => (await labels()).join() === '/cached');
      const before = other.requests.length;
      await curl(proxy, `${other.origin}/cached`);
      assert.equal(other.requests.length, before);
    });

    it('offers the modes of the cache', async () => {
      await choose('chooseCacheMode', 'Off');
      assert.equal(vscode.workspace.getConfiguration('wirelens').get('cache.mode'), 'off');
      await choose('chooseCacheMode', 'Standard');
      assert.equal(vscode.workspace.getConfiguration('wirelens').get('cache.mode'), 'standard');
      await setSetting('cache.mode', undefined);
    });
  });
}
