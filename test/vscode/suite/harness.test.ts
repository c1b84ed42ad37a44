// Proves that the tests really run in a VS Code, and that what they observe with can fail.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import * as vscode from 'vscode';
import { temporaryFiles } from '../support/leaks.ts';
import { enginesOfRun, runningProcesses } from '../support/processes.ts';
import { ui } from '../support/ui.ts';

const window = ui;

describe('the VS Code under test', () => {
  it('has the extension, in its development folder, and opens a copy of the sample workspace', () => {
    const extension = vscode.extensions.getExtension('wirelens.wirelens');
    assert.ok(extension, 'wirelens.wirelens is not among the extensions');
    const folder = vscode.workspace.workspaceFolders?.[0]?.uri.fsPath;
    assert.ok(folder, 'no folder is open');
    assert.ok(!folder.startsWith(extension.extensionUri.fsPath), 'tests must not write into the project');
  });

  it('finds an engine process that was started from it, and no longer once it has ended', async () => {
    const before = runningProcesses();
    const directory = mkdtempSync(path.join(tmpdir(), 'probe-'));
    const file = path.join(directory, 'dist/engine.js');
    mkdirSync(path.dirname(file));
    writeFileSync(file, "process.stdout.write('up'); process.stdin.resume();");
    const child = spawn(process.execPath, [file], { env: { ...process.env, ELECTRON_RUN_AS_NODE: '1' } });
    await once(child.stdout, 'data');
    assert.deepEqual(enginesOfRun(tmpdir(), before).filter((one) => one.pid === child.pid).length, 1);
    child.stdin.end();
    await once(child, 'exit');
    assert.deepEqual(
      enginesOfRun(tmpdir(), before).filter((one) => one.pid === child.pid),
      [],
    );
    rmSync(directory, { recursive: true });
  });

  it('finds a temporary file of Wirelens', () => {
    const directory = mkdtempSync(path.join(tmpdir(), 'probe-'));
    writeFileSync(path.join(directory, 'wirelens-spill-1'), '');
    assert.deepEqual(temporaryFiles(directory), ['wirelens-spill-1']);
    rmSync(directory, { recursive: true });
  });
});

if (window) {
  describe('the window under test', () => {
    it('shows a status bar item of ours, with its tooltip', async () => {
      const item = vscode.window.createStatusBarItem(vscode.StatusBarAlignment.Left);
      item.text = '$(beaker) probe 42';
      item.tooltip = 'a probe';
      item.show();
      assert.equal(await window.statusBarText('probe'), 'probe 42');
      const shown = (await window.statusBar()).find((one) => one.text === 'probe 42');
      assert.match(shown?.spoken ?? '', /a probe/);
      item.dispose();
    });

    it('answers a quick pick, an input box and a notification', async () => {
      const picked = vscode.window.showQuickPick(['one', 'two']);
      assert.deepEqual(await window.quickPickRows(), ['one', 'two']);
      await window.pick('two');
      assert.equal(await picked, 'two');
      const typed = vscode.window.showInputBox({ prompt: 'Which port?', value: '8080' });
      const box = await window.inputBox();
      assert.equal(box.value, '8080');
      assert.match(box.message, /Which port\?/);
      await window.type('9090');
      assert.equal(await typed, '9090');
      const pressed = vscode.window.showWarningMessage('The probe asks.', 'Yes', 'No');
      assert.ok(
        (await window.notifications()).some((one) => one.message === 'The probe asks.' && one.buttons.includes('Yes')),
      );
      await window.pressNotificationButton('The probe asks.', 'Yes');
      assert.equal(await pressed, 'Yes');
    });

    it('shows an editor, runs a command from the palette, changes its theme', async () => {
      const document = await vscode.workspace.openTextDocument({ content: 'first line\n  second line\n' });
      await vscode.window.showTextDocument(document);
      assert.equal(await window.editorText(), 'first line\n  second line\n');
      assert.ok((await window.paletteRows('View: Close All Edit')).includes('View: Close All Editors'));
      assert.equal(await window.themeKind(), 'dark');
      await window.setTheme('high-contrast');
      assert.equal(await window.themeKind(), 'high-contrast');
      assert.equal(vscode.window.activeColorTheme.kind, vscode.ColorThemeKind.HighContrast);
      await window.setTheme('dark');
      await vscode.commands.executeCommand('workbench.action.revertAndCloseActiveEditor');
    });

    it('refuses an action that does not exist, and one without the token', async () => {
      const unknown = window as unknown as { toString2(): Promise<void> };
      await assert.rejects(unknown.toString2(), /no such action/);
      const address = process.env['WIRELENS_BRIDGE'] ?? '';
      const answer = await fetch(address, { method: 'POST', body: '{"action":"statusBar","args":[]}' });
      assert.equal(answer.status, 403);
    });
  });
}
