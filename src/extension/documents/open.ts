// Opens flows and bodies as documents: in the right language, with progress, and with a way out for what is too large.
import * as vscode from 'vscode';
import { formatBytes } from '../../formats/numbers.ts';
import type { FlowDetail } from '../../contract/model.ts';
import type { FlowStore } from '../model/flow-store.ts';
import { bodyDocumentName, documentScheme, flowDocumentName, pathOfDocument, type DocumentKind } from './addresses.ts';
import { bodyForm, documentBytes, documentExtension, expectedKind, kindOfBytes, languageOfBody } from './body-kind.ts';
import type { FlowFileSystem } from './file-system.ts';
import { readBody, type BodyReading } from './read-body.ts';
import { saveBody } from './save-body.ts';

type Side = 'request' | 'response';

/** What opening a document needs. */
export interface Parts {
  readonly flows: FlowStore;
  readonly files: FlowFileSystem;
}

function uriOf(flow: FlowDetail, side: Side, kind: DocumentKind, name: string): vscode.Uri {
  return vscode.Uri.from({ scheme: documentScheme, path: pathOfDocument({ id: flow.id, side, kind }, name) });
}

export async function detailOrSay(flows: FlowStore, id: string): Promise<FlowDetail | undefined> {
  const flow = await flows.detail(id);
  if (flow === undefined) {
    void vscode.window.showInformationMessage(vscode.l10n.t('This request is no longer recorded.'));
  }
  return flow;
}

/** Shows a document in a language, where VS Code knows that. */
export async function showText(uri: vscode.Uri, language: string | undefined): Promise<void> {
  const opened = await vscode.workspace.openTextDocument(uri);
  const document =
    language !== undefined &&
    opened.languageId !== language &&
    (await vscode.languages.getLanguages()).includes(language)
      ? await vscode.languages.setTextDocumentLanguage(opened, language)
      : opened;
  await vscode.window.showTextDocument(document, { preview: true });
}

/** Opens the whole flow as text. */
export async function openFlow({ flows }: Parts, id: string): Promise<void> {
  const flow = await detailOrSay(flows, id);
  if (flow !== undefined) await showText(uriOf(flow, 'request', 'flow', flowDocumentName(flow)), undefined);
}

async function chooseSide(flow: FlowDetail): Promise<Side | undefined> {
  const sides: readonly {
    readonly label: string;
    readonly description: string;
    readonly side: Side;
    readonly size: number;
  }[] = [
    describeSide(flow, 'response', vscode.l10n.t('Response body')),
    describeSide(flow, 'request', vscode.l10n.t('Request body')),
  ];
  const there = sides.filter(({ size }) => size > 0);
  if (there.length === 0) {
    void vscode.window.showInformationMessage(vscode.l10n.t('Neither the request nor the response has a body.'));
    return undefined;
  }
  if (there.length === 1) return there[0]?.side;
  return (await vscode.window.showQuickPick(there, { title: vscode.l10n.t('Open body') }))?.side;
}

function describeSide(flow: FlowDetail, side: Side, label: string) {
  const size = flow[side]?.body.size ?? 0;
  return { label, description: formatBytes(size), side, size };
}

async function readWithProgress(
  { flows }: Parts,
  flow: FlowDetail,
  side: Side,
  kind: DocumentKind,
): Promise<BodyReading> {
  return vscode.window.withProgress(
    { location: vscode.ProgressLocation.Notification, title: vscode.l10n.t('Reading the body'), cancellable: true },
    async (progress, token) => {
      let reported = 0;
      return readBody(
        flows,
        { id: flow.id, side, form: bodyForm(kind) },
        {
          isCancelled: () => token.isCancellationRequested,
          onProgress: (share) => {
            progress.report({ increment: (share - reported) * 100 });
            reported = share;
          },
        },
      );
    },
  );
}

/** A notification for what is read in an instant would only flicker. */
const quickBytes = 1024 * 1024;

async function read(parts: Parts, flow: FlowDetail, side: Side, kind: DocumentKind): Promise<BodyReading> {
  const size = flow[side]?.body.size ?? 0;
  if (size > quickBytes) return readWithProgress(parts, flow, side, kind);
  return readBody(parts.flows, { id: flow.id, side, form: bodyForm(kind) });
}

async function offerToSave({ flows }: Parts, flow: FlowDetail, side: Side, size: number, name: string): Promise<void> {
  const save = vscode.l10n.t('Save as…');
  const choice = await vscode.window.showWarningMessage(
    vscode.l10n.t('The body is too large for an editor ({0}).', formatBytes(size)),
    save,
  );
  if (choice === save) await saveBody(flows, { id: flow.id, side, form: 'decoded' }, name);
}

/** Opens a body; asks which where the flow has both and `side` names none. */
export async function openBody(parts: Parts, id: string, side?: Side): Promise<void> {
  const flow = await detailOrSay(parts.flows, id);
  if (flow === undefined) return;
  const chosen = side ?? (await chooseSide(flow));
  if (chosen !== undefined) await openBodyOf(parts, flow, chosen);
}

async function openBodyOf(parts: Parts, flow: FlowDetail, side: Side): Promise<void> {
  const mediaType = flow[side]?.fields.find(([name]) => name.toLowerCase() === 'content-type')?.[1];
  const expected = expectedKind(mediaType);
  const reading = await read(parts, flow, side, expected);
  if (reading.kind === 'cancelled') return;
  if (reading.kind === 'gone') {
    void vscode.window.showInformationMessage(vscode.l10n.t('There is no such body in the record.'));
    return;
  }
  if (reading.kind === 'too-large') {
    await offerToSave(
      parts,
      flow,
      side,
      reading.size,
      bodyDocumentName(flow, side, documentExtension('media', mediaType)),
    );
    return;
  }
  const kind = kindOfBytes(expected, reading.bytes);
  const uri = uriOf(flow, side, kind, bodyDocumentName(flow, side, documentExtension(kind, mediaType)));
  parts.files.put(uri, documentBytes(kind, reading.bytes, mediaType));
  if (kind === 'media') await vscode.commands.executeCommand('vscode.open', uri);
  else await showText(uri, kind === 'text' ? languageOfBody(mediaType) : undefined);
  if (reading.note !== undefined) void vscode.window.showWarningMessage(reading.note);
}
