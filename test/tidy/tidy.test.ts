// Holds the whole source tree to the tidy rules.
import assert from 'node:assert/strict';
import path from 'node:path';
import { checkTests } from './honest-tests.ts';
import { checkCycles, checkLayers, isPure, layerOf, layers } from './layers.ts';
import { checkPurity } from './purity.ts';
import { checkLength, checkOpening, checkPromises, checkSyntax } from './shape.ts';
import { readSources, type Finding, type SourceFile } from './source-file.ts';

const root = path.resolve(__dirname, '../..');

/** Fails with all findings at once, so that one run shows all the work. */
function assertNone(findings: readonly Finding[]): void {
  assert.equal(findings.map(({ path: file, line, message }) => `\n${file}:${line}: ${message}`).join(''), '');
}

describe('the source tree', () => {
  let sources: SourceFile[];
  let tests: SourceFile[];

  before(() => {
    sources = readSources(root, ['src']);
    tests = readSources(root, ['test']);
  });

  it('is seen by the rules, every layer of it', () => {
    for (const layer of Object.keys(layers)) {
      assert.ok(
        sources.some((file) => layerOf(file.path) === layer),
        `no file of src/${layer} was read`,
      );
    }
    assert.ok(tests.some((file) => file.path === 'test/tidy/tidy.test.ts'));
    assert.ok(
      sources.some((file) => file.references.length > 0),
      'no import was read',
    );
  });

  it('imports down the tiers only', () => assertNone(sources.flatMap(checkLayers)));
  it('has no circle of imports', () => assertNone(checkCycles([...sources, ...tests])));
  it('keeps the tiers 0 to 2 pure', () => assertNone(sources.filter(isPure).flatMap(checkPurity)));
  it('opens every file with a sentence', () => assertNone([...sources, ...tests].flatMap(checkOpening)));
  it('has no overlong file or function', () => assertNone(sources.flatMap(checkLength)));
  it('does without default exports, barrels, enums and namespaces', () => assertNone(sources.flatMap(checkSyntax)));
  it('promises nothing without an owner', () => assertNone([...sources, ...tests].flatMap(checkPromises)));
  it('skips, singles out and repeats no test', () => assertNone(tests.flatMap(checkTests)));
});
