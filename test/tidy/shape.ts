// The rules of a source file's shape: its first comment, its length, and syntax that we do without.
import { finding, isNode, walk, type Finding, type SourceFile, type SyntaxNode } from './source-file.ts';

/** The aim is 400 lines a file and 60 a function; beyond these it fails. */
export const longestFile = 500;
export const longestFunction = 80;

const functions = new Set(['FunctionDeclaration', 'FunctionExpression', 'ArrowFunctionExpression']);

/** Every file opens with a sentence that says what it is. */
export function checkOpening(file: SourceFile): Finding[] {
  const body = file.text.replace(/^#!.*\n/, '');
  const opening = /^(?:\/\/ ?(?<line>.+)(?:\n\/\/.*)*|\/\*\*?(?<block>[\s\S]*?)\*\/)/.exec(body);
  const text = (opening?.[0] ?? '').replace(/^\s*(\/\/|\/\*\*?|\*\/?)|\*\/$/gm, '').trim();
  const isSentence = /[.!?]/.test(text) && text.split(/\s+/).length >= 3;
  return isSentence ? [] : [finding(file, 0, 'the file opens with no sentence that says what it is')];
}

export function checkLength(file: SourceFile): Finding[] {
  const found: Finding[] = [];
  const lines = lineCount(file.text);
  if (lines > longestFile) {
    found.push(
      finding(file, 0, `the file has ${lines} lines, more than ${longestFile}: split it by what changes together`),
    );
  }
  walk(file.program, (node) => {
    if (!functions.has(node.type)) return;
    const length = lineCount(file.text.slice(node.start, node.end));
    if (length > longestFunction) {
      found.push(finding(file, node.start, `the function has ${length} lines, more than ${longestFunction}`));
    }
  });
  return found;
}

/** Default exports, barrels, enums, namespaces, and import.meta, which is empty in the bundles. */
export function checkSyntax(file: SourceFile): Finding[] {
  const found: Finding[] = [];
  walk(file.program, (node) => {
    const message = unwanted(node);
    if (message !== undefined) found.push(finding(file, node.start, message));
  });
  if (isBarrel(file.program)) found.push(finding(file, 0, 'a barrel: let others import from the files themselves'));
  return found;
}

/** Comments that put work off need someone who owns it, in brackets behind the word. */
export function checkPromises(file: SourceFile): Finding[] {
  return file.comments
    .filter(({ value }) => /\b(TODO|FIXME|XXX|HACK)\b(?!\(\w[\w -]*\))/.test(value))
    .map(({ start }) => finding(file, start, 'a promise without an owner: do it, or name who will: TODO(name)'));
}

function unwanted(node: SyntaxNode): string | undefined {
  switch (node.type) {
    case 'ExportDefaultDeclaration':
      return 'a default export: give it a name';
    case 'ExportAllDeclaration':
      return 'a barrel: let others import from the file itself';
    case 'ExportSpecifier':
      return isNode(node['exported']) && node['exported']['name'] === 'default'
        ? 'a default export: give it a name'
        : undefined;
    case 'TSEnumDeclaration':
      return 'an enum: use a union of string literals';
    case 'TSModuleDeclaration':
      return 'a namespace: use a module';
    case 'MetaProperty':
      return isNode(node['meta']) && node['meta']['name'] === 'import'
        ? 'import.meta is empty in a CommonJS bundle: use __dirname'
        : undefined;
    default:
      return undefined;
  }
}

function isBarrel(program: SyntaxNode): boolean {
  const statements = (program['body'] as SyntaxNode[]).filter(({ type }) => type !== 'ImportDeclaration');
  return (
    statements.length > 0 &&
    statements.every((node) => node.type === 'ExportNamedDeclaration' && !isNode(node['declaration']))
  );
}

function lineCount(text: string): number {
  return text.split('\n').length - (text.endsWith('\n') ? 1 : 0);
}
