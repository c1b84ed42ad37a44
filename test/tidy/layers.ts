// The rule of the layers: imports go down a tier, never up or sideways, and never in a circle.
import { finding, target, type Finding, type SourceFile } from './source-file.ts';

interface Layer {
  readonly tier: 0 | 1 | 2 | 3;
  /** Modules from outside that the layer may import; everything else of that kind is refused. */
  readonly outside: RegExp;
}

const nothing = /(?!)/;
// The allow-list of libraries that do no more than compute.
const pureLibraries = /^structured-headers$/;

/** Every folder of src/, in one place; a new folder must be added here, in .oxlintrc.json and in tsconfig.json. */
export const layers: Readonly<Record<string, Layer>> = {
  base: { tier: 0, outside: nothing },
  http: { tier: 1, outside: pureLibraries },
  contract: { tier: 1, outside: pureLibraries },
  cache: { tier: 2, outside: pureLibraries },
  rules: { tier: 2, outside: pureLibraries },
  formats: { tier: 2, outside: pureLibraries },
  engine: { tier: 3, outside: /^(?!vscode$)/ },
  extension: { tier: 3, outside: /^/ },
};

/** The layer that a path lies in, or undefined outside src/. */
export function layerOf(filePath: string): string | undefined {
  return /^src\/([^/]+)\//.exec(filePath)?.[1];
}

/** True for the layers that touch nothing of the outside world. */
export function isPureLayer(name: string): boolean {
  const layer = layers[name];
  return layer !== undefined && layer.tier < 3;
}

/** True for a file of such a layer. */
export function isPure(file: SourceFile): boolean {
  return isPureLayer(layerOf(file.path) ?? '');
}

/** Imports that go up, sideways, out of src/, or to a module that the layer must not know. */
export function checkLayers(file: SourceFile): Finding[] {
  const name = layerOf(file.path);
  const layer = layers[name ?? ''];
  if (name === undefined || !layer) {
    return [finding(file, 0, `every source file lies in one of the layers ${Object.keys(layers).join(', ')}`)];
  }
  return file.references.flatMap(({ specifier, start }) => {
    const message = refusal(file, name, layer, specifier);
    return message === undefined ? [] : [finding(file, start, message)];
  });
}

function refusal(file: SourceFile, name: string, layer: Layer, specifier: string): string | undefined {
  const targetPath = target(file, specifier);
  if (targetPath === undefined) {
    return layer.outside.test(specifier) ? undefined : `src/${name} must not import ${specifier}`;
  }
  if (!/\.(ts|json)$/.test(targetPath)) return `${specifier}: name the file with its extension`;
  const targetName = layerOf(targetPath);
  const targetLayer = layers[targetName ?? ''];
  if (targetName === name) return undefined;
  if (!targetLayer) return `src/${name} must not import ${targetPath}, which lies in no layer`;
  return targetLayer.tier < layer.tier
    ? undefined
    : `src/${name} (tier ${layer.tier}) must not import src/${targetName} (tier ${targetLayer.tier}): imports go down`;
}

/** Circles of imports, types included, each reported once with its whole way round. */
export function checkCycles(files: readonly SourceFile[]): Finding[] {
  const byPath = new Map(files.map((file) => [file.path, file]));
  const done = new Set<string>();
  const found: Finding[] = [];

  function follow(file: SourceFile, way: readonly string[]): void {
    const seenAt = way.indexOf(file.path);
    if (seenAt >= 0) {
      found.push(finding(file, 0, `imports run in a circle: ${[...way.slice(seenAt), file.path].join(' -> ')}`));
      return;
    }
    if (done.has(file.path)) return;
    for (const { specifier } of file.references) {
      const next = byPath.get(target(file, specifier) ?? '');
      if (next) follow(next, [...way, file.path]);
    }
    done.add(file.path);
  }

  for (const file of files) follow(file, []);
  return found;
}
