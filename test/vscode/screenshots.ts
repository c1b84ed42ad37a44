// Takes the pictures of the real window with traffic in the views: dark, light, high contrast.
// Usage: tsx test/vscode/screenshots.ts [--update] [folder]; --update also writes the README's picture, media/screenshot.png.
import { copyFileSync, mkdirSync } from 'node:fs';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { buildProject } from './support/build.ts';
import { startDemo } from './support/demo.ts';
import { embeddedVSCode } from './support/embedded.ts';
import { cacheDirectory, projectDirectory } from './support/places.ts';
import { freePort } from './support/ports.ts';
import { copyProject } from './support/server.ts';
import { newest } from './support/versions.ts';
import { openPersonsWindow } from './support/window.ts';
import type { ThemeKind } from './support/drawn.ts';
import type { Workbench } from './support/workbench.ts';

const size = { width: 1280, height: 800, scale: 1.5 };
const themes: readonly ThemeKind[] = ['dark', 'light', 'high-contrast'];

async function arrange(workbench: Workbench): Promise<void> {
  await workbench.resizeSideBar(520);
  await workbench.moveViewTo('Connections', 690);
  await workbench.moveViewTo('Cache', 575);
  await workbench.openFile('demo-client.mjs');
  await workbench.expand('Requests', 'HIT');
}

async function takePictures(folder: string): Promise<void> {
  const port = await freePort(8080);
  const settings = { 'wirelens.port': port, 'wirelens.autoStart': true };
  const window = await openPersonsWindow(embeddedVSCode(newest), { settings, size, prepare: copyProject });
  // It waits for the proxy by itself.
  const demo = startDemo(window.run.workspace, port, { pause: 20, rounds: 3 });
  try {
    const { workbench } = window;
    await workbench.showContainer('Wirelens');
    await workbench.statusBarText(String(port));
    // All requests are through before the first picture, so that every picture shows the same rows.
    await workbench.statusBarText(` · ${await demo.finished} · `);
    await workbench.waitForRow('Connections', '1 idle');
    await arrange(workbench);
    for (const theme of themes) {
      await workbench.setTheme(theme);
      const file = path.join(folder, `views-${theme}.png`);
      await workbench.screenshot(file);
      console.log(file);
    }
  } finally {
    await demo.stop();
    await window.close();
  }
}

async function main(): Promise<void> {
  const { values, positionals } = parseArgs({
    options: { update: { type: 'boolean', default: false } },
    allowPositionals: true,
  });
  const folder = path.resolve(positionals[0] ?? path.join(cacheDirectory(), 'screenshots'));
  mkdirSync(folder, { recursive: true });
  buildProject();
  await takePictures(folder);
  if (values.update)
    copyFileSync(path.join(folder, 'views-dark.png'), path.join(projectDirectory, 'media/screenshot.png'));
}

main().catch((error: unknown) => {
  console.error(error);
  process.exitCode = 1;
});
