// Commands on the certificate authority: export, show, reset, and the way into and out of the system's trust store.
import { existsSync } from 'node:fs';
import { homedir } from 'node:os';
import * as vscode from 'vscode';
import type { AuthoritySummary } from '../../contract/model.ts';
import type { Supervisor } from '../link/supervisor.ts';
import { debianFolder, trustCommand, trustStoreOf, untrustCommand, type TrustStore } from '../trust/trust-commands.ts';
import { brieflySay } from './say.ts';

interface Parts {
  readonly supervisor: Supervisor;
}

async function chooseFile(): Promise<vscode.Uri | undefined> {
  return vscode.window.showSaveDialog({
    title: vscode.l10n.t('Export the certificate of Wirelens'),
    defaultUri: vscode.Uri.joinPath(vscode.Uri.file(homedir()), 'wirelens-ca.pem'),
    filters: { PEM: ['pem', 'crt'] },
  });
}

/** Gives the certificate, never its key. From here on the main port counts as wired. */
async function exportCa({ supervisor }: Parts, argument: unknown): Promise<void> {
  const file = argument instanceof vscode.Uri ? argument : await chooseFile();
  if (file === undefined) return;
  const { pem } = await supervisor.call('exportCa', undefined);
  await vscode.workspace.fs.writeFile(file, Buffer.from(pem, 'latin1'));
  // The command is done; the message may stay for as long as it likes.
  void tellExported(file);
}

async function tellExported(file: vscode.Uri): Promise<void> {
  const copy = vscode.l10n.t('Copy path');
  const choice = await vscode.window.showInformationMessage(
    vscode.l10n.t(
      'Exported to {0}. HTTPS through the proxy is opened from now on: give clients this file (curl --cacert, NODE_EXTRA_CA_CERTS, SSL_CERT_FILE, REQUESTS_CA_BUNDLE).',
      file.fsPath,
    ),
    copy,
  );
  if (choice === copy) await vscode.env.clipboard.writeText(file.fsPath);
}

function described(authority: AuthoritySummary): string {
  const day = (time: number): string => new Date(time).toLocaleDateString();
  const validity = vscode.l10n.t('valid from {0} to {1}', day(authority.validFrom), day(authority.validTo));
  const given = authority.exported ? vscode.l10n.t('exported') : vscode.l10n.t('not exported');
  return `${authority.name}: ${validity}, ${given}. SHA-256 ${authority.fingerprint}`;
}

async function showCa({ supervisor }: Parts): Promise<void> {
  const authority = await supervisor.call('showCa', undefined);
  const copy = vscode.l10n.t('Copy fingerprint');
  const exporting = vscode.l10n.t('Export');
  const choice = await vscode.window.showInformationMessage(described(authority), copy, exporting);
  if (choice === copy) await vscode.env.clipboard.writeText(authority.fingerprint);
  if (choice === exporting) await vscode.commands.executeCommand('wirelens.exportCa');
}

async function resetCa({ supervisor }: Parts): Promise<void> {
  const reset = vscode.l10n.t('Reset');
  const question = vscode.l10n.t(
    'Make a new certificate authority? Clients that were given the old certificate fail until they get the new one. Where the system trusts the old one, take it out first (Stop trusting CA on this machine).',
  );
  if ((await vscode.window.showWarningMessage(question, reset)) !== reset) return;
  await supervisor.call('resetCa', undefined);
  brieflySay(vscode.l10n.t('There is a new certificate authority; it was not exported yet'));
}

function storeHere(): TrustStore {
  return trustStoreOf(process.platform, existsSync(debianFolder));
}

/** Shows a command for the system's trust store and types it into a terminal on request; the person presses Enter. */
async function offer(command: string, explanation: string): Promise<boolean> {
  const run = vscode.l10n.t('Type it in a terminal');
  const copy = vscode.l10n.t('Copy command');
  const where =
    vscode.env.remoteName === undefined
      ? ''
      : ` ${vscode.l10n.t('It concerns the remote machine; browsers on your own machine have a trust store of their own.')}`;
  const choice = await vscode.window.showInformationMessage(`${explanation}${where} ${command}`, run, copy);
  if (choice === copy) await vscode.env.clipboard.writeText(command);
  if (choice === run) {
    const terminal = vscode.window.createTerminal({ name: 'Wirelens' });
    terminal.show();
    terminal.sendText(command, false);
  }
  return choice !== undefined;
}

async function trustCa({ supervisor }: Parts): Promise<void> {
  const { path } = await supervisor.call('showCa', undefined);
  const explanation = vscode.l10n.t(
    'This command makes programs that use the trust store of this system accept the certificate of Wirelens. Firefox, Java, Node.js and Python have their own. It is yours to run:',
  );
  if (await offer(trustCommand(storeHere(), path), explanation)) await supervisor.call('exportCa', undefined);
}

async function untrustCa({ supervisor }: Parts): Promise<void> {
  const authority = await supervisor.call('showCa', undefined);
  const explanation = vscode.l10n.t(
    'This command takes the certificate of Wirelens out of the trust store of this system. It is yours to run:',
  );
  await offer(untrustCommand(storeHere(), authority), explanation);
}

export function caCommands(parts: Parts) {
  return {
    'wirelens.exportCa': async (argument?: unknown) => exportCa(parts, argument),
    'wirelens.showCa': async () => showCa(parts),
    'wirelens.resetCa': async () => resetCa(parts),
    'wirelens.trustCa': async () => trustCa(parts),
    'wirelens.untrustCa': async () => untrustCa(parts),
  };
}
