// Commands that steer the proxy: start and stop, port, keep-alive, cache switch, capture.
import * as vscode from 'vscode';
import { settingsTable, type UserSettings } from '../../contract/settings.ts';
import type { ProxyControl } from '../link/proxy-control.ts';
import type { Supervisor } from '../link/supervisor.ts';
import { readSettings, writeSetting } from '../settings/user-settings.ts';
import { proxyUrlOf } from '../views/status-text.ts';
import { brieflySay } from './say.ts';
import { sendTryOut } from './try-out.ts';

interface Parts {
  readonly control: ProxyControl;
  readonly supervisor: Supervisor;
}

async function copyProxyUrl(supervisor: Supervisor): Promise<void> {
  if (supervisor.listening === undefined) return;
  const url = proxyUrlOf(supervisor.listening);
  await vscode.env.clipboard.writeText(url);
  brieflySay(vscode.l10n.t('Copied {0}', url));
}

async function toggleKeepAlive(): Promise<void> {
  const on = !readSettings().settings.keepAlive;
  await writeSetting('keepAlive', on);
  brieflySay(on ? vscode.l10n.t('Keep-alive is on') : vscode.l10n.t('Keep-alive is off'));
}

async function toggleCache(): Promise<void> {
  const on = readSettings().settings['cache.mode'] === 'off';
  await writeSetting('cache.mode', on ? 'standard' : 'off');
  brieflySay(on ? vscode.l10n.t('The cache is on') : vscode.l10n.t('The cache is off'));
}

type CacheMode = UserSettings['cache.mode'];

/** The modes in words; the compiler asks for those of a new one. */
function cacheModeWords(): Record<CacheMode, { readonly label: string; readonly detail: string }> {
  const { t } = vscode.l10n;
  return {
    off: { label: t('Off'), detail: t('Every request goes to its server') },
    standard: {
      label: t('Standard'),
      detail: t('As RFC 9111 has it, and never longer than wirelens.cache.ttl without asking'),
    },
    force: {
      label: t('Force'),
      detail: t('Also keeps for wirelens.cache.ttl what does not say how long it is fresh: for work offline'),
    },
    explain: {
      label: t('Explain'),
      detail: t('Shows what a cache would have done, but always asks the server'),
    },
  };
}

async function chooseCacheMode(): Promise<void> {
  const { t } = vscode.l10n;
  const now = readSettings().settings['cache.mode'];
  const words = cacheModeWords();
  const picks = settingsTable['cache.mode'].choices.map((mode) => ({
    ...words[mode],
    ...(mode === now ? { description: t('now') } : {}),
    mode,
  }));
  const picked = await vscode.window.showQuickPick(picks, { title: t('Cache mode') });
  if (picked === undefined) return;
  await writeSetting('cache.mode', picked.mode);
  brieflySay(t('Cache mode: {0}', picked.label));
}

async function tryIt({ control, supervisor }: Parts): Promise<void> {
  if (supervisor.listening === undefined) await control.start('person');
  const { listening } = supervisor;
  if (listening === undefined) return;
  const status = await sendTryOut(listening);
  brieflySay(vscode.l10n.t('Sent GET http://wirelens.test/ through the proxy; the answer was {0}', status));
}

export function proxyCommands(parts: Parts) {
  const { control, supervisor } = parts;
  return {
    'wirelens.start': async () => control.start('person'),
    'wirelens.stop': async () => control.stop(),
    'wirelens.restart': async () => control.restart(),
    'wirelens.choosePort': async () => control.choosePort(),
    'wirelens.copyProxyUrl': async () => copyProxyUrl(supervisor),
    'wirelens.toggleKeepAlive': toggleKeepAlive,
    'wirelens.toggleCache': toggleCache,
    'wirelens.chooseCacheMode': chooseCacheMode,
    'wirelens.pauseCapture': async () => supervisor.setCapturing(false),
    'wirelens.resumeCapture': async () => supervisor.setCapturing(true),
    'wirelens.tryIt': async () => tryIt(parts),
  };
}
