// Builds what a VS Code under test loads.
import { spawnSync } from 'node:child_process';
import { projectDirectory } from './places.ts';

/** Bundles the extension and the suites. Throws when that fails; esbuild has then said why. */
export function buildProject(): void {
  const built = spawnSync(process.execPath, ['esbuild.js'], { cwd: projectDirectory, encoding: 'utf8' });
  if (built.status !== 0) throw new Error(`esbuild.js failed\n${built.stdout}${built.stderr}`);
}
