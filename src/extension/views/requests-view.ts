// The Requests view: the newest flows, standing still while somebody looks at one.
import * as vscode from 'vscode';
import { Lifetime } from '../../base/disposable.ts';
import type { FlowId } from '../../contract/model.ts';
import type { FlowStore } from '../model/flow-store.ts';
import type { Mirror } from '../model/mirror.ts';
import { DescribedTree, type TreeNode } from './described-tree.ts';
import { detailSections, detailTooltip, forgottenRow, lostRow } from './detail-rows.ts';
import { facts, type Item, type TooltipLines } from './item.ts';
import { messageRows, messagesOf, messagesPage, mostMessages } from './message-rows.ts';
import { moreRow, requestRow, requestTooltip, type RowSurroundings } from './request-rows.ts';
import { RowWindow } from './row-window.ts';
import type { Section } from './section.ts';

interface Surroundings {
  readonly mirror: Mirror;
  readonly flows: FlowStore;
  readonly rowSurroundings: () => RowSurroundings;
  /** Where clients find the proxy, while it listens. */
  readonly listeningUrl: () => string | undefined;
  readonly setHeld: (held: boolean) => void;
}

export class RequestsView implements vscode.Disposable {
  readonly #mirror: Mirror;
  readonly #flows: FlowStore;
  readonly #rowSurroundings: () => RowSurroundings;
  readonly #listeningUrl: () => string | undefined;
  readonly #setHeld: (held: boolean) => void;
  readonly #window: RowWindow;
  readonly #tree: DescribedTree;
  readonly #view: vscode.TreeView<TreeNode>;
  readonly #lifetime = new Lifetime();
  readonly #expanded = new Set<FlowId>();
  #lastSelected: string | undefined;
  /** The sections of flows that are open in the tree. */
  readonly #sections = new Map<FlowId, readonly Section[]>();
  /** How many messages are shown of flows of which more were asked for. */
  readonly #messagesShown = new Map<FlowId, number>();

  constructor(surroundings: Surroundings) {
    this.#mirror = surroundings.mirror;
    this.#flows = surroundings.flows;
    this.#rowSurroundings = surroundings.rowSurroundings;
    this.#listeningUrl = surroundings.listeningUrl;
    this.#setHeld = surroundings.setHeld;
    this.#window = new RowWindow(this.#mirror);
    this.#tree = this.#lifetime.add(
      new DescribedTree({
        roots: () => this.#roots(),
        children: async (item) => this.#children(item),
        tooltip: async (item) => this.#tooltip(item),
      }),
    );
    this.#view = this.#lifetime.add(
      vscode.window.createTreeView('wirelens.requests', { treeDataProvider: this.#tree, showCollapseAll: true }),
    );
    this.#tree.setVisible(this.#view.visible);
    this.#lifetime.add(this.#mirror.onDidChange(() => this.refresh()));
    this.#lifetime.add(this.#view.onDidChangeVisibility(({ visible }) => this.#tree.setVisible(visible)));
    this.#lifetime.add(this.#view.onDidChangeSelection(({ selection }) => this.#noteSelected(selection)));
    this.#lifetime.add(this.#view.onDidExpandElement(({ element }) => this.#noteExpanded(element, true)));
    this.#lifetime.add(this.#view.onDidCollapseElement(({ element }) => this.#noteExpanded(element, false)));
  }

  /** The flow that is selected, if one is. */
  get selected(): FlowId | undefined {
    const id = this.#view.selection[0]?.item.id;
    return id === undefined || id === 'more' ? undefined : flowOf(id);
  }

