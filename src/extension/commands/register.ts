// Registers a table of commands, and says what went wrong where one fails.
import * as vscode from 'vscode';
import { Lifetime, type Disposable } from '../../base/disposable.ts';
import { ClosedError } from '../../contract/rpc.ts';

/** Command id → handler. */
export type CommandTable = Readonly<Record<string, (argument?: unknown) => unknown>>;

async function tell(error: unknown, log: vscode.LogOutputChannel): Promise<void> {
  log.error(error instanceof Error ? error : String(error));
  const showLog = vscode.l10n.t('Show log');
  const start = vscode.l10n.t('Start proxy');
  const stopped = error instanceof ClosedError;
  const message = stopped
    ? vscode.l10n.t('The Wirelens engine is not running.')
    : vscode.l10n.t('Wirelens: {0}', error instanceof Error ? error.message : String(error));
  const choice = await vscode.window.showErrorMessage(message, stopped ? start : showLog);
  if (choice === showLog) log.show();
  if (choice === start) await vscode.commands.executeCommand('wirelens.start');
}

export function registerCommands(table: CommandTable, log: vscode.LogOutputChannel): Disposable {
  const lifetime = new Lifetime();
  for (const [id, run] of Object.entries(table)) {
    lifetime.add(
      vscode.commands.registerCommand(id, async (argument?: unknown) => {
        try {
          return await run(argument);
        } catch (error) {
          void tell(error, log);
          return undefined;
        }
      }),
    );
  }
  return lifetime;
}
