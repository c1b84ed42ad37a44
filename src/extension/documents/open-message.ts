// Opens the payload of one message as a document: JSON laid out, other text as it is, the rest as a hexdump.
import * as vscode from 'vscode';
import type { FlowMessage } from '../../contract/messages.ts';
import { documentScheme, messageDocumentName, pathOfDocument } from './addresses.ts';
import { bodyForm, documentBytes, documentExtension, kindOfBytes } from './body-kind.ts';
import { detailOrSay, showText, type Parts } from './open.ts';
import { readBody } from './read-body.ts';
import { saveBody } from './save-body.ts';

/** Whether the text is one JSON value, judged by its ends: the engine has laid it out where it is. */
function looksLikeJson(bytes: Uint8Array): boolean {
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const start = text.toString('latin1', 0, 64).trimStart();
  const end = text.toString('latin1', Math.max(0, text.length - 64)).trimEnd();
  return (start.startsWith('{') && end.endsWith('}')) || (start.startsWith('[') && end.endsWith(']'));
}

function sayGone(): void {
  void vscode.window.showInformationMessage(vscode.l10n.t('This message is no longer recorded.'));
}

function sideOf({ direction }: FlowMessage): 'request' | 'response' {
  return direction === 'sent' ? 'request' : 'response';
}

/** Opens the message with this number of a flow. */
export async function openMessage(parts: Parts, id: string, number: number): Promise<void> {
  const { flows, files } = parts;
  const flow = await detailOrSay(flows, id);
  if (flow === undefined) return;
  const message = (await flows.messages({ id, from: number, count: 1 }))?.messages[0];
  if (message?.number !== number) {
    sayGone();
    return;
  }
  const choice = { id, side: sideOf(message), message: number };
  const reading = await readBody(flows, { ...choice, form: bodyForm('text') });
  if (reading.kind === 'too-large') {
    await saveBody(flows, { ...choice, form: 'wire' }, messageDocumentName(flow, number, '.bin'));
    return;
  }
  if (reading.kind !== 'read') {
    sayGone();
    return;
  }
  const kind = kindOfBytes('text', reading.bytes);
  const isJson = kind === 'text' && looksLikeJson(reading.bytes);
  const extension = documentExtension(kind, isJson ? 'application/json' : undefined);
  const path = pathOfDocument({ ...choice, kind }, messageDocumentName(flow, number, extension));
  const uri = vscode.Uri.from({ scheme: documentScheme, path });
  files.put(uri, documentBytes(kind, reading.bytes, undefined));
  await showText(uri, kind === 'bytes' ? undefined : isJson ? 'json' : 'plaintext');
  if (reading.note !== undefined) void vscode.window.showWarningMessage(reading.note);
}
