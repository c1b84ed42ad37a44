// Starts and ends the server of the embedded VS Code, with user settings and extensions of its own.
import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { EmbeddedVSCode } from './embedded.ts';
import { projectDirectory, type RunDirectory } from './places.ts';
import { descendants, type RunningProcess } from './processes.ts';
import { quietSettings, type UserSettings } from './settings.ts';

export interface ServerOptions {
  readonly settings?: UserSettings;
  readonly env?: Readonly<Record<string, string>>;
  /** Accept development extensions and test suites from the page's address. VS Code then shows no toasts. */
  readonly smokeDriver?: boolean;
  /**
   * For tests: only the builtin extensions that they need, nothing that looks for GitHub, git or a model; a window that
   * went away is given up after 5 s, and a server that nobody stopped ends by itself.
   */
  readonly lean?: boolean;
}

export interface VSCodeServer {
  readonly port: number;
  readonly pid: number;
  /** What the server printed up to now. */
  output(): string;
  /** Rejects when the server ends by itself. */
  readonly failed: Promise<never>;
  /** The extension hosts that this server runs now: one for each open window. */
  extensionHosts(): RunningProcess[];
  /** Ends the server with all that it started, and waits for it. */
  stop(): Promise<void>;
}

const neededBuiltins =
  /^(node_modules|package\.json|theme-(defaults|modern-icons|seti)|javascript|typescript-basics|json|json-language-features|html|css|xml|yaml|markdown-basics|shellscript|bat|powershell|media-preview|configuration-editing)$/;

function linkBuiltins(vscode: EmbeddedVSCode, directory: string): void {
  mkdirSync(directory, { recursive: true });
  const all = path.join(vscode.root, 'extensions');
  for (const name of readdirSync(all)) {
    const link = path.join(directory, name);
    if (neededBuiltins.test(name) && !existsSync(link)) symlinkSync(path.join(all, name), link);
  }
}

function commonArguments(vscode: EmbeddedVSCode, run: RunDirectory): string[] {
  return [
    path.join(vscode.root, 'out/server-main.js'),
    '--accept-server-license-terms',
    '--server-data-dir',
    run.data,
    '--extensions-dir',
    run.extensions,
  ];
}

function serverArguments(vscode: EmbeddedVSCode, run: RunDirectory, options: ServerOptions): string[] {
  const builtins = path.join(run.data, 'builtin');
  if (options.lean) linkBuiltins(vscode, builtins);
  return [
    ...commonArguments(vscode, run),
    '--host=127.0.0.1',
    '--port=0',
    '--without-connection-token',
    '--telemetry-level=off',
    '--disable-experiments',
    '--disable-workspace-trust',
    ...(options.smokeDriver ? ['--enable-smoke-test-driver'] : []),
    ...(options.lean
      ? ['--reconnection-grace-time=5', '--enable-remote-auto-shutdown', '--builtin-extensions-dir', builtins]
      : []),
  ];
}

function serverEnvironment(run: RunDirectory, env: Readonly<Record<string, string>> = {}): NodeJS.ProcessEnv {
  // The authority of the tests is not that of the user.
  const data = { XDG_DATA_HOME: path.join(run.temporary, 'data') };
  const temporary = { ...data, TMPDIR: run.temporary, TMP: run.temporary, TEMP: run.temporary };
  // An empty gallery: the window asks no marketplace for anything.
  return { ...process.env, ...temporary, EXTENSIONS_GALLERY: '{"serviceUrl":""}', ...env };
}

function signalGroup(child: ChildProcess, signal: NodeJS.Signals): void {
  if (child.pid === undefined) return;
  try {
    process.kill(-child.pid, signal);
  } catch {
    // The whole group has ended already.
  }
}

