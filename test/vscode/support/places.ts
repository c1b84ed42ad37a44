// The folders that the VS Code tests read and write.
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

/** The project: the folder with package.json. */
export const projectDirectory = path.resolve(import.meta.dirname, '../../..');

/** The bundled suites; they lie in the project because VS Code knows an extension's code by its folder. */
export const suiteBundle = path.join(projectDirectory, 'dist-test/suite/index.js');

/** The sample workspace that `npm start` opens and every run copies. */
export const sampleWorkspace = path.join(projectDirectory, 'test/fixtures/workspace');

/** Where downloaded builds of VS Code are kept between runs: `.vscode-test`, or WIRELENS_VSCODE_CACHE. */
export function cacheDirectory(): string {
  const directory = path.resolve(process.env['WIRELENS_VSCODE_CACHE'] ?? path.join(projectDirectory, '.vscode-test'));
  mkdirSync(directory, { recursive: true });
  return directory;
}

/** The folders of one run, all below one that `remove` deletes. */
export interface RunDirectory {
  readonly path: string;
  /** TMPDIR of everything that the run starts, so that what is left in it was left by this run. */
  readonly temporary: string;
  /** What VS Code calls its user data directory. */
  readonly data: string;
  readonly extensions: string;
  readonly workspace: string;
  remove(): void;
}

/** Makes fresh folders for one run. The name is short, because sockets lie below it and their paths are limited to about 100 bytes. */
export function createRunDirectory(): RunDirectory {
  const root = mkdtempSync(path.join(tmpdir(), 'wl-'));
  const below = (name: string): string => {
    const directory = path.join(root, name);
    mkdirSync(directory);
    return directory;
  };
  return {
    path: root,
    temporary: below('tmp'),
    data: below('data'),
    extensions: below('extensions'),
    workspace: below('workspace'),
    remove: () => rmSync(root, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 }),
  };
}
