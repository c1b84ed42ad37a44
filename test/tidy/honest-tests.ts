// The rule of the tests: none is skipped, none is alone, none is tried again until it passes.
import { finding, isNode, walk, type Finding, type SourceFile, type SyntaxNode } from './source-file.ts';

const blocks = new Set(['describe', 'context', 'suite', 'it', 'specify', 'test']);
const crossedOut = new Set(['xit', 'xdescribe', 'xcontext', 'xspecify', 'fit', 'fdescribe']);

export function checkTests(file: SourceFile): Finding[] {
  const found: Finding[] = [];
  walk(file.program, (node) => {
    if (node.type !== 'CallExpression') return;
    const message = dishonesty(node);
    if (message !== undefined) found.push(finding(file, node.start, message));
  });
  return found;
}

function dishonesty(call: SyntaxNode): string | undefined {
  const { callee } = call;
  if (!isNode(callee)) return undefined;
  if (callee.type === 'Identifier') return dishonestBlock(String(callee['name']), call['arguments'] as unknown[]);
  const { object, property } = callee;
  return isNode(object) && isNode(property) ? dishonestMember(object, String(property['name'])) : undefined;
}

function dishonestBlock(name: string, parameters: readonly unknown[]): string | undefined {
  if (crossedOut.has(name)) return `${name}: fix the test or delete it`;
  return blocks.has(name) && parameters.length < 2 ? `${name} without a body is a test that never runs` : undefined;
}

function dishonestMember(object: SyntaxNode, member: string): string | undefined {
  if (member === 'retries') return 'retries: find out why it fails the first time';
  const isMocha = object.type === 'ThisExpression' || blocks.has(String(object['name']));
  return isMocha && (member === 'skip' || member === 'only') ? `.${member}: every test runs every time` : undefined;
}