/** Starts the server. Rejects when it ends or stays silent for a minute. */
export async function startServer(
  vscode: EmbeddedVSCode,
  run: RunDirectory,
  options: ServerOptions,
): Promise<VSCodeServer> {
  const settingsFile = path.join(run.data, 'data/User/settings.json');
  mkdirSync(path.dirname(settingsFile), { recursive: true });
  writeFileSync(settingsFile, JSON.stringify({ ...quietSettings, ...options.settings }, undefined, 2));
  const child = spawn(vscode.node, serverArguments(vscode, run, options), {
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
    env: serverEnvironment(run, options.env),
  });
  const exited = new Promise<void>((resolve) => {
    child.once('exit', () => resolve());
  });
  let output = '';
  let stopping = false;
  const failed = exited.then(() =>
    stopping ? new Promise<never>(() => {}) : Promise.reject(new Error(`the VS Code server ended\n${output}`)),
  );
  failed.catch(() => {});
  const listening = new Promise<number>((resolve, reject) => {
    const limit = setTimeout(() => reject(new Error(`the VS Code server did not start\n${output}`)), 60_000);
    const read = (bytes: Buffer): void => {
      output += bytes.toString();
      const port = /Extension host agent listening on (\d+)/.exec(output)?.[1];
      if (port === undefined) return;
      clearTimeout(limit);
      resolve(Number(port));
    };
    child.stdout.on('data', read);
    child.stderr.on('data', read);
  });
  const stop = async (): Promise<void> => {
    stopping = true;
    signalGroup(child, 'SIGTERM');
    const forced = setTimeout(() => signalGroup(child, 'SIGKILL'), 5000);
    await exited;
    clearTimeout(forced);
    // The server is gone; what it started and did not take along goes now.
    signalGroup(child, 'SIGKILL');
  };
  try {
    const port = await Promise.race([listening, failed]);
    const pid = child.pid ?? 0;
    return {
      port,
      pid,
      failed,
      output: () => output,
      extensionHosts: () => descendants(pid).filter((one) => one.commandLine.includes('--type=extensionHost')),
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** Installs a VSIX as `code --install-extension` does, and gives what VS Code then lists as installed (`publisher.name@version`). */
export function installExtension(vscode: EmbeddedVSCode, run: RunDirectory, file: string): string[] {
  const command = (...args: string[]): string => {
    const result = spawnSync(vscode.node, [...commonArguments(vscode, run), ...args], {
      encoding: 'utf8',
      env: serverEnvironment(run),
    });
    if (result.status !== 0) throw new Error(`${args.join(' ')} failed\n${result.stdout}${result.stderr}`);
    return result.stdout;
  };
  command('--install-extension', path.resolve(file), '--force');
  return command('--list-extensions', '--show-versions')
    .split('\n')
    .filter((line) => /^[\w-]+\.[\w-]+@/.test(line));
}

/**
 * Puts a copy of the built project into the extensions folder, so that a window without the smoke driver (and so with
 * toasts) runs what was just built. Links would not do: VS Code knows an extension's code by the real path of its folder.
 */
export function copyProject(run: RunDirectory): void {
  const manifest = JSON.parse(readFileSync(path.join(projectDirectory, 'package.json'), 'utf8')) as {
    publisher: string;
    name: string;
    version: string;
  };
  const directory = path.join(run.extensions, `${manifest.publisher}.${manifest.name}-${manifest.version}`);
  for (const name of ['package.json', 'dist', 'media', 'README.md', 'CHANGELOG.md', 'LICENSE']) {
    const source = path.join(projectDirectory, name);
    if (existsSync(source)) cpSync(source, path.join(directory, name), { recursive: true });
  }
}

/** The address that opens a folder in a window of this server; `payload` are keys that only the smoke driver honours. */
export function windowAddress(
  port: number,
  folder: string,
  payload: readonly (readonly [string, string])[] = [],
): string {
  const query = new URLSearchParams({ folder });
  if (payload.length > 0) query.set('payload', JSON.stringify(payload));
  return `http://127.0.0.1:${port}/?${query}`;
}
