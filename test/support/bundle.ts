// The programs as they ship, bundled once into a folder of this test run: they start in a tenth of the time.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { buildSync } from 'esbuild';

const root = path.join(__dirname, '../..');
let folder: string | undefined;

/** The folder with engine.js, cli.js and what their worker threads need; it goes when this process ends. */
export function bundled(): string {
  if (folder !== undefined) return folder;
  const made = mkdtempSync(path.join(tmpdir(), 'wirelens-bundle-'));
  process.once('exit', () => rmSync(made, { recursive: true, force: true }));
  buildSync({
    absWorkingDir: root,
    entryPoints: {
      engine: 'src/engine/main.ts',
      cli: 'src/engine/cli.ts',
      tasks: 'src/engine/workers/tasks.ts',
      worker: path.join(path.dirname(require.resolve('piscina')), 'worker.js'),
    },
    outdir: made,
    bundle: true,
    platform: 'node',
    target: 'node22',
    format: 'cjs',
    charset: 'utf8',
    external: ['@napi-rs/nice'],
    define: { WIRELENS_VERSION: JSON.stringify('1.2.3') },
    logLevel: 'warning',
  });
  folder = made;
  return made;
}
