// The rule of the pure tiers: no clock, timer, randomness, console, process, network or page.
import { finding, isNode, walk, type Finding, type SourceFile, type SyntaxNode } from './source-file.ts';

const outsideWorld = new Set([
  'console',
  'process',
  'performance',
  'setTimeout',
  'setInterval',
  'setImmediate',
  'clearTimeout',
  'clearInterval',
  'clearImmediate',
  'crypto',
  'fetch',
  'WebSocket',
  'EventSource',
  'XMLHttpRequest',
  'navigator',
  'document',
  'window',
  'HTMLElement',
  'localStorage',
  'require',
  'module',
  '__dirname',
  '__filename',
]);

const globalObjects = new Set(['globalThis', 'global', 'self']);
const impureMembers = new Set(['Date.now', 'Math.random', ...[...globalObjects].map((name) => `${name}.Date`)]);

/** What a file of the tiers 0 to 2 takes from the outside world. */
export function checkPurity(file: SourceFile): Finding[] {
  const own = ownNames(file.program);
  const found: Finding[] = [];
  walk(file.program, (node, parent, key) => {
    const name = impurity(node, parent, key);
    if (name === undefined || own.has(name)) return;
    found.push(finding(file, node.start, `${name} belongs to tier 3: take what it gives as an argument`));
  });
  return found;
}

function impurity(node: SyntaxNode, parent: SyntaxNode | undefined, key: string): string | undefined {
  switch (node.type) {
    case 'Identifier':
      return outsideWorld.has(nameOf(node)) && !isMereName(parent, key) ? nameOf(node) : undefined;
    case 'MemberExpression':
      return impureMember(node);
    case 'NewExpression':
    case 'CallExpression':
      // With an argument Date converts a time; without one it reads the clock.
      return isNamed(node['callee'], 'Date') && (node['arguments'] as unknown[]).length === 0
        ? 'new Date()'
        : undefined;
    default:
      return undefined;
  }
}

function impureMember(node: SyntaxNode): string | undefined {
  const { object, property } = node;
  if (!isNode(object) || !isNode(property)) return undefined;
  const member = node['computed'] === true ? property['value'] : property['name'];
  if (typeof member !== 'string') return undefined;
  const whole = `${nameOf(object)}.${member}`;
  const isGlobal = globalObjects.has(nameOf(object)) && outsideWorld.has(member);
  return isGlobal || impureMembers.has(whole) ? whole : undefined;
}

/** True where an identifier names a property, a member or a label instead of a variable. */
function isMereName(parent: SyntaxNode | undefined, key: string): boolean {
  if (!parent) return false;
  if (parent.type === 'MemberExpression') return key === 'property' && parent['computed'] !== true;
  if (parent.type === 'TSQualifiedName') return key === 'right';
  // A shorthand property names a variable too, but that stands in its value a second time.
  if (key === 'key') return parent['computed'] !== true;
  return key === 'label' || key === 'imported' || key === 'exported';
}

/** Names that the file declares itself, as parameters or variables: they hide the global of that name. */
function ownNames(program: SyntaxNode): Set<string> {
  const names = new Set<string>();
  walk(program, (node, parent, key) => {
    if (node.type !== 'Identifier' || !parent) return;
    const declares =
      key === 'params' || key === 'local' || (key === 'id' && /Declara|Function|Class/.test(parent.type));
    if (declares) names.add(nameOf(node));
  });
  return names;
}

function nameOf(node: SyntaxNode): string {
  return typeof node['name'] === 'string' ? node['name'] : '';
}

function isNamed(node: unknown, name: string): boolean {
  return isNode(node) && node.type === 'Identifier' && nameOf(node) === name;
}
