// Packages the extension and holds the VSIX to its promises: small, nothing in it but what runs, and the version known to it.
import { spawnSync } from 'node:child_process';
import { readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import { createVSIX } from '@vscode/vsce';
import { unwelcome, zipEntries } from './vsix.ts';

const root = path.resolve(__dirname, '../..');
const largest = 2 * 1024 * 1024;

/** What the built command line says of itself. */
function saidVersion(): string {
  const { stdout } = spawnSync(process.execPath, [path.join(root, 'dist/cli.js'), '--version'], { encoding: 'utf8' });
  return stdout.trim();
}

async function main(): Promise<void> {
  const { version } = JSON.parse(readFileSync(path.join(root, 'package.json'), 'utf8')) as { version: string };
  const file = path.join(root, `wirelens-${version}.vsix`);
  const built = spawnSync(process.execPath, ['esbuild.js', '--production'], { cwd: root, stdio: 'inherit' });
  if (built.status !== 0) throw new Error('The production build failed; esbuild says above why.');
  await createVSIX({ cwd: root, packagePath: file, dependencies: false });

  const { size } = statSync(file);
  const names = zipEntries(readFileSync(file));
  const problems = unwelcome(names);
  if (saidVersion() !== version) problems.push(`dist/cli.js calls itself ${saidVersion()}, not ${version}`);
  if (size > largest) problems.push(`the VSIX has ${size} bytes, more than ${largest}`);
  for (const problem of problems) console.error(problem);
  if (problems.length > 0) process.exitCode = 1;
  else console.log(`${path.basename(file)}: ${(size / 1024).toFixed(1)} KiB, ${names.length} files`);
}

main().catch((error: unknown) => {
  console.error(error);
  process.exitCode = 1;
});
