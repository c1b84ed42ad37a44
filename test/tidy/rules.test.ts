// Plants a violation of each tidy rule in a text and sees that it is caught, and that its neighbour is not.
import assert from 'node:assert/strict';
import { checkTests } from './honest-tests.ts';
import { checkCycles, checkLayers, isPure } from './layers.ts';
import { checkPurity } from './purity.ts';
import { checkLength, checkOpening, checkPromises, checkSyntax, longestFile, longestFunction } from './shape.ts';
import { parseSource, type Finding, type SourceFile } from './source-file.ts';

type Rule = (file: SourceFile) => Finding[];

function messages(rule: Rule, text: string, path = 'src/http/planted.ts'): string[] {
  return rule(parseSource(path, text)).map((found) => found.message);
}

function assertCaught(rule: Rule, text: string, message: RegExp, path?: string): void {
  const found = messages(rule, text, path);
  assert.equal(found.length, 1, `expected one finding for ${text}, not: ${found.join('; ')}`);
  assert.match(found[0] ?? '', message);
}

function assertAllowed(rule: Rule, text: string, path?: string): void {
  assert.deepEqual(messages(rule, text, path), [], text);
}

describe('the layer rule', () => {
  const upwards = [
    ["import { store } from '../cache/store.ts';", 'src/http/planted.ts'],
    ["import type { Store } from '../cache/store.ts';", 'src/http/planted.ts'],
    ["import '../http/head.ts';", 'src/base/planted.ts'],
    ["export { head } from '../http/head.ts';", 'src/contract/planted.ts'],
    ["export type { Rule } from '../rules/rule.ts';", 'src/formats/planted.ts'],
    ["export * from '../engine/engine.ts';", 'src/cache/planted.ts'],
    ["const engine = import('../engine/engine.ts');", 'src/rules/planted.ts'],
    ["let store: import('../cache/store.ts').Store;", 'src/http/planted.ts'],
    ["const store = require('../cache/store.ts');", 'src/http/planted.ts'],
    ["import type { Engine } from '../../engine/engine.ts';", 'src/extension/link/planted.ts'],
    ["import { activate } from '../extension/extension.ts';", 'src/engine/planted.ts'],
  ] as const;
  for (const [text, path] of upwards) {
    it(`catches ${text} in ${path}`, () => assertCaught(checkLayers, text, /imports go down/, path));
  }

  const outside = [
    ["import { readFileSync } from 'node:fs';", 'src/http/planted.ts'],
    ["import type { Socket } from 'node:net';", 'src/contract/planted.ts'],
    ["import { readFileSync } from 'fs';", 'src/cache/planted.ts'],
    ["import type { Uri } from 'vscode';", 'src/formats/planted.ts'],
    ["import * as vscode from 'vscode';", 'src/engine/planted.ts'],
    ["import { request } from 'undici';", 'src/rules/planted.ts'],
    ["import { parseItem } from 'structured-headers';", 'src/base/planted.ts'],
    ["import { helper } from '../../test/support/helper.ts';", 'src/engine/planted.ts'],
  ] as const;
  for (const [text, path] of outside) {
    it(`catches ${text} in ${path}`, () => assertCaught(checkLayers, text, /must not import/, path));
  }

  it('catches a file outside every layer', () => {
    assertCaught(checkLayers, '', /one of the layers/, 'src/planted.ts');
    assertCaught(checkLayers, '', /one of the layers/, 'src/helpers/planted.ts');
  });

  it('catches a path without its extension', () => {
    assertCaught(checkLayers, "import { head } from './head';", /extension/);
  });

  it('allows imports down the tiers and within a layer', () => {
    assertAllowed(checkLayers, "import { parse } from './parse.ts'; import { never } from '../base/never.ts';");
    assertAllowed(checkLayers, "import { parseItem } from 'structured-headers';");
    assertAllowed(
      checkLayers,
      "import net from 'node:net'; import '../../cache/store.ts';",
      'src/engine/flow/planted.ts',
    );
    assertAllowed(checkLayers, "import { window } from 'vscode';", 'src/extension/planted.ts');
  });
});

describe('the cycle rule', () => {
  const file = (path: string, text: string): SourceFile => parseSource(path, text);

  it('catches a circle through a type', () => {
    const found = checkCycles([
      file('src/http/a.ts', "import { b } from './b.ts';"),
      file('src/http/b.ts', "export { c } from './deep/c.ts';"),
      file('src/http/deep/c.ts', "import type { A } from '../a.ts';"),
    ]);
    assert.equal(found.length, 1);
    assert.match(found[0]?.message ?? '', /a\.ts -> src\/http\/b\.ts -> src\/http\/deep\/c\.ts -> src\/http\/a\.ts/);
  });

  it('catches a file that imports itself', () => {
    assert.equal(checkCycles([file('src/http/a.ts', "import { b } from './a.ts';")]).length, 1);
  });

  it('allows two ways to one file', () => {
    const found = checkCycles([
      file('src/http/a.ts', "import './b.ts'; import './c.ts';"),
      file('src/http/b.ts', "import './c.ts';"),
      file('src/http/c.ts', ''),
    ]);
    assert.deepEqual(found, []);
  });
});

