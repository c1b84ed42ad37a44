// Sees that a VSIX with sources, tests, maps or libraries in it, or with a bundle missing, is refused.
import assert from 'node:assert/strict';
import { unwelcome, zipEntries } from '../support/vsix.ts';

const sound = [
  'extension.vsixmanifest',
  '[Content_Types].xml',
  'extension/package.json',
  'extension/readme.md',
  'extension/changelog.md',
  'extension/LICENSE.txt',
  'extension/media/icon.png',
  'extension/media/wirelens.svg',
  ...['extension', 'engine', 'cli', 'tasks', 'worker'].map((name) => `extension/dist/${name}.js`),
];

/** A zip archive of empty, stored files. */
function zipOf(names: readonly string[], comment = ''): Buffer {
  const entries = names.map((name) => {
    const header = Buffer.alloc(46);
    header.writeUInt32LE(0x02014b50, 0);
    header.writeUInt16LE(Buffer.byteLength(name), 28);
    return Buffer.concat([header, Buffer.from(name)]);
  });
  const end = Buffer.alloc(22);
  end.writeUInt32LE(0x06054b50, 0);
  end.writeUInt16LE(names.length, 10);
  end.writeUInt16LE(comment.length, 20);
  return Buffer.concat([...entries, end, Buffer.from(comment)]);
}

describe('the contents of the VSIX', () => {
  it('are read from its directory', () => {
    assert.deepEqual(zipEntries(zipOf(sound)), sound);
    assert.deepEqual(zipEntries(zipOf(sound, 'with a comment')), sound);
    assert.throws(() => zipEntries(Buffer.from('this is no archive at all, only a line of text')), /no zip archive/);
  });

  it('are accepted when they are what runs', () => assert.deepEqual(unwelcome(sound), []));

  const strangers = [
    'extension/src/engine/main.ts',
    'extension/test/unit/http/fields.test.ts',
    'extension/dist/engine.js.map',
    'extension/dist-test/suite/index.js',
    'extension/node_modules/piscina/package.json',
    'extension/tsconfig.json',
    'extension/.cache/types/tsconfig.tsbuildinfo',
  ];
  for (const name of strangers) {
    it(`are refused with ${name}`, () => {
      const [problem, ...more] = unwelcome([...sound, name]);
      assert.ok(problem?.startsWith(`${name} does not belong`));
      assert.deepEqual(more, []);
    });
  }

  it('are refused without the engine', () => {
    const names = sound.filter((name) => !name.includes('engine'));
    assert.deepEqual(unwelcome(names), ['extension/dist/engine.js is missing from the VSIX: see esbuild.js']);
  });
});
