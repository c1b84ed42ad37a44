// Commands on recorded requests: open, copy, clear, and how the view shows them.
import * as vscode from 'vscode';
import type { FlowId } from '../../contract/model.ts';
import type { FlowFileSystem } from '../documents/file-system.ts';
import { openBody, openFlow } from '../documents/open.ts';
import { curlOf } from '../documents/curl.ts';
import type { Supervisor } from '../link/supervisor.ts';
import type { FlowStore } from '../model/flow-store.ts';
import type { Mirror } from '../model/mirror.ts';
import type { RowSurroundings } from '../views/request-rows.ts';
import { requestRow } from '../views/request-rows.ts';
import type { RequestsView } from '../views/requests-view.ts';
import { openMessage } from '../documents/open-message.ts';
import { flowFrom, messageFrom, rowOf, sideFrom } from './arguments.ts';
import { brieflySay } from './say.ts';

interface Parts {
  readonly supervisor: Supervisor;
  readonly mirror: Mirror;
  readonly flows: FlowStore;
  readonly files: FlowFileSystem;
  readonly requests: RequestsView;
  readonly rowSurroundings: () => RowSurroundings;
  readonly toggleSecrets: () => boolean;
}

async function pickFlow({ mirror, rowSurroundings }: Parts): Promise<FlowId | undefined> {
  const surroundings = rowSurroundings();
  const picks = mirror.rows
    .filter((row) => !row.lost)
    .map((row) => {
      const { id, label, description = '' } = requestRow(row, surroundings);
      return { label, description, id };
    })
    .toReversed();
  if (picks.length === 0) {
    void vscode.window.showInformationMessage(vscode.l10n.t('No request is recorded.'));
    return undefined;
  }
  const placeHolder = vscode.l10n.t('Which request?');
  return (await vscode.window.showQuickPick(picks, { placeHolder, matchOnDescription: true }))?.id;
}

/** The flow of the row, or the selected one, or one that the person picks. */
async function meantFlow(parts: Parts, argument: unknown): Promise<FlowId | undefined> {
  return flowFrom(argument) ?? parts.requests.selected ?? pickFlow(parts);
}

async function withFlow(parts: Parts, argument: unknown, run: (id: FlowId) => Promise<void>): Promise<void> {
  const id = await meantFlow(parts, argument);
  if (id !== undefined) await run(id);
}

async function copyAsCurl(flows: FlowStore, id: FlowId): Promise<void> {
  const curl = await curlOf(flows, id);
  if (curl.kind === 'none') {
    void vscode.window.showInformationMessage(
      vscode.l10n.t('There is no request to copy: it is a tunnel, or no longer recorded.'),
    );
    return;
  }
  await vscode.env.clipboard.writeText(curl.text);
  if (curl.withoutBody) {
    void vscode.window.showWarningMessage(
      vscode.l10n.t('Copied as cURL, but without the body: it is too large, or not all of it is recorded.'),
    );
  } else {
    brieflySay(vscode.l10n.t('Copied as cURL, with its secrets'));
  }
}

async function clearRequests({ supervisor, mirror, flows }: Parts): Promise<void> {
  if (supervisor.status.kind === 'up') await supervisor.call('clearFlows', undefined);
  flows.forget();
  mirror.clear();
}

async function copyValue(argument: unknown): Promise<void> {
  const value = rowOf(argument)?.item.copies;
  if (value === undefined) return;
  await vscode.env.clipboard.writeText(value);
  brieflySay(vscode.l10n.t('Copied'));
}

function revealSecrets({ toggleSecrets }: Parts): void {
  const revealed = toggleSecrets();
  brieflySay(revealed ? vscode.l10n.t('Secrets are shown in this window') : vscode.l10n.t('Secrets are masked'));
}

async function openMessageOf(parts: Parts, argument: unknown): Promise<void> {
  const id = flowFrom(argument);
  const message = messageFrom(argument);
  if (id !== undefined && message !== undefined) await openMessage(parts, id, message);
}

function showMoreMessages({ requests }: Parts, argument: unknown): void {
  const id = flowFrom(argument);
  if (id !== undefined) requests.showMoreMessages(id);
}

export function requestCommands(parts: Parts) {
  return {
    'wirelens.openRequest': async (argument?: unknown) => withFlow(parts, argument, async (id) => openFlow(parts, id)),
    'wirelens.openBody': async (argument?: unknown) =>
      withFlow(parts, argument, async (id) => openBody(parts, id, sideFrom(argument))),
    'wirelens.openMessage': async (argument?: unknown) => openMessageOf(parts, argument),
    'wirelens.showMoreMessages': (argument?: unknown) => showMoreMessages(parts, argument),
    'wirelens.copyAsCurl': async (argument?: unknown) =>
      withFlow(parts, argument, async (id) => copyAsCurl(parts.flows, id)),
    'wirelens.copyValue': copyValue,
    'wirelens.clearRequests': async () => clearRequests(parts),
    'wirelens.showMoreRequests': async () => parts.requests.showMore(),
    'wirelens.showNewestRequests': () => parts.requests.release(),
    'wirelens.revealSecrets': () => revealSecrets(parts),
  };
}
