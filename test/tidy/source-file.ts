// A TypeScript file as the tidy rules see it: its path, text, syntax tree, comments and imports.
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { parseSync, visitorKeys, type Comment } from 'oxc-parser';

/** A node of the ESTree syntax tree; the fields beyond these depend on its type. */
export interface SyntaxNode {
  readonly type: string;
  readonly start: number;
  readonly end: number;
  readonly [field: string]: unknown;
}

/** One place where a file names another module, type-only imports and re-exports included. */
interface ModuleReference {
  readonly specifier: string;
  readonly start: number;
}

export interface SourceFile {
  /** Relative to the project's root, with forward slashes. */
  readonly path: string;
  readonly text: string;
  readonly program: SyntaxNode;
  readonly comments: readonly Comment[];
  readonly references: readonly ModuleReference[];
}

/** What a rule found; it is printed as path:line: message. */
export interface Finding {
  readonly path: string;
  readonly line: number;
  readonly message: string;
}

/** Parses one file. Throws where the text is no TypeScript. */
export function parseSource(filePath: string, text: string): SourceFile {
  const parsed = parseSync(filePath, text, { sourceType: 'module' });
  const [error] = parsed.errors;
  if (error) throw new Error(`${filePath}: ${error.message}`);
  const program = parsed.program as unknown as SyntaxNode;
  return { path: filePath, text, program, comments: parsed.comments, references: referencesIn(program) };
}

/** Reads every TypeScript file below the folders, but fixtures and what is generated. */
export function readSources(root: string, folders: readonly string[]): SourceFile[] {
  return folders.flatMap((folder) =>
    readdirSync(path.join(root, folder), { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile() && /\.[cm]?ts$/.test(entry.name))
      .map((entry) => path.relative(root, path.join(entry.parentPath, entry.name)).split(path.sep).join('/'))
      .filter((file) => !file.includes('/fixtures/') && !file.includes('/node_modules/'))
      .toSorted()
      .map((file) => parseSource(file, readFileSync(path.join(root, file), 'utf8'))),
  );
}

/** Calls visit for the node and all below it, each with its parent, parents first. */
export function walk(
  node: SyntaxNode,
  visit: (node: SyntaxNode, parent: SyntaxNode | undefined, key: string) => void,
  parent?: SyntaxNode,
  key = '',
): void {
  visit(node, parent, key);
  for (const childKey of visitorKeys[node.type] ?? []) {
    const value = node[childKey];
    for (const child of Array.isArray(value) ? value : [value]) {
      if (isNode(child)) walk(child, visit, node, childKey);
    }
  }
}

export function isNode(value: unknown): value is SyntaxNode {
  return typeof value === 'object' && value !== null && typeof (value as { type?: unknown }).type === 'string';
}

/** The one-based line of an offset in the file's text. */
function lineOf(file: SourceFile, offset: number): number {
  let line = 1;
  for (let at = file.text.indexOf('\n'); at >= 0 && at < offset; at = file.text.indexOf('\n', at + 1)) line += 1;
  return line;
}

export function finding(file: SourceFile, offset: number, message: string): Finding {
  return { path: file.path, line: lineOf(file, offset), message };
}

/** The path of the file that a relative specifier names, or undefined for a package or built-in module. */
export function target(file: SourceFile, specifier: string): string | undefined {
  return specifier.startsWith('.') ? path.posix.join(path.posix.dirname(file.path), specifier) : undefined;
}

function referencesIn(program: SyntaxNode): ModuleReference[] {
  const found: ModuleReference[] = [];
  walk(program, (node) => {
    const source = moduleNameOf(node);
    if (isNode(source) && typeof source['value'] === 'string') {
      found.push({ specifier: source['value'], start: node.start });
    }
  });
  return found;
}

/** The node that holds a module's name, for each kind of syntax that can carry one. */
function moduleNameOf(node: SyntaxNode): unknown {
  switch (node.type) {
    case 'ImportDeclaration':
    case 'ExportNamedDeclaration':
    case 'ExportAllDeclaration':
    case 'ImportExpression':
    case 'TSImportType':
      return node['source'];
    case 'TSExternalModuleReference':
      return node['expression'];
    case 'CallExpression':
      return isRequire(node['callee']) ? (node['arguments'] as unknown[])[0] : undefined;
    default:
      return undefined;
  }
}

function isRequire(callee: unknown): boolean {
  return isNode(callee) && callee.type === 'Identifier' && callee['name'] === 'require';
}