  refresh(): void {
    if (this.#mirror.rows.length === 0) this.#window.clear();
    this.#tree.refresh();
    this.#describe();
  }

  /** Shows all rows anew: what they show of secrets has changed. */
  redraw(): void {
    this.#tree.redraw();
  }

  /** Shows the newest flows again although one is selected. */
  release(): void {
    this.#hold(false);
  }

  async showMore(): Promise<void> {
    await this.#window.showMore(async (before, count) => this.#flows.before(before, count));
    this.#setHeld(this.#window.holding);
    this.refresh();
  }

  /** Shows more messages of a flow. */
  showMoreMessages(id: FlowId): void {
    const shown = this.#messagesShown.get(id) ?? messagesPage;
    this.#messagesShown.set(id, Math.min(mostMessages, shown + messagesPage));
    this.#tree.redraw();
  }

  dispose(): void {
    this.#lifetime.dispose();
  }

  #roots(): readonly Item[] {
    const { rows, hasMore } = this.#window.current();
    const surroundings = this.#rowSurroundings();
    const items = rows.map((row) => requestRow(row, surroundings));
    return hasMore ? [...items, moreRow(surroundings.t)] : items;
  }

  async #children(item: Item): Promise<readonly Item[]> {
    const id = flowOf(item.id);
    if (item.id === messagesOf(id)) return await this.#messages(id);
    if (item.id !== id) return this.#sections.get(id)?.find((section) => section.item.id === item.id)?.children ?? [];
    const { t } = this.#rowSurroundings();
    const row = this.#mirror.row(id);
    if (row?.lost === true) return [lostRow(id, t)];
    const detail = await this.#flows.detail(id);
    if (detail === undefined) return [forgottenRow(id, t)];
    const sections = detailSections(detail, this.#rowSurroundings());
    this.#sections.set(id, sections);
    return sections.map((section) => section.item);
  }

  async #messages(id: FlowId): Promise<readonly Item[]> {
    const surroundings = this.#rowSurroundings();
    const window = await this.#flows.newestMessages(id, this.#messagesShown.get(id) ?? messagesPage);
    return window === undefined ? [forgottenRow(id, surroundings.t)] : messageRows(id, window, surroundings);
  }

  async #tooltip(item: Item): Promise<TooltipLines | undefined> {
    const id = flowOf(item.id);
    const row = this.#mirror.row(id);
    if (item.id !== id || row === undefined) return undefined;
    const detail = row.lost ? undefined : await this.#flows.detail(id);
    const surroundings = this.#rowSurroundings();
    return detail === undefined ? requestTooltip(row, surroundings) : detailTooltip(detail, surroundings);
  }

  /** *Show more* goes away when all are shown, and the selection with it: that is nobody's wish for the newest. */
  #noteSelected(selection: readonly TreeNode[]): void {
    const before = this.#lastSelected;
    this.#lastSelected = selection[0]?.item.id;
    if (selection.length > 0 || before !== 'more') this.#hold(selection.length > 0);
  }

  #noteExpanded(node: TreeNode, expanded: boolean): void {
    if (node.parent !== undefined) return;
    const { id } = node.item;
    if (expanded) {
      this.#expanded.add(id);
      this.#hold(true);
      return;
    }
    this.#expanded.delete(id);
    this.#sections.delete(id);
    this.#messagesShown.delete(id);
    if (this.#expanded.size === 0 && this.#view.selection.length === 0) this.#hold(false);
  }

  /** Rows hold still while one is selected or was opened; clearing the selection (Escape) lets the newest in again. */
  #hold(hold: boolean): void {
    if (hold) this.#window.hold();
    else this.#window.release();
    this.#setHeld(hold);
    this.refresh();
  }

  #describe(): void {
    const { t } = this.#rowSurroundings();
    const { fresh } = this.#window.current();
    const { total, state } = this.#mirror;
    this.#view.description = facts(
      total === 0 ? this.#listeningUrl() : total.toLocaleString('en'),
      fresh === 0 ? undefined : t('{0} new', fresh.toLocaleString('en')),
      state?.capturing === false ? t('paused') : undefined,
    );
    this.#view.badge =
      fresh === 0 ? undefined : { value: fresh, tooltip: t('{0} new requests are waiting to be shown', fresh) };
  }
}

/** Rows below a flow have ids that begin with the flow's. */
export function flowOf(rowId: string): FlowId {
  const slash = rowId.indexOf('/');
  return slash === -1 ? rowId : rowId.slice(0, slash);
}
