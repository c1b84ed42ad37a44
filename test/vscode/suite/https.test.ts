// HTTPS in a real window: seen in clear with the exported certificate, not with that of before a reset, and explained otherwise.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import * as vscode from 'vscode';
import { freePort } from '../support/ports.ts';
import { ui } from '../support/ui.ts';
import { api, command, curl, eventually, setSetting } from './driver.ts';

// Only where the run has a folder for the authority of its own, so that nobody's real one is touched.
const isolated = process.env['XDG_DATA_HOME']?.startsWith(tmpdir()) === true;
const window = ui;

if (isolated && window) {
  describe('HTTPS', () => {
    const file = path.join(tmpdir(), 'exported-ca.pem');
    const target = 'https://wirelens.test/ca.pem';

    async function proxyUrl(): Promise<string> {
      return (await api()).proxyUrl() ?? '';
    }

    before(async () => {
      await setSetting('port', await freePort());
      await setSetting('https.intercept', 'all');
      await command('start');
      await command('exportCa', vscode.Uri.file(file));
      await window.showContainer('Wirelens');
    });
    after(async () => {
      await command('stop');
      await setSetting('port', undefined);
      await setSetting('https.intercept', undefined);
      await setSetting('https.exclude', undefined);
      await vscode.commands.executeCommand('notifications.clearAll');
    });
    beforeEach(async () => {
      await vscode.commands.executeCommand('notifications.clearAll');
      await command('clearRequests');
    });

    it('of curl with the exported certificate is seen in clear', async () => {
      const answer = await curl(await proxyUrl(), target, '--cacert', file);
      assert.equal(answer, readFileSync(file, 'utf8'));
      const rows = await window.waitForRow('Requests', 'GET /ca.pem');
      assert.ok(rows.some((row) => row.label === 'GET /ca.pem' && row.description.startsWith('200')));
    });

    it('of a client without the certificate is a request that says why, and its host can be bypassed', async () => {
      await assert.rejects(curl(await proxyUrl(), 'https://pinned.test/'));
      await window.waitForRow('Requests', 'The client did not accept the certificate of Wirelens for pinned.test');
      const bypassing = command('bypassHost');
      await window.pick('pinned.test');
      await bypassing;
      const excluded = vscode.workspace.getConfiguration('wirelens').get<string[]>('https.exclude');
      assert.deepEqual(excluded, ['pinned.test']);
    });

    it('fails with the old certificate once the authority is reset', async () => {
      const resetting = command('resetCa');
      await eventually('the question', async () =>
        (await window.notifications()).some((one) => one.message.includes('new certificate authority')),
      );
      await window.pressNotificationButton('new certificate authority', 'Reset');
      await resetting;
      await assert.rejects(curl(await proxyUrl(), target, '--cacert', file), /certificate/);
      await vscode.commands.executeCommand('notifications.clearAll');
      const exporting = path.join(tmpdir(), 'exported-again.pem');
      await command('exportCa', vscode.Uri.file(exporting));
      assert.match(await curl(await proxyUrl(), target, '--cacert', exporting), /BEGIN CERTIFICATE/);
    });
  });
}
