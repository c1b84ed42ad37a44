// Asks the person at the keyboard what to do when the proxy cannot listen as it should.
import * as vscode from 'vscode';
import { complaintAboutPort } from '../settings/port-text.ts';
import { writeSetting } from '../settings/user-settings.ts';
import type { Questions } from './proxy-control.ts';

function explain(failure: Parameters<Questions['listenFailed']>[0], port: number): string {
  switch (failure.reason) {
    case 'port-in-use':
      return vscode.l10n.t('Wirelens cannot listen: port {0} is in use by another program or window.', port);
    case 'port-not-allowed':
      return vscode.l10n.t('Wirelens cannot listen: port {0} is not allowed. Ports below 1024 often are not.', port);
    case 'address-not-available':
      return vscode.l10n.t('Wirelens cannot listen: this machine does not have the address of wirelens.host.');
    case 'other':
      return vscode.l10n.t('Wirelens cannot listen: {0}', failure.message);
  }
}

async function listenFailed(
  ...[failure, port]: Parameters<Questions['listenFailed']>
): ReturnType<Questions['listenFailed']> {
  const nextFree = vscode.l10n.t('Use next free port');
  const choose = vscode.l10n.t('Choose port');
  const openSettings = vscode.l10n.t('Open settings');
  const aboutPort = failure.reason === 'port-in-use' || failure.reason === 'port-not-allowed';
  const buttons = [...(failure.reason === 'port-in-use' ? [nextFree] : []), aboutPort ? choose : openSettings];
  const choice = await vscode.window.showErrorMessage(explain(failure, port), ...buttons);
  if (choice === nextFree) return 'next-free';
  if (choice === openSettings)
    await vscode.commands.executeCommand('workbench.action.openSettings', '@id:wirelens.host');
  return choice === choose ? 'choose' : undefined;
}

async function confirmHost(host: string): Promise<boolean> {
  const listen = vscode.l10n.t('Listen on {0}', host);
  const choice = await vscode.window.showWarningMessage(
    vscode.l10n.t('Listen on {0}, where other machines can reach the proxy?', host),
    {
      modal: true,
      detail: vscode.l10n.t(
        'Whoever reaches it can send requests from this machine. wirelens.host 127.0.0.1 keeps it to yourself.',
      ),
    },
    listen,
  );
  return choice === listen;
}

async function choosePort(current: number): Promise<number | undefined> {
  const typed = await vscode.window.showInputBox({
    title: vscode.l10n.t('Port of the proxy'),
    prompt: vscode.l10n.t('Clients use this port of wirelens.host as their HTTP proxy. 0 takes any free one.'),
    value: String(current),
    validateInput: (text) => complaintAboutPort(text, vscode.l10n.t),
  });
  if (typed === undefined) return undefined;
  const port = Number(typed);
  await writeSetting('port', port);
  return port;
}

export const questions: Questions = { listenFailed, confirmHost, choosePort };
