// Plants violations of the layer rule in a copy of the configuration, and sees that the compiler and the linter fail.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { isPureLayer, layers } from './layers.ts';

const root = path.resolve(__dirname, '../..');
const compiler = path.join(root, 'node_modules/typescript/bin/tsc');
const linter = path.join(root, 'node_modules/oxlint/bin/oxlint');
const names = Object.keys(layers);

interface Outcome {
  readonly status: number | null;
  readonly lines: readonly string[];
}

/** A copy of the project's configuration with one sound file in each layer, and whatever is planted beside it. */
class Plot {
  readonly folder = mkdtempSync(path.join(tmpdir(), 'wirelens-tidy-'));

  constructor() {
    for (const file of ['tsconfig.json', 'package.json', '.oxlintrc.json']) {
      cpSync(path.join(root, file), path.join(this.folder, file));
    }
    for (const name of names) {
      mkdirSync(path.join(this.folder, 'src', name), { recursive: true });
      cpSync(path.join(root, 'src', name, 'tsconfig.json'), path.join(this.folder, 'src', name, 'tsconfig.json'));
      this.plant(name, 'sound', [`export const ${name} = '${name}';`]);
    }
    // A junction, because an ordinary link to a folder needs rights on Windows.
    symlinkSync(path.join(root, 'node_modules'), path.join(this.folder, 'node_modules'), 'junction');
  }

  plant(layer: string, file: string, lines: readonly string[]): void {
    writeFileSync(path.join(this.folder, 'src', layer, `${file}.ts`), `${lines.join('\n')}\n`);
  }

  /** Compiles every layer. */
  compile(): Outcome {
    return this.#run(compiler, '-b', ...names.map((name) => `src/${name}`));
  }

  lint(): Outcome {
    return this.#run(linter, '--format', 'unix', 'src');
  }

  [Symbol.dispose](): void {
    rmSync(this.folder, { recursive: true, force: true });
  }

  #run(tool: string, ...parameters: string[]): Outcome {
    const { status, stdout, stderr } = spawnSync(process.execPath, [tool, ...parameters], {
      cwd: this.folder,
      encoding: 'utf8',
    });
    return { status, lines: (stdout + stderr).split('\n') };
  }
}

function assertRefused(outcome: Outcome, file: string, message: RegExp): void {
  assert.notEqual(outcome.status, 0, 'the tool must fail');
  const refused = outcome.lines.some((line) => line.startsWith(file) && message.test(line));
  assert.ok(refused, `nothing like ${String(message)} about ${file} in:\n${outcome.lines.join('\n')}`);
}

describe('the compiler and the linter', function () {
  this.timeout(60_000);

  it('find nothing in sound files', () => {
    using plot = new Plot();
    plot.plant('http', 'user', [
      "import { base } from '../base/sound.ts';",
      '',
      'export const both = [base, Buffer.from(base)];',
    ]);
    const [types, lint] = [plot.compile(), plot.lint()];
    assert.equal(types.status, 0, types.lines.join('\n'));
    assert.equal(lint.status, 0, lint.lines.join('\n'));
  });

  it('both refuse imports up a tier and sideways, types too', () => {
    using plot = new Plot();
    const upwards = names.flatMap((from) =>
      names
        .filter((to) => to !== from && (layers[to]?.tier ?? 0) >= (layers[from]?.tier ?? 0))
        .map((to) => ({ from, to, file: `src/${from}/to-${to}.ts` })),
    );
    assert.ok(upwards.length > 20);
    for (const { from, to } of upwards) {
      const text = [`import type { ${to} } from '../${to}/sound.ts';`, `export type Planted = typeof ${to};`];
      plot.plant(from, `to-${to}`, text);
    }
    const [types, lint] = [plot.compile(), plot.lint()];
    for (const { file } of upwards) {
      assertRefused(types, file, /TS6307/);
      assertRefused(lint, file, /no-restricted-imports/);
    }
  });

  it('both refuse vscode outside the extension', () => {
    using plot = new Plot();
    for (const name of names) {
      plot.plant(name, 'editor', ["import type { Uri } from 'vscode';", 'export type Planted = Uri;']);
    }
    const [types, lint] = [plot.compile(), plot.lint()];
    for (const name of names.filter((other) => other !== 'extension')) {
      assertRefused(types, `src/${name}/editor.ts`, /TS\d+/);
      assertRefused(lint, `src/${name}/editor.ts`, /no-restricted-imports/);
    }
    assert.ok(![...types.lines, ...lint.lines].some((line) => line.startsWith('src/extension')));
  });

  it('the linter refuses Node, libraries, the clock and the console in the tiers 0 to 2', () => {
    using plot = new Plot();
    const forbidden = ['Date.now', 'Math.random', 'setTimeout', 'console', 'process', 'performance', 'fetch', 'crypto'];
    for (const name of names) {
      plot.plant(name, 'impure', [
        "import { readFileSync } from 'node:fs';",
        "import { request } from 'undici';",
        `export const all = [readFileSync, request, ${forbidden.join(', ')}];`,
      ]);
    }
    const lint = plot.lint();
    for (const name of names.filter(isPureLayer)) {
      for (const word of ['node:fs', 'undici', ...forbidden]) {
        assertRefused(lint, `src/${name}/impure.ts`, new RegExp(`'${word}'.*no-restricted-`));
      }
    }
  });

  it('the compiler refuses Node in tier 0', () => {
    using plot = new Plot();
    plot.plant('base', 'impure', ["import { readFileSync } from 'node:fs';", 'setTimeout(readFileSync, 1);']);
    const types = plot.compile();
    assertRefused(types, 'src/base/impure.ts', /'node:fs'/);
    assertRefused(types, 'src/base/impure.ts', /'setTimeout'/);
  });

  it('the linter sees promises that nobody waits for, which needs types', () => {
    using plot = new Plot();
    plot.plant('engine', 'careless', [
      'async function act(): Promise<void> {',
      '  await Promise.resolve();',
      '}',
      'export const go = (): void => {',
      '  act();',
      '};',
    ]);
    assertRefused(plot.lint(), 'src/engine/careless.ts', /no-floating-promises/);
  });
});
