// The packaged extension in a clean VS Code, used as a person uses it: palette, input box, status bar, trees, toasts.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { connect, type AddressInfo } from 'node:net';
import path from 'node:path';
import { promisify } from 'node:util';
import type { EmbeddedVSCode } from './support/embedded.ts';
import { projectDirectory } from './support/places.ts';
import { freePort } from './support/ports.ts';
import { check, sum, type Counts } from './support/report.ts';
import { installExtension } from './support/server.ts';
import { openPersonsWindow, type PersonsWindow } from './support/window.ts';

interface Manifest {
  readonly publisher: string;
  readonly name: string;
  readonly version: string;
  readonly contributes: { readonly commands: readonly { command: string; title: string; category?: string }[] };
}

function readManifest(): Manifest {
  return JSON.parse(readFileSync(path.join(projectDirectory, 'package.json'), 'utf8')) as Manifest;
}

/** What the palette calls a command. */
function paletteTitle(manifest: Manifest, id: string): string {
  const command = manifest.contributes.commands.find((one) => one.command === id);
  if (!command) throw new Error(`package.json has no command ${id}`);
  return command.category === undefined ? command.title : `${command.category}: ${command.title}`;
}

/** The newest VSIX in the project's folder, where `npm run package` puts it. */
export function newestVsix(): string {
  const files = readdirSync(projectDirectory).filter((name) => name.endsWith('.vsix'));
  const [newest] = files
    .map((name) => path.join(projectDirectory, name))
    .toSorted((a, b) => statSync(b).mtimeMs - statSync(a).mtimeMs);
  if (newest === undefined) throw new Error('There is no VSIX: run "npm run package" first, or name one.');
  return newest;
}

interface Origin {
  readonly address: string;
  readonly server: Server;
}