describe('the purity rule', () => {
  const impure = [
    'export const now = Date.now();',
    "export const now = Date['now']();",
    'export const now = new Date();',
    'export const now = Date();',
    'export const id = Math.random();',
    'export const start = performance.now();',
    'setTimeout(() => {}, 1);',
    'globalThis.setInterval(() => {}, 1);',
    "console.log('here');",
    'export const port = process.env.PORT;',
    'export const page = document.title;',
    "export const answer = fetch('http://upstream.test/');",
    'export const token = { crypto };',
    'export type Environment = typeof process;',
    'export const folder = __dirname;',
  ];
  for (const text of impure) {
    it(`catches ${text}`, () => assertCaught(checkPurity, text, /tier 3/));
  }

  const pure = [
    'export const later = new Date(0);',
    'export const bytes = Buffer.alloc(1);',
    'export const log = { console: 1 }.console;',
    'export interface Job { process: string; setTimeout(): void }',
    'export function show(document: string): string { return document; }',
    'export const now = (clock: { now(): number }): number => clock.now();',
  ];
  for (const text of pure) {
    it(`allows ${text}`, () => assertAllowed(checkPurity, text));
  }

  it('is for the tiers 0 to 2', () => {
    const at = (path: string): boolean => isPure(parseSource(path, ''));
    assert.deepEqual(
      ['base', 'http', 'contract', 'cache', 'rules', 'formats'].map((name) => at(`src/${name}/a.ts`)),
      [true, true, true, true, true, true],
    );
    assert.deepEqual(
      ['engine', 'extension'].map((name) => at(`src/${name}/a.ts`)),
      [false, false],
    );
  });
});

describe('the shape rules', () => {
  const lines = (count: number): string => 'step();\n'.repeat(count);

  it('catch a file that does not say what it is', () => {
    assertCaught(checkOpening, 'export const a = 1;\n// Later is too late for it.\n', /opens with no sentence/);
    assertCaught(checkOpening, '// helpers\nexport const a = 1;\n', /opens with no sentence/);
    assertCaught(checkOpening, '', /opens with no sentence/);
  });

  it('allow a sentence in each kind of comment', () => {
    assertAllowed(checkOpening, '// Says what it is.\nexport const a = 1;\n');
    assertAllowed(checkOpening, '#!/usr/bin/env node\n// Says what it is,\n// on two lines.\n');
    assertAllowed(checkOpening, '/**\n * Says what it is.\n */\nexport const a = 1;\n');
  });

  it('catch a file that is too long', () => {
    assertCaught(checkLength, lines(longestFile + 1), /the file has 501 lines/);
    assertAllowed(checkLength, lines(longestFile));
  });

  it('catch a function that is too long', () => {
    assertCaught(checkLength, `function f() {\n${lines(longestFunction - 1)}}`, /the function has 81 lines/);
    assertCaught(checkLength, `export const f = () => {\n${lines(longestFunction - 1)}};`, /the function has 81 lines/);
    assertCaught(checkLength, `class C { m() {\n${lines(longestFunction - 1)}} }`, /the function has 81 lines/);
    assertAllowed(checkLength, `function f() {\n${lines(longestFunction - 2)}}`);
  });

  const unwanted: readonly [string, RegExp][] = [
    ['export default class {}', /default export/],
    ['const a = 1; export { a as default }; export const b = a;', /default export/],
    ["export * from './a.ts'; export const b = 1;", /barrel/],
    ["export { a } from './a.ts';\nexport type { B } from './b.ts';", /barrel/],
    ["import { a } from './a.ts';\nexport { a };", /barrel/],
    ['export enum Colour { Red }', /enum/],
    ['export namespace Colours { export const red = 1; }', /namespace/],
    ['export const folder = import.meta.dirname;', /import\.meta/],
  ];
  for (const [text, message] of unwanted) {
    it(`catch ${text.replace('\n', ' ')}`, () => assertCaught(checkSyntax, text, message));
  }

  it('allow named exports', () => {
    assertAllowed(checkSyntax, 'export const a = 1; export type { B }; type B = 1; export class C {}');
  });

  for (const word of ['TODO', 'FIXME', 'HACK']) {
    it(`catch a ${word} without an owner`, () => {
      assertCaught(checkPromises, `// ${word}: later\n`, /owner/);
      assertCaught(checkPromises, `/* one\n ${word} two */\n`, /owner/);
      assertAllowed(checkPromises, `// ${word}(ada): later\n`);
      assertAllowed(checkPromises, `export const word = '${word}';\n`);
    });
  }
});

describe('the rule of the tests', () => {
  const dishonest: readonly [string, RegExp][] = [
    ["describe.only('a', () => {});", /\.only/],
    ["it.only('a', () => {});", /\.only/],
    ["it.skip('a', () => {});", /\.skip/],
    ["it('a', function () { this.skip(); });", /\.skip/],
    ["describe('a', function () { this.retries(3); });", /retries/],
    ["it('a', () => {}).retries(2);", /retries/],
    ["xit('a', () => {});", /xit/],
    ["xdescribe('a', () => {});", /xdescribe/],
    ["it('a');", /never runs/],
  ];
  for (const [text, message] of dishonest) {
    it(`catches ${text}`, () => assertCaught(checkTests, text, message, 'test/unit/planted.test.ts'));
  }

  it('allows tests, and methods of other things', () => {
    assertAllowed(checkTests, "it('a', () => {}); reader.skip(3); pool.test('a');", 'test/unit/planted.test.ts');
  });
});
