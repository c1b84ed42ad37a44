// Tells VS Code what the `when` clauses of the manifest depend on.
import * as vscode from 'vscode';

/** Every context key of ours, without its prefix. */
export type ContextKey = 'running' | 'capturing' | 'cacheOn' | 'hasFlows' | 'hasCacheEntries' | 'requestsHeld';

export class ContextKeys {
  readonly #known = new Map<ContextKey, boolean>();

  /** Only a change is passed on: every one makes VS Code look at all its menus. */
  set(key: ContextKey, value: boolean): void {
    if (this.#known.get(key) === value) return;
    this.#known.set(key, value);
    void vscode.commands.executeCommand('setContext', `wirelens.${key}`, value);
  }
}
