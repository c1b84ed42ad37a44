// The item in the status bar.
import * as vscode from 'vscode';
import type { StatusText } from './status-text.ts';
import { markdownOf } from './tooltip.ts';

const refreshInterval = 250;

export class StatusBar implements vscode.Disposable {
  readonly #item: vscode.StatusBarItem;
  readonly #read: () => StatusText;
  #timer: NodeJS.Timeout | undefined;
  #shown = '';

  constructor(read: () => StatusText) {
    this.#read = read;
    this.#item = vscode.window.createStatusBarItem('wirelens.status', vscode.StatusBarAlignment.Left, 10);
    this.#item.name = 'Wirelens';
    this.#item.command = 'wirelens.showMenu';
    this.#show();
    this.#item.show();
  }

  /** Shows what is true now, at most four times a second. */
  refresh(): void {
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      this.#show();
    }, refreshInterval);
  }

  dispose(): void {
    clearTimeout(this.#timer);
    this.#item.dispose();
  }

  #show(): void {
    const status = this.#read();
    const key = JSON.stringify(status);
    if (key === this.#shown) return;
    this.#shown = key;
    this.#item.text = status.text;
    this.#item.tooltip = markdownOf(status.tooltip);
    this.#item.backgroundColor = status.warning ? new vscode.ThemeColor('statusBarItem.warningBackground') : undefined;
    this.#item.accessibilityInformation = {
      label: `Wirelens, ${status.tooltip.map(([name, value]) => `${name} ${value}`).join(', ')}`,
      role: 'button',
    };
  }
}
