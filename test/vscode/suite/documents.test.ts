// Requests and bodies as documents: decoded, formatted, in the right language, read-only, and copied as cURL.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import * as vscode from 'vscode';
import { freePort } from '../support/ports.ts';
import { ui } from '../support/ui.ts';
import { api, command, curl, eventually, setSetting, startUpstream, type Upstream } from './driver.ts';

const run = promisify(execFile);
const window = ui;

if (window) {
  describe('documents of requests', () => {
    let upstream: Upstream;
    let proxy: string;

    before(async () => {
      upstream = await startUpstream();
      await setSetting('port', await freePort());
      await command('start');
      proxy = (await api()).proxyUrl() ?? '';
      await command('clearRequests');
      await window.showContainer('Wirelens');
    });
    after(async () => {
      await command('stop');
      await vscode.commands.executeCommand('notifications.clearAll');
      await setSetting('port', undefined);
      await upstream.close();
    });
    beforeEach(async () => {
      await command('clearRequests');
      await eventually('no rows', async () => (await window.rows('Requests')).length === 0);
    });
    afterEach(async () => {
      await vscode.commands.executeCommand('workbench.action.closeAllEditors');
    });

    /** Sends a request and waits for its row. */
    async function send(path: string, ...more: readonly string[]): Promise<void> {
      await curl(proxy, `${upstream.origin}${path}`, ...more);
      await window?.waitForRow('Requests', '200 · ');
    }

    /** The document that a button of the row opens. */
    async function opened(path: string, button: string): Promise<vscode.TextDocument> {
      await window?.pressRowButton('Requests', path, button);
      await eventually('a document', () => vscode.window.activeTextEditor?.document.uri.scheme === 'wirelens');
      const document = vscode.window.activeTextEditor?.document;
      assert.ok(document);
      return document;
    }

    it('show a JSON body decoded and formatted, in JSON, read-only', async () => {
      await send('/users?page=2');
      const document = await opened('/users', 'Open body');
      assert.equal(document.languageId, 'json');
      assert.equal(document.uri.scheme, 'wirelens');
      assert.match(document.fileName, /users #\d+\.json$/);
      assert.deepEqual(document.getText().split('\n').slice(0, 5), [
        '{',
        '  "users": [',
        '    {',
        '      "id": 7,',
        '      "name": "Ada"',
      ]);
      assert.equal(vscode.workspace.fs.isWritableFileSystem('wirelens'), false);
      await assert.rejects(Promise.resolve(vscode.workspace.fs.writeFile(document.uri, new Uint8Array())));
      assert.match((await window.editorTabs()).join(), /^users #\d+/);
    });

    it('show other bytes as a hexdump', async () => {
      await send('/bytes');
      const document = await opened('/bytes', 'Open body');
      assert.match(document.getText(), /^0+ +00 01 02 03 fa fb/);
    });

    it('ask which body where both have one', async () => {
      await send('/echo', '--data', '{"a":1}', '--header', 'Content-Type: application/json');
      await window.pressRowButton('Requests', '/echo', 'Open body');
      assert.deepEqual(
        (await window.quickPickRows()).map((row) => row.replace(/ ?\d+ B.*/, '')),
        ['Response body', 'Request body'],
      );
      await window.pick('Request body');
      const active = () => vscode.window.activeTextEditor?.document;
      await eventually('a document', () => /echo sent #\d+\.json$/.test(active()?.fileName ?? ''));
      assert.equal(active()?.getText(), '{\n  "a": 1\n}');
    });

    it('show a whole request, with secrets masked until they are revealed', async () => {
      await send('/users?page=3', '--header', 'Authorization: Bearer top.secret');
      const document = await opened('/users', 'Open request');
      const text = document.getText();
      assert.match(text, /^# URL: +http:\/\/127\.0\.0\.1:\d+\/users\?page=3$/m);
      assert.match(text, /^# Timing: +.* = .*waiting/m);
      assert.match(text, /^# Cache: +.*`no-store` in the response/m);
      assert.match(text, /^GET http:\/\/127\.0\.0\.1:\d+\/users\?page=3 HTTP\/1\.1$/m);
      assert.match(text, /^HTTP\/1\.1 200 OK$/m);
      assert.match(text, /^Authorization: Bearer •+$/m);
      assert.doesNotMatch(text, /top\.secret|secret-cookie/);
      await command('revealSecrets');
      await eventually('the document shows them', () => document.getText().includes('Bearer top.secret'));
      await command('revealSecrets');
      await eventually('they are masked again', () => !document.getText().includes('top.secret'));
    });

    it('come from a pick where no row is selected', async () => {
      await curl(proxy, `${upstream.origin}/users?page=4`);
      await window.waitForRow('Requests', '/users?page=4');
      const opening = command('openRequest');
      const [first] = await window.quickPickRows();
      assert.match(first ?? '', /^GET \/users\?page=4/);
      await window.pick('/users?page=4');
      await opening;
      assert.match(vscode.window.activeTextEditor?.document.fileName ?? '', /GET users #\d+\.http$/);
    });

    it('are copied as a cURL command that works', async () => {
      await send('/echo', '--data', 'one two', '--header', 'X-Mark: it’s');
      const copying = command('copyAsCurl');
      await window.quickPickRows();
      await window.pick('/echo');
      await copying;
      const text = await vscode.env.clipboard.readText();
      assert.match(text, /^curl /);
      const before = upstream.requests.length;
      const { stdout } = await run('bash', ['-c', `${text} --silent --noproxy '*'`]);
      assert.equal(stdout, 'one two');
      assert.equal(upstream.requests.length, before + 1);
    });

    it('say so when they are gone', async () => {
      await send('/users?page=5');
      const document = await opened('/users', 'Open request');
      await vscode.commands.executeCommand('workbench.action.closeAllEditors');
      await command('clearRequests');
      await assert.rejects(Promise.resolve(vscode.workspace.fs.readFile(document.uri)), /no longer recorded/);
    });

    it('opened without any notification', async () => {
      const shown = (await window.notifications()).map((one) => one.message);
      // The embedded VS Code runs with few of its own extensions, and says so.
      const ours = shown.filter((message) => !message.startsWith("Activating extension 'vscode."));
      assert.deepEqual(ours, []);
    });
  });
}
