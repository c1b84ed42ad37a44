// The manifest keeps its promises to the marketplace, and names no command, view, context key or file that does not exist.
import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';

interface MenuEntry {
  readonly command: string;
  readonly when?: string;
}

interface Manifest {
  readonly displayName: string;
  readonly publisher: string;
  readonly name: string;
  readonly icon: string;
  readonly categories: readonly string[];
  readonly keywords: readonly string[];
  readonly galleryBanner: { readonly color: string; readonly theme: string };
  readonly extensionKind: readonly string[];
  readonly capabilities: Readonly<Record<'untrustedWorkspaces' | 'virtualWorkspaces', { readonly supported: unknown }>>;
  readonly contributes: {
    readonly commands: readonly (MenuEntry & {
      readonly title: string;
      readonly category: string;
      readonly icon: string;
      readonly enablement?: string;
    })[];
    readonly menus: Readonly<Record<string, readonly MenuEntry[]>>;
    readonly views: Readonly<Record<string, readonly { readonly id: string; readonly icon: string }[]>>;
    readonly viewsContainers: { readonly activitybar: readonly { readonly icon: string }[] };
    readonly viewsWelcome: readonly { readonly view: string; readonly when: string; readonly contents: string }[];
    readonly walkthroughs: readonly {
      readonly steps: readonly {
        readonly title: string;
        readonly description: string;
        readonly media: { readonly markdown: string };
      }[];
    }[];
  };
}

const root = new URL('../../', import.meta.url);

function read(path: string): string {
  return readFileSync(new URL(path, root), 'utf8');
}

const manifest = JSON.parse(read('package.json')) as Manifest;
const { commands, menus, views, viewsContainers, viewsWelcome, walkthroughs } = manifest.contributes;
const declared = new Set(commands.map(({ command }) => command));
const viewIds = new Set(Object.values(views).flatMap((list) => list.map(({ id }) => id)));
const steps = walkthroughs.flatMap((one) => one.steps);
const menuEntries = Object.values(menus).flat();

/** All ids that handlers are registered for: the keys of the command tables. */
function handled(): Set<string> {
  const folder = 'src/extension/commands/';
  const files = readdirSync(new URL(folder, root)).map((name) => folder + name);
  const text = [...files, 'src/extension/extension.ts'].map(read).join('\n');
  return new Set([...text.matchAll(/^ +'(wirelens\.\w+)': /gm)].map((found) => found[1] ?? ''));
}

/** Names that begin with `wirelens.` in a text or clause. */
function named(texts: readonly (string | undefined)[], pattern: RegExp): string[] {
  return texts.flatMap((text) => [...(text ?? '').matchAll(pattern)].map((found) => found[1] ?? ''));
}

describe('the manifest', () => {
  it('has what the marketplace shows', () => {
    assert.equal(`${manifest.publisher}.${manifest.name}`, 'wirelens.wirelens');
    assert.equal(manifest.displayName, 'Wirelens: HTTP Debugging Proxy');
    assert.ok(manifest.categories.length > 0 && manifest.keywords.length > 0);
    assert.match(manifest.galleryBanner.color, /^#[0-9a-f]{6}$/);
    assert.ok(['dark', 'light'].includes(manifest.galleryBanner.theme));
    const icon = readFileSync(new URL(manifest.icon, root));
    assert.equal(icon.toString('latin1', 1, 4), 'PNG');
    // The width in the header of a PNG; the marketplace asks for 128 pixels at least.
    assert.ok(icon.readUInt32BE(16) >= 128);
  });

  it('says where it can run', () => {
    assert.deepEqual(manifest.extensionKind, ['workspace']);
    assert.equal(manifest.capabilities.untrustedWorkspaces.supported, 'limited');
    assert.equal(manifest.capabilities.virtualWorkspaces.supported, false);
  });

  it('declares the commands that have a handler, no more and no fewer', () => {
    assert.deepEqual([...declared].toSorted(), [...handled()].toSorted());
  });

  it('gives every command a title, the category and an icon', () => {
    for (const { command, title, category, icon } of commands) {
      assert.match(title, /^[A-Z]/, command);
      assert.equal(category, 'Wirelens', command);
      assert.match(icon, /^\$\([a-z-]+\)$/, command);
    }
  });

  it('names only commands that exist, in menus, welcome views and the walkthrough', () => {
    const texts = [...viewsWelcome.map((one) => one.contents), ...steps.map((one) => one.description)];
    const links = named(texts, /\(command:([\w.]+)\)/g);
    const focusing = new Set([...viewIds].map((id) => `${id}.focus`));
    assert.ok(links.length > 0 && menuEntries.length > 0);
    for (const id of [...menuEntries.map(({ command }) => command), ...links]) {
      assert.ok(declared.has(id) || focusing.has(id), id);
    }
  });

  it('names only views and context keys that exist', () => {
    const keys = new Set(named([read('src/extension/views/context-keys.ts')], /'(\w+)'/g));
    const clauses = [
      ...commands.map((one) => one.enablement),
      ...menuEntries.map((one) => one.when),
      ...viewsWelcome.map((one) => one.when),
    ];
    const used = named(clauses, /\bwirelens\.(\w+)/g);
    assert.ok(used.length > 0);
    for (const key of used) assert.ok(keys.has(key) || viewIds.has(`wirelens.${key}`), key);
    for (const { view } of viewsWelcome) assert.ok(viewIds.has(view), view);
  });

  it('leads through three steps', () => {
    assert.deepEqual(
      steps.map(({ title }) => title),
      ['Start the proxy', 'Point a client at it', 'Look at the requests'],
    );
  });

  it('has every picture and text that it names', () => {
    const files = [
      ...viewsContainers.activitybar.map((one) => one.icon),
      ...Object.values(views).flatMap((list) => list.map((one) => one.icon)),
      ...steps.map((one) => one.media.markdown),
    ];
    for (const file of files) assert.ok(existsSync(new URL(file, root)), file);
  });
});
