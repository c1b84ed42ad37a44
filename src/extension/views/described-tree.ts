// Shows described rows as a VS Code tree: keeps one element for each id, and announces only what has really changed.
import * as vscode from 'vscode';
import type { Item, TooltipLines } from './item.ts';
import { markdownOf } from './tooltip.ts';

/** What a tree shows. */
export interface TreeSource {
  roots(): readonly Item[];
  children(item: Item): readonly Item[] | Promise<readonly Item[]>;
  /** Set where children change although their row does not; `children` then answers at once. */
  readonly childrenAreLive?: boolean;
  /** A tooltip that is made only when somebody asks for it. */
  tooltip?(item: Item): Promise<TooltipLines | undefined>;
}

/** An element of a tree; commands of its menus get it as their argument. */
export class TreeNode {
  item: Item;
  readonly parent: TreeNode | undefined;
  /** Undefined before VS Code asked for them. */
  children: Map<string, TreeNode> | undefined;

  constructor(item: Item, parent?: TreeNode) {
    this.item = item;
    this.parent = parent;
  }
}

/** At most four refreshes a second. */
const refreshInterval = 250;
/** Rows that count seconds are looked at this often. */
const tickInterval = 1000;
/** After this many ms without an answer an announced change was lost: VS Code drops one that comes while it loads. */
const answerLimit = 1000;

function sameItem(a: Item, b: Item): boolean {
  return a === b || JSON.stringify(a) === JSON.stringify(b);
}

function sameItems(nodes: ReadonlyMap<string, TreeNode>, items: readonly Item[]): boolean {
  if (nodes.size !== items.length) return false;
  let index = 0;
  for (const node of nodes.values()) {
    const item = items[index];
    if (item === undefined || !sameItem(node.item, item)) return false;
    index += 1;
  }
  return true;
}

function sameOrder(nodes: ReadonlyMap<string, TreeNode>, items: readonly Item[]): boolean {
  if (nodes.size !== items.length) return false;
  let index = 0;
  for (const id of nodes.keys()) {
    if (items[index]?.id !== id) return false;
    index += 1;
  }
  return true;
}

const collapsible = {
  none: vscode.TreeItemCollapsibleState.None,
  collapsed: vscode.TreeItemCollapsibleState.Collapsed,
  expanded: vscode.TreeItemCollapsibleState.Expanded,
};

export class DescribedTree implements vscode.TreeDataProvider<TreeNode>, vscode.Disposable {
  readonly #source: TreeSource;
  readonly #changed = new vscode.EventEmitter<TreeNode[] | undefined>();
  readonly #ticking: NodeJS.Timeout;
  #roots = new Map<string, TreeNode>();
  #visible = true;
  #timer: NodeJS.Timeout | undefined;
  #lastRefresh = 0;
  /** When a change of the whole tree was announced that VS Code has not yet asked about. */
  #announcedAt: number | undefined;

  readonly onDidChangeTreeData = this.#changed.event;

  constructor(source: TreeSource) {
    this.#source = source;
    this.#ticking = setInterval(() => this.refresh(), tickInterval);
  }

  /** Looks for changes soon; calls close together become one. */
  refresh(): void {
    if (!this.#visible || this.#timer !== undefined) return;
    const wait = Math.max(0, this.#lastRefresh + refreshInterval - performance.now());
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      this.#lastRefresh = performance.now();
      this.#announceChanges();
    }, wait);
  }

  /** Shows everything anew, also what lies below rows that stay the same. */
  redraw(): void {
    if (!this.#visible) return;
    this.#announcedAt = performance.now();
    this.#changed.fire(undefined);
  }

  /** A hidden tree does no work; a shown one catches up. */
  setVisible(visible: boolean): void {
    this.#visible = visible;
    if (visible) this.refresh();
  }

  getTreeItem(node: TreeNode): vscode.TreeItem {
    const { item } = node;
    const shown = new vscode.TreeItem(item.label, collapsible[item.expandable ?? 'none']);
    shown.id = item.id;
    if (item.description !== undefined) shown.description = item.description;
    if (item.context !== undefined) shown.contextValue = item.context;
    if (item.tooltip !== undefined) shown.tooltip = markdownOf(item.tooltip);
    if (item.spoken !== undefined) shown.accessibilityInformation = { label: item.spoken };
    if (item.command !== undefined) shown.command = { ...item.command, arguments: [...item.command.arguments] };
    if (item.icon !== undefined) {
      const colour = item.icon.color === undefined ? undefined : new vscode.ThemeColor(item.icon.color);
      shown.iconPath = new vscode.ThemeIcon(item.icon.id, colour);
    }
    return shown;
  }

  async getChildren(node?: TreeNode): Promise<TreeNode[]> {
    if (node === undefined) {
      this.#announcedAt = undefined;
      this.#roots = this.#keepNodes(this.#roots, this.#source.roots());
      return [...this.#roots.values()];
    }
    const items = await this.#source.children(node.item);
    node.children = this.#keepNodes(node.children, items, node);
    return [...node.children.values()];
  }

  getParent(node: TreeNode): TreeNode | undefined {
    return node.parent;
  }

  async resolveTreeItem(shown: vscode.TreeItem, node: TreeNode): Promise<vscode.TreeItem> {
    const lines = await this.#source.tooltip?.(node.item);
    if (lines !== undefined) shown.tooltip = markdownOf(lines);
    return shown;
  }

  dispose(): void {
    clearInterval(this.#ticking);
    clearTimeout(this.#timer);
    this.#changed.dispose();
  }

  /** VS Code knows elements by identity, so an id keeps its element. */
  #keepNodes(
    before: ReadonlyMap<string, TreeNode> | undefined,
    items: readonly Item[],
    parent?: TreeNode,
  ): Map<string, TreeNode> {
    const nodes = new Map<string, TreeNode>();
    for (const item of items) {
      const node = before?.get(item.id) ?? new TreeNode(item, parent);
      node.item = item;
      nodes.set(item.id, node);
    }
    return nodes;
  }

  #announceChanges(): void {
    if (this.#announcedAt !== undefined && performance.now() - this.#announcedAt < answerLimit) return;
    const items = this.#source.roots();
    if (this.#announcedAt !== undefined || !sameOrder(this.#roots, items)) {
      this.#announcedAt = performance.now();
      this.#changed.fire(undefined);
      return;
    }
    const changed = items.flatMap((item) => {
      const node = this.#roots.get(item.id);
      return node !== undefined && this.#takeChange(node, item) ? [node] : [];
    });
    if (changed.length > 0) this.#changed.fire(changed);
  }

  /** Whether the row, or with live children one below it, is different from what was shown. */
  #takeChange(node: TreeNode, item: Item): boolean {
    const same = sameItem(node.item, item);
    node.item = item;
    if (!same) return true;
    if (this.#source.childrenAreLive !== true || node.children === undefined) return false;
    const children = this.#source.children(item);
    return Array.isArray(children) && !sameItems(node.children, children as readonly Item[]);
  }
}
