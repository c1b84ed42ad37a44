// The quick pick behind the status bar item: the commands that make sense now.
import * as vscode from 'vscode';

/** What decides which commands make sense. */
export interface MenuState {
  readonly running: boolean;
  readonly capturing: boolean;
  readonly keepAlive: boolean;
  readonly cacheOn: boolean;
  readonly hasFlows: boolean;
  readonly hasCacheEntries: boolean;
}

type Entry = vscode.QuickPickItem & { readonly command: string };

function entry(icon: string, label: string, command: string, description?: string): Entry {
  return { label: `$(${icon}) ${label}`, command, ...(description === undefined ? {} : { description }) };
}

function entriesFor(state: MenuState): readonly Entry[] {
  const { t } = vscode.l10n;
  const on = t('now on');
  const off = t('now off');
  const stopped = [entry('play', t('Start proxy'), 'wirelens.start')];
  const running = [
    entry('debug-stop', t('Stop proxy'), 'wirelens.stop'),
    entry('copy', t('Copy proxy URL'), 'wirelens.copyProxyUrl'),
    state.capturing
      ? entry('debug-pause', t('Pause capture'), 'wirelens.pauseCapture')
      : entry('record', t('Resume capture'), 'wirelens.resumeCapture'),
    entry('debug-restart', t('Restart proxy'), 'wirelens.restart'),
  ];
  return [
    ...(state.running ? running : stopped),
    ...(state.hasFlows ? [entry('clear-all', t('Clear requests'), 'wirelens.clearRequests')] : []),
    ...(state.hasCacheEntries ? [entry('trash', t('Flush cache'), 'wirelens.flushCache')] : []),
    entry('link', t('Toggle keep-alive'), 'wirelens.toggleKeepAlive', state.keepAlive ? on : off),
    entry('database', t('Toggle cache'), 'wirelens.toggleCache', state.cacheOn ? on : off),
    entry('settings', t('Choose cache mode'), 'wirelens.chooseCacheMode'),
    entry('list-tree', t('Show requests'), 'wirelens.requests.focus'),
    entry('plug', t('Choose port'), 'wirelens.choosePort'),
    entry('gear', t('Open settings'), 'wirelens.openSettings'),
    entry('output', t('Show log'), 'wirelens.showLog'),
  ];
}

export async function showMenu(state: MenuState): Promise<void> {
  const picked = await vscode.window.showQuickPick(entriesFor(state), { title: 'Wirelens' });
  if (picked !== undefined) await vscode.commands.executeCommand(picked.command);
}
