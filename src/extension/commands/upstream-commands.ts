// Commands that take secrets for the way to upstream: of its proxy, and of client certificates.
import * as vscode from 'vscode';
import type { ProxyControl } from '../link/proxy-control.ts';
import type { EngineSurroundings } from '../settings/surroundings.ts';
import { readSettings } from '../settings/user-settings.ts';
import { brieflySay } from './say.ts';

interface Parts {
  readonly control: ProxyControl;
  readonly surroundings: EngineSurroundings;
}

/** The only one, or the one that the person picks. */
async function choose(all: readonly string[], placeHolder: string): Promise<string | undefined> {
  return all.length > 1 ? await vscode.window.showQuickPick([...all], { placeHolder }) : all[0];
}

async function offerSetting(message: string, setting: string): Promise<void> {
  const open = vscode.l10n.t('Open settings');
  if ((await vscode.window.showInformationMessage(message, open)) !== open) return;
  await vscode.commands.executeCommand('workbench.action.openSettings', `@id:wirelens.${setting}`);
}

async function setCredentials({ control, surroundings }: Parts): Promise<void> {
  const proxies = surroundings.proxies(readSettings().settings);
  if (proxies.length === 0) {
    await offerSetting(vscode.l10n.t('No upstream proxy is set.'), 'upstreamProxy');
    return;
  }
  const proxy = await choose(proxies, vscode.l10n.t('Which upstream proxy?'));
  if (proxy === undefined) return;
  const username = await vscode.window.showInputBox({
    title: vscode.l10n.t('User name for {0}', proxy),
    prompt: vscode.l10n.t('Kept in the secret storage of VS Code. Leave it empty to forget what is kept.'),
  });
  if (username === undefined) return;
  const title = vscode.l10n.t('Password for {0}', proxy);
  const password = username === '' ? '' : await vscode.window.showInputBox({ title, password: true });
  if (password === undefined) return;
  await surroundings.keepCredentials(proxy, username === '' ? undefined : { username, password });
  await control.applySettings();
  brieflySay(
    username === '' ? vscode.l10n.t('Forgot the credentials for {0}', proxy) : vscode.l10n.t('Kept for {0}', proxy),
  );
}

async function setPassphrase({ control, surroundings }: Parts): Promise<void> {
  const certificates = readSettings().settings['https.clientCertificates'];
  const files = [...new Set(certificates.map((one) => one.pfxFile ?? one.keyFile ?? ''))];
  if (files.length === 0) {
    await offerSetting(vscode.l10n.t('No client certificate is set.'), 'https.clientCertificates');
    return;
  }
  const file = await choose(files, vscode.l10n.t('Which key?'));
  if (file === undefined) return;
  const passphrase = await vscode.window.showInputBox({
    title: vscode.l10n.t('Passphrase of {0}', file),
    prompt: vscode.l10n.t('Kept in the secret storage of VS Code. Leave it empty to forget what is kept.'),
    password: true,
  });
  if (passphrase === undefined) return;
  await surroundings.keepPassphrase(file, passphrase);
  await control.applySettings();
}

export function upstreamCommands(parts: Parts) {
  return {
    'wirelens.setUpstreamProxyCredentials': async () => setCredentials(parts),
    'wirelens.setClientCertificatePassphrase': async () => setPassphrase(parts),
  };
}
