// Tooltips of names and values as VS Code's markdown.
import * as vscode from 'vscode';
import type { TooltipLines } from './item.ts';

/** Values are text and never markup. */
export function markdownOf(lines: TooltipLines): vscode.MarkdownString {
  const markdown = new vscode.MarkdownString();
  lines.forEach(([name, value], index) => {
    if (index > 0) markdown.appendMarkdown('  \n');
    markdown.appendMarkdown('**').appendText(name).appendMarkdown('** ').appendText(value);
  });
  return markdown;
}
