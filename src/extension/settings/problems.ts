// Tells about settings that were refused, each once, with the way to correct it.
import * as vscode from 'vscode';
import type { SettingProblem } from '../../contract/settings.ts';

export class SettingProblems {
  readonly #told = new Set<string>();

  /** A problem that is gone and comes back is told again. */
  tell(problems: readonly SettingProblem[]): void {
    const present = new Set(problems.map((problem) => problem.message));
    for (const message of this.#told) if (!present.has(message)) this.#told.delete(message);
    for (const problem of problems) {
      if (this.#told.has(problem.message)) continue;
      this.#told.add(problem.message);
      void this.#show(problem);
    }
  }

  async #show(problem: SettingProblem): Promise<void> {
    const open = vscode.l10n.t('Open settings');
    const choice = await vscode.window.showWarningMessage(`${problem.message}.`, open);
    if (choice === open) {
      await vscode.commands.executeCommand('workbench.action.openSettings', `@id:wirelens.${problem.name}`);
    }
  }
}
