// A view whose rows come straight from the mirror: the Cache and the Connections.
import * as vscode from 'vscode';
import { Lifetime } from '../../base/disposable.ts';
import type { Mirror } from '../model/mirror.ts';
import { DescribedTree, type TreeNode, type TreeSource } from './described-tree.ts';

export class PlainView implements vscode.Disposable {
  readonly #lifetime = new Lifetime();
  readonly #tree: DescribedTree;
  readonly #view: vscode.TreeView<TreeNode>;
  readonly #describe: () => string;

  /** `describe` gives what stands behind the title. */
  constructor(id: string, mirror: Mirror, source: TreeSource, describe: () => string) {
    this.#describe = describe;
    this.#tree = this.#lifetime.add(new DescribedTree(source));
    this.#view = this.#lifetime.add(vscode.window.createTreeView(id, { treeDataProvider: this.#tree }));
    this.#tree.setVisible(this.#view.visible);
    this.#lifetime.add(mirror.onDidChange(() => this.refresh()));
    this.#lifetime.add(this.#view.onDidChangeVisibility(({ visible }) => this.#tree.setVisible(visible)));
  }

  refresh(): void {
    this.#tree.refresh();
    this.#view.description = this.#describe();
  }

  dispose(): void {
    this.#lifetime.dispose();
  }
}
