// The command that lets a host pass unopened from now on: one more pattern in `wirelens.https.exclude`.
import * as vscode from 'vscode';
import type { FlowId } from '../../contract/model.ts';
import type { Mirror } from '../model/mirror.ts';
import { readSettings, writeSetting } from '../settings/user-settings.ts';
import type { RequestsView } from '../views/requests-view.ts';
import { hostToBypass } from '../views/request-rows.ts';
import { flowFrom } from './arguments.ts';
import { brieflySay } from './say.ts';

interface Parts {
  readonly mirror: Mirror;
  readonly requests: RequestsView;
}

async function pickHost({ mirror }: Parts): Promise<string | undefined> {
  const hosts = new Set(mirror.rows.map(({ summary }) => hostToBypass(summary)).filter((host) => host !== undefined));
  const placeHolder = vscode.l10n.t('Which host passes unopened from now on?');
  return vscode.window.showQuickPick([...hosts].toReversed(), { placeHolder });
}

function hostOf({ mirror }: Parts, id: FlowId | undefined): string | undefined {
  const row = mirror.rows.find(({ summary }) => summary.id === id);
  return row === undefined ? undefined : hostToBypass(row.summary);
}

export async function bypassHost(parts: Parts, argument: unknown): Promise<void> {
  const host = hostOf(parts, flowFrom(argument) ?? parts.requests.selected) ?? (await pickHost(parts));
  if (host === undefined) return;
  const excluded = readSettings().settings['https.exclude'];
  if (!excluded.includes(host)) await writeSetting('https.exclude', [...excluded, host]);
  brieflySay(vscode.l10n.t('HTTPS to {0} passes unopened from now on (wirelens.https.exclude)', host));
}
