// Bundles the extension, the engine, the command line, the worker threads and the tests that run inside VS Code.
// Usage: node esbuild.js [--watch] [--production]
'use strict';

const { readdirSync, readFileSync, rmSync, writeFileSync } = require('node:fs');
const path = require('node:path');
const esbuild = require('esbuild');
const manifest = require('./package.json');

const production = process.argv.includes('--production');
const watch = process.argv.includes('--watch');

/** @type {import('esbuild').BuildOptions} */
const common = {
  absWorkingDir: __dirname,
  bundle: true,
  platform: 'node',
  target: 'node22',
  format: 'cjs',
  charset: 'utf8',
  logLevel: 'info',
  // Piscina asks for @napi-rs/nice inside a try block: it only changes thread priorities, and a VSIX has no native add-ons.
  external: ['vscode', '@napi-rs/nice'],
};

/** @type {import('esbuild').BuildOptions} */
const product = {
  ...common,
  entryPoints: {
    extension: 'src/extension/extension.ts',
    engine: 'src/engine/main.ts',
    cli: 'src/engine/cli.ts',
    tasks: 'src/engine/workers/tasks.ts',
    // Piscina starts its threads from a worker.js beside the file that it was bundled into.
    worker: path.join(path.dirname(require.resolve('piscina')), 'worker.js'),
  },
  outdir: 'dist',
  // What `wirelens --version` and the HAR files say.
  define: { WIRELENS_VERSION: JSON.stringify(manifest.version) },
  metafile: true,
  minify: production,
  sourcemap: production ? false : 'linked',
};

/** @type {import('esbuild').BuildOptions} */
const suites = {
  ...common,
  entryPoints: { 'suite/index': 'test/vscode/suite/index.ts' },
  outdir: 'dist-test',
  external: [...common.external, 'mocha'],
  sourcemap: 'linked',
};

/** The licences of the packages in the bundles, which ask to be passed on with them. */
function notices(inputs) {
  const packages = inputs
    .map((input) => /^(.*\/)?node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(input)?.[0])
    .filter((folder) => folder !== undefined);
  return [...new Set(packages)].map((folder) => {
    const { name, version, license } = JSON.parse(readFileSync(path.join(__dirname, folder, 'package.json'), 'utf8'));
    const file = readdirSync(path.join(__dirname, folder)).find((entry) => /^licen[cs]e/i.test(entry));
    if (!file) throw new Error(`${name} is bundled but brings no licence text`);
    return `${name} ${version} (${license})\n\n${readFileSync(path.join(__dirname, folder, file), 'utf8').trim()}\n`;
  });
}

async function main() {
  // What an earlier build left, source maps above all, must not get into the package.
  if (production) rmSync(path.join(__dirname, 'dist'), { recursive: true, force: true });
  const contexts = await Promise.all(
    (production ? [product] : [product, suites]).map((options) => esbuild.context(options)),
  );
  if (watch) {
    await Promise.all(contexts.map((context) => context.watch()));
    return;
  }
  try {
    const results = await Promise.all(contexts.map((context) => context.rebuild()));
    const inputs = results.flatMap(({ metafile }) => Object.keys(metafile?.inputs ?? {}));
    writeFileSync(
      path.join(__dirname, 'dist/third-party-notices.txt'),
      notices(inputs).join(`\n${'-'.repeat(80)}\n\n`),
    );
  } finally {
    await Promise.all(contexts.map((context) => context.dispose()));
  }
}

main().catch((error) => {
  // esbuild has printed its own errors already.
  if (!error.errors) console.error(error);
  process.exitCode = 1;
});
