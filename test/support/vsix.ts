// Looks into a VSIX: the names of its files, and which of them should not or should be there.

const endOfDirectory = 0x06054b50;
const directoryEntry = 0x02014b50;

/** The names of the files in a zip archive, from its central directory (APPNOTE.TXT 4.3.12 and 4.3.16). */
export function zipEntries(archive: Buffer): string[] {
  let end = archive.length - 22;
  while (end >= 0 && archive.readUInt32LE(end) !== endOfDirectory) end -= 1;
  if (end < 0) throw new Error('This is no zip archive: it has no central directory.');
  const count = archive.readUInt16LE(end + 10);
  let at = archive.readUInt32LE(end + 16);
  const names: string[] = [];
  for (let index = 0; index < count; index += 1) {
    if (archive.readUInt32LE(at) !== directoryEntry) throw new Error(`The zip directory is broken at byte ${at}.`);
    const nameLength = archive.readUInt16LE(at + 28);
    names.push(archive.toString('utf8', at + 46, at + 46 + nameLength));
    at += 46 + nameLength + archive.readUInt16LE(at + 30) + archive.readUInt16LE(at + 32);
  }
  return names;
}

const welcome = [
  /^\[Content_Types\]\.xml$/,
  /^extension\.vsixmanifest$/,
  /^extension\/package\.json$/,
  /^extension\/(readme|changelog)\.md$/i,
  /^extension\/license(\.(md|txt))?$/i,
  /^extension\/dist\/([a-z]+\.js|third-party-notices\.txt)$/,
  /^extension\/media\/[\w./-]+\.(svg|png|md)$/,
];

const required = ['extension', 'engine', 'cli', 'tasks', 'worker'].map((name) => `extension/dist/${name}.js`);

/** What is wrong with the contents of a VSIX, one sentence each. */
export function unwelcome(names: readonly string[]): string[] {
  const strangers = names.filter((name) => !welcome.some((pattern) => pattern.test(name)));
  const missing = required.filter((name) => !names.includes(name));
  return [
    ...strangers.map((name) => `${name} does not belong into the VSIX: see .vscodeignore`),
    ...missing.map((name) => `${name} is missing from the VSIX: see esbuild.js`),
  ];
}
