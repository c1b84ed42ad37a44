// What goes wrong is said with the button that helps: ports taken or not allowed, settings that are none.
import assert from 'node:assert/strict';
import { createServer, type AddressInfo, type Server } from 'node:net';
import * as vscode from 'vscode';
import { freePort } from '../support/ports.ts';
import { ui } from '../support/ui.ts';
import { api, command, eventually, setSetting } from './driver.ts';

const window = ui;

async function occupy(): Promise<{ port: number; server: Server }> {
  const server = createServer();
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  return { port: (server.address() as AddressInfo).port, server };
}

async function url(): Promise<string | undefined> {
  return (await api()).proxyUrl();
}

if (window) {
  describe('messages', () => {
    let taken: { port: number; server: Server };

    before(async () => {
      taken = await occupy();
      await window.showContainer('Wirelens');
    });
    afterEach(async () => {
      await command('stop');
      await setSetting('port', undefined);
      await vscode.commands.executeCommand('notifications.clearAll');
    });
    after(() => taken.server.close());

    async function said(pattern: RegExp): Promise<readonly string[]> {
      let buttons: readonly string[] = [];
      await eventually(`a message ${pattern}`, async () => {
        const found = (await window?.notifications())?.find((one) => pattern.test(one.message));
        buttons = found?.buttons ?? [];
        return found !== undefined;
      });
      return buttons;
    }

    it('offer the next free port when the port is in use', async () => {
      await setSetting('port', taken.port);
      await command('start');
      const buttons = await said(new RegExp(`port ${taken.port} is in use`));
      assert.deepEqual(buttons, ['Use next free port', 'Choose port']);
      await window.pressNotificationButton('is in use', 'Use next free port');
      await eventually('it listens', async () => (await url()) !== undefined);
      assert.notEqual(await url(), `http://127.0.0.1:${taken.port}`);
      const { port } = new URL((await url()) ?? '');
      await window.statusBarText(port);
      const item = (await window.statusBar()).find((one) => one.text.startsWith(port));
      assert.match(item?.spoken ?? '', new RegExp(`${port} instead of ${taken.port}, which was taken`));
    });

    it('ask for another port, and say what is wrong with what was typed', async () => {
      const free = await freePort();
      await setSetting('port', taken.port);
      await command('start');
      await said(/is in use/);
      await window.pressNotificationButton('is in use', 'Choose port');
      assert.equal((await window.inputBox()).value, String(taken.port));
      await window.type('70000');
      await eventually('the complaint', async () =>
        /whole number from 0 to 65535/.test((await window.inputBox()).message),
      );
      await window.type(String(free));
      await eventually('it listens there', async () => (await url()) === `http://127.0.0.1:${free}`);
      assert.equal(vscode.workspace.getConfiguration('wirelens').get('port'), free);
    });

    it('move a running proxy when a port is chosen by command', async () => {
      await setSetting('port', await freePort());
      await command('start');
      const next = await freePort();
      const choosing = command('choosePort');
      await window.inputBox();
      await window.type(String(next));
      await choosing;
      await eventually('it listens there', async () => (await url()) === `http://127.0.0.1:${next}`);
    });

    it('name a setting that is none, use the default and open the settings', async () => {
      await setSetting('maxConcurrent', 'many');
      const buttons = await said(/wirelens\.maxConcurrent must be a whole number; using 400/);
      assert.deepEqual(buttons, ['Open settings']);
      await setSetting('maxConcurrent', undefined);
    });

    it('offer in the status bar what makes sense now', async () => {
      await window.clickStatusBar('Wirelens');
      const stopped = await window.quickPickRows();
      assert.ok(stopped.some((row) => row.startsWith('Start proxy')));
      assert.ok(!stopped.some((row) => row.startsWith('Stop proxy')));
      await window.escape();
      await setSetting('port', await freePort());
      await command('start');
      await window.statusBarText(new URL((await url()) ?? '').port);
      await window.clickStatusBar(new URL((await url()) ?? '').port);
      const running = await window.quickPickRows();
      assert.ok(running.some((row) => row.startsWith('Stop proxy')));
      assert.ok(!running.some((row) => row.startsWith('Start proxy')));
      await window.pick('Copy proxy URL');
      await eventually('it is copied', async () => (await vscode.env.clipboard.readText()) === (await url()));
    });

    it('list in the palette only commands that can be run now', async () => {
      // The palette draws only the rows that fit, so each is asked for by its name.
      const lists = async (title: string): Promise<boolean> => (await window.paletteRows(title)).includes(title);
      assert.ok(await lists('Wirelens: Start proxy'));
      assert.ok(!(await lists('Wirelens: Stop proxy')));
      await setSetting('port', await freePort());
      await command('start');
      await eventually('the palette follows', async () => {
        return (await lists('Wirelens: Stop proxy')) && !(await lists('Wirelens: Start proxy'));
      });
    });
  });
}
