// What `npm start` runs: a real VS Code with the extension, a sample workspace and a demo client whose requests show up in the views.
// Usage: tsx test/vscode/start.ts [--once [--screenshot file]]
import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { cpSync } from 'node:fs';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { buildProject } from './support/build.ts';
import { startDemo, type DemoTraffic } from './support/demo.ts';
import { desktopArguments, desktopVSCode, needsDisplay } from './support/desktop.ts';
import { embeddedVSCode } from './support/embedded.ts';
import {
  cacheDirectory,
  createRunDirectory,
  projectDirectory,
  sampleWorkspace,
  type RunDirectory,
} from './support/places.ts';
import { freePort } from './support/ports.ts';
import { check, sum } from './support/report.ts';
import { copyProject, startServer, windowAddress } from './support/server.ts';
import type { UserSettings } from './support/settings.ts';
import { newest } from './support/versions.ts';
import { openPersonsWindow } from './support/window.ts';

/** Milliseconds between two requests of the demo client. */
const demoPause = 1500;

function demoSettings(port: number): UserSettings {
  return { 'wirelens.port': port, 'wirelens.autoStart': true };
}

/** The `code` command, where one is installed; inside a remote terminal that name means something else. */
function installedCode(): string | undefined {
  if (process.env['VSCODE_EXECUTABLE']) return process.env['VSCODE_EXECUTABLE'];
  if (process.env['VSCODE_IPC_HOOK_CLI'] !== undefined) return undefined;
  const found = spawnSync('code', ['--version'], { stdio: 'ignore', shell: process.platform === 'win32' });
  return found.status === 0 ? 'code' : undefined;
}

/** A desktop VS Code to start, or undefined where none can be had. */
async function findDesktop(): Promise<string | undefined> {
  if (process.env['WIRELENS_VSCODE'] === 'embedded' || needsDisplay()) return undefined;
  return installedCode() ?? desktopVSCode(newest).catch(() => undefined);
}

/** Resolves on Ctrl+C, or when the process is told to end. */
async function interrupted(): Promise<void> {
  return new Promise((resolve) => {
    process.once('SIGINT', () => resolve());
    process.once('SIGTERM', () => resolve());
  });
}

async function endProcess(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, 'exit');
  child.kill();
  await ended;
}

async function showDesktop(executable: string, run: RunDirectory, port: number): Promise<void> {
  console.log(
    `Opening VS Code (${executable}); the proxy listens on http://127.0.0.1:${port}. Close the window or press Ctrl+C to end.`,
  );
  const args = [
    '--wait',
    '--new-window',
    `--extensionDevelopmentPath=${projectDirectory}`,
    ...desktopArguments(run, demoSettings(port)),
  ];
  // On Windows `code` is a batch file, which only a shell can start.
  const child = spawn(executable, args, {
    stdio: 'ignore',
    shell: process.platform === 'win32' && executable === 'code',
  });
  const demo = startDemo(run.workspace, port, { pause: demoPause });
  await Promise.race([once(child, 'exit'), interrupted()]);
  await demo.stop();
  await endProcess(child);
}

async function showEmbedded(run: RunDirectory, port: number): Promise<void> {
  const vscode = embeddedVSCode(newest);
  copyProject(run);
  const server = await startServer(vscode, run, { settings: demoSettings(port) });
  let demo: DemoTraffic | undefined;
  try {
    demo = startDemo(run.workspace, port, { pause: demoPause });
    console.log(`VS Code ${vscode.version} with Wirelens is ready. Open this address in a browser:\n`);
    console.log(`  ${windowAddress(server.port, run.workspace)}\n`);
    console.log(`The proxy will listen on http://127.0.0.1:${port}, and the demo client uses it. Press Ctrl+C to end.`);
    await Promise.race([interrupted(), server.failed]);
  } finally {
    await demo?.stop();
    await server.stop();
  }
}

async function show(): Promise<void> {
  const port = await freePort(8080);
  const executable = await findDesktop();
  const run = createRunDirectory();
  try {
    cpSync(sampleWorkspace, run.workspace, { recursive: true });
    if (executable === undefined) await showEmbedded(run, port);
    else await showDesktop(executable, run, port);
  } finally {
    run.remove();
  }
}

/** For tests: opens the window with a headless browser, waits for the demo's requests, takes a picture and ends. */
async function showOnce(screenshot: string): Promise<void> {
  const port = await freePort();
  const window = await openPersonsWindow(embeddedVSCode(newest), {
    settings: demoSettings(port),
    prepare: copyProject,
  });
  const demo = startDemo(window.run.workspace, port, { pause: 50 });
  const shown = await check('the requests of the demo client show up in the view', async () => {
    await window.workbench.showContainer('Wirelens');
    await window.workbench.waitForRow('Requests', '/v1/');
    await window.workbench.statusBarText(String(port));
    await window.workbench.screenshot(screenshot);
  });
  await demo.stop();
  const counts = sum(shown, await window.close());
  process.exitCode = counts.failed === 0 ? 0 : 1;
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      once: { type: 'boolean', default: false },
      screenshot: { type: 'string', default: path.join(cacheDirectory(), 'start.png') },
    },
  });
  buildProject();
  if (values.once) await showOnce(values.screenshot);
  else await show();
}

main().catch((error: unknown) => {
  console.error(error);
  process.exitCode = 1;
});
