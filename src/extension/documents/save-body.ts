// Writes a body to a file of the person's choice, piece by piece, whatever its size.
import { open, rm } from 'node:fs/promises';
import * as vscode from 'vscode';
import type { BodySource, FlowStore, OpenBody } from '../model/flow-store.ts';

/** Answers whether all of it was written. */
async function writePieces(path: string, body: OpenBody, token: vscode.CancellationToken): Promise<boolean> {
  const file = await open(path, 'w');
  try {
    for await (const piece of body.pieces) {
      if (token.isCancellationRequested) return false;
      await file.write(piece);
    }
    return true;
  } finally {
    await file.close();
  }
}

/** Asks where to, and writes the body there. What was cancelled leaves no file behind. */
export async function saveBody(flows: FlowStore, choice: BodySource, name: string): Promise<void> {
  const folder = vscode.workspace.workspaceFolders?.[0]?.uri;
  const target = await vscode.window.showSaveDialog({
    ...(folder?.scheme === 'file' ? { defaultUri: vscode.Uri.joinPath(folder, name) } : {}),
    title: vscode.l10n.t('Save body'),
  });
  if (target === undefined) return;
  if (target.scheme !== 'file') {
    void vscode.window.showErrorMessage(vscode.l10n.t('A body can only be saved to a file of this machine.'));
    return;
  }
  await vscode.window.withProgress(
    { location: vscode.ProgressLocation.Notification, title: vscode.l10n.t('Saving the body'), cancellable: true },
    async (_progress, token) => {
      const whole = await flows.withBody(choice, async (body) => writePieces(target.fsPath, body, token));
      if (whole === false) await rm(target.fsPath, { force: true });
      if (whole === undefined) void vscode.window.showInformationMessage(vscode.l10n.t('That body is gone already.'));
    },
  );
}