async function startOrigin(): Promise<Origin> {
  const server = createServer((request, response) => {
    response
      .writeHead(200, { 'Content-Type': 'text/plain', 'Cache-Control': 'max-age=60' })
      .end(`hello from ${request.url}\n`);
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  return { address: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, server };
}

/** Sends one request with curl, without what the environment says about proxies, and gives the body. */
async function curl(proxyPort: number, address: string): Promise<string> {
  const proxy = ['--noproxy', '', '--proxy', `http://127.0.0.1:${proxyPort}`];
  const { stdout } = await promisify(execFile)('curl', [
    '--silent',
    '--show-error',
    '--max-time',
    '20',
    ...proxy,
    address,
  ]);
  return stdout;
}

async function accepts(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
}

interface Scene {
  readonly manifest: Manifest;
  readonly window: PersonsWindow;
  readonly origin: string;
  readonly port: number;
  readonly secondPort: number;
}

async function starts({ manifest, window: { workbench }, port }: Scene): Promise<void> {
  await workbench.showContainer('Wirelens');
  assert.notEqual((await workbench.welcome('Requests')).text, '');
  await workbench.palette(paletteTitle(manifest, 'wirelens.start'));
  assert.match(await workbench.statusBarText(String(port)), new RegExp(`^${port} · 0`));
}

async function showsTraffic({ window: { workbench }, port, origin }: Scene): Promise<void> {
  assert.equal(await curl(port, `${origin}/greeting?from=curl`), 'hello from /greeting?from=curl\n');
  const [first] = await workbench.waitForRow('Requests', /greeting\?from=curl.*200 · /);
  assert.match(first?.label ?? '', /^GET .*\/greeting\?from=curl$/);
  assert.match(first?.description ?? '', /^200 · /);
  const children = (await workbench.expand('Requests', '/greeting?from=curl')).filter((row) => row.level === 2);
  assert.match(
    children.map((row) => row.label).join(),
    /General.*Request headers.*Response headers.*Timing.*Connection.*Cache/,
  );
  await workbench.waitForRow('Cache', '/greeting');
  await workbench.waitForRow('Connections', new URL(origin).host);
}

async function holdsStill({ manifest, window: { workbench }, port, origin }: Scene): Promise<void> {
  await curl(port, `${origin}/while-expanded`);
  await workbench.page.locator('.pane-header .description', { hasText: '1 new' }).first().waitFor();
  assert.ok(!(await workbench.rows('Requests')).some((row) => row.label.includes('/while-expanded')));
  await workbench.palette(paletteTitle(manifest, 'wirelens.showNewestRequests'));
  await workbench.waitForRow('Requests', '/while-expanded');
}

async function servesFromCache({ manifest, window: { workbench }, port, origin }: Scene): Promise<void> {
  await curl(port, `${origin}/greeting?from=curl`);
  await workbench.waitForRow('Requests', 'HIT');
  await workbench.palette(paletteTitle(manifest, 'wirelens.flushCache'));
  assert.notEqual((await workbench.welcome('Cache')).text, '');
}

async function changesPort({ manifest, window: { workbench }, secondPort, origin }: Scene): Promise<void> {
  await workbench.palette(paletteTitle(manifest, 'wirelens.choosePort'));
  await workbench.inputBox();
  await workbench.type(String(secondPort));
  await workbench.statusBarText(String(secondPort));
  assert.equal(await curl(secondPort, `${origin}/second`), 'hello from /second\n');
  await workbench.waitForRow('Requests', '/second');
}

async function stops({ manifest, window: { workbench }, port, secondPort }: Scene): Promise<void> {
  await workbench.palette(paletteTitle(manifest, 'wirelens.stop'));
  await workbench.page
    .locator('.part.statusbar .statusbar-item:visible', { hasText: String(secondPort) })
    .first()
    .waitFor({ state: 'hidden' });
  assert.deepEqual([await accepts(port), await accepts(secondPort)], [false, false]);
}

async function saysThatPortIsTaken({ manifest, window: { workbench }, secondPort }: Scene): Promise<void> {
  const blocker = createServer();
  await new Promise<void>((resolve) => {
    blocker.listen(secondPort, '127.0.0.1', resolve);
  });
  try {
    await workbench.palette(paletteTitle(manifest, 'wirelens.start'));
    assert.match(await workbench.toast(String(secondPort)), /in use|taken/);
    await workbench.pressNotificationButton(String(secondPort), 'Use next free port');
    await workbench.statusBarText(' · 0').catch(async () => workbench.statusBarText(' · '));
  } finally {
    blocker.close();
  }
}

async function perform(scene: Scene): Promise<Counts> {
  const steps: [string, (scene: Scene) => Promise<void>][] = [
    ['the palette starts the proxy on the chosen port', starts],
    ['a request by curl stands in the three views', showsTraffic],
    ['the rows hold still while one is expanded, until the newest are asked for', holdsStill],
    ['a repeated request is served from the cache, and the cache can be flushed', servesFromCache],
    ['the input box changes the port', changesPort],
    ['the palette stops the proxy', stops],
    ['a toast says that the port is taken, and its button takes the next one', saysThatPortIsTaken],
  ];
  let counts: Counts = { passed: 0, failed: 0 };
  for (const [name, step] of steps) {
    const outcome = await check(name, async () => step(scene));
    if (outcome.failed > 0)
      await scene.window.workbench.screenshot(path.join(projectDirectory, '.vscode-test/failure.png'));
    counts = sum(counts, outcome);
  }
  return counts;
}

/** Installs a VSIX into a clean VS Code and uses it; the counts include the checks that nothing was left behind. */
export async function runVsix(vscode: EmbeddedVSCode, file: string): Promise<Counts> {
  const manifest = readManifest();
  const [port, secondPort] = [await freePort(), await freePort()];
  const origin = await startOrigin();
  let installed: Counts = { passed: 0, failed: 0 };
  try {
    const window = await openPersonsWindow(vscode, {
      settings: { 'wirelens.port': port },
      prepare: async (run) => {
        installed = await check(`${path.basename(file)} installs into a clean VS Code`, () => {
          const wanted = `${manifest.publisher}.${manifest.name}@${manifest.version}`;
          assert.deepEqual(installExtension(vscode, run, file), [wanted]);
        });
      },
    });
    const used = await perform({ manifest, window, origin: origin.address, port, secondPort });
    return sum(installed, used, await window.close());
  } finally {
    origin.server.closeAllConnections();
    origin.server.close();
  }
}
