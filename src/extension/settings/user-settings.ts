// Reads the settings `wirelens.*` of this window, says which are wrong, and writes those that commands change.
import * as vscode from 'vscode';
import { checkSettings, type SettingName, type SettingProblem, type UserSettings } from '../../contract/settings.ts';
import type { EditorProxy } from '../../contract/upstream.ts';

const section = 'wirelens';

/** VS Code gives objects as proxies, which cannot cross a process boundary; settings are JSON, so nothing is lost. */
function plain(value: unknown): unknown {
  return typeof value === 'object' && value !== null ? (JSON.parse(JSON.stringify(value)) as unknown) : value;
}

export function readSettings(): { readonly settings: UserSettings; readonly problems: readonly SettingProblem[] } {
  const configuration = vscode.workspace.getConfiguration(section);
  return checkSettings((name) => plain(configuration.get(name)));
}

/** Writes a setting where it counts: to the workspace where that has a value of its own, to the user's otherwise. */
export async function writeSetting<Name extends SettingName>(name: Name, value: UserSettings[Name]): Promise<void> {
  const configuration = vscode.workspace.getConfiguration(section);
  const here = configuration.inspect(name)?.workspaceValue !== undefined;
  await configuration.update(
    name,
    value,
    here ? vscode.ConfigurationTarget.Workspace : vscode.ConfigurationTarget.Global,
  );
}

/** Calls when one of our settings has changed, or the editor's own proxy. */
export function onDidChangeSettings(listener: () => void): vscode.Disposable {
  return vscode.workspace.onDidChangeConfiguration((event) => {
    const affected = [section, 'http.proxy', 'http.noProxy'].some((name) => event.affectsConfiguration(name));
    if (affected) listener();
  });
}

/** The editor's own proxy. A workspace must not decide where traffic goes: only what the user set counts. */
export function editorProxy(): EditorProxy {
  const http = vscode.workspace.getConfiguration('http');
  const proxy = http.inspect<string>('proxy')?.globalValue;
  const noProxy = http.inspect<readonly string[]>('noProxy')?.globalValue;
  return { proxy: typeof proxy === 'string' ? proxy : '', noProxy: Array.isArray(noProxy) ? noProxy : [] };
}
