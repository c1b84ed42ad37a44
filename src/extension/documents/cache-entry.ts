// Opens and saves the content of cache entries, decoded, as documents and files.
import * as vscode from 'vscode';
import type { CacheEntrySummary } from '../../contract/model.ts';
import type { FlowStore } from '../model/flow-store.ts';
import { cacheDocumentId, cacheDocumentName, documentScheme, pathOfDocument } from './addresses.ts';
import { bodyForm, documentBytes, documentExtension, expectedKind, kindOfBytes, languageOfBody } from './body-kind.ts';
import type { FlowFileSystem } from './file-system.ts';
import { showText } from './open.ts';
import { readBody } from './read-body.ts';
import { saveBody } from './save-body.ts';

interface Parts {
  readonly flows: FlowStore;
  readonly files: FlowFileSystem;
}

/** Asks where to, and writes the whole content there. */
export async function exportCacheEntry({ flows }: Pick<Parts, 'flows'>, entry: CacheEntrySummary): Promise<void> {
  const name = cacheDocumentName(entry.url, documentExtension(expectedKind(entry.mediaType), entry.mediaType));
  await saveBody(flows, { entry: entry.id, form: 'decoded' }, name);
}

/** Opens the content as it is now; what is too large for an editor is offered as a file. */
export async function openCacheEntry({ flows, files }: Parts, entry: CacheEntrySummary): Promise<void> {
  const { id, url, mediaType } = entry;
  const expected = expectedKind(mediaType);
  const reading = await readBody(flows, { entry: id, form: bodyForm(expected) });
  if (reading.kind === 'too-large') return exportCacheEntry({ flows }, entry);
  if (reading.kind !== 'read') {
    void vscode.window.showInformationMessage(vscode.l10n.t('That cache entry was gone already.'));
    return;
  }
  const kind = kindOfBytes(expected, reading.bytes);
  const name = cacheDocumentName(url, documentExtension(kind, mediaType));
  const path = pathOfDocument({ id: cacheDocumentId(id), side: 'response', kind }, name);
  const uri = vscode.Uri.from({ scheme: documentScheme, path });
  files.put(uri, documentBytes(kind, reading.bytes, mediaType));
  if (kind === 'media') await vscode.commands.executeCommand('vscode.open', uri);
  else await showText(uri, kind === 'text' ? languageOfBody(mediaType) : undefined);
  if (reading.note !== undefined) void vscode.window.showWarningMessage(reading.note);
}
