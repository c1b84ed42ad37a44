// The read-only file system `wirelens:`: a flow or a body as a file, made when it is read.
import * as vscode from 'vscode';
import type { FlowDetail } from '../../contract/model.ts';
import type { FlowStore } from '../model/flow-store.ts';
import { documentAtPath, documentScheme, isOfCache, type DocumentAddress } from './addresses.ts';
import { bodyForm, documentBytes } from './body-kind.ts';
import { ByteCache } from './byte-cache.ts';
import { readBody } from './read-body.ts';

/** Bytes of documents that are kept for reading them again. */
const keptBytes = 64 * 1024 * 1024;

interface Surroundings {
  readonly flows: FlowStore;
  /** The text of the document that shows a whole flow. */
  readonly flowText: (flow: FlowDetail) => string;
}

function mediaTypeOf(flow: FlowDetail, side: DocumentAddress['side']): string | undefined {
  return flow[side]?.fields.find(([name]) => name.toLowerCase() === 'content-type')?.[1];
}

export class FlowFileSystem implements vscode.FileSystemProvider, vscode.Disposable {
  readonly #flows: FlowStore;
  readonly #flowText: (flow: FlowDetail) => string;
  readonly #changed = new vscode.EventEmitter<vscode.FileChangeEvent[]>();
  readonly #cache = new ByteCache(keptBytes);
  /** Documents of whole flows that were opened: they change when secrets are revealed. */
  readonly #flowDocuments = new Set<string>();
  /** The modification time in ms of each changed document; VS Code reads again only what has become newer. */
  readonly #revisions = new Map<string, number>();

  readonly onDidChangeFile = this.#changed.event;

  constructor(surroundings: Surroundings) {
    this.#flows = surroundings.flows;
    this.#flowText = surroundings.flowText;
  }

  /** Hands over contents that were read already, so that opening the document does not read them again. */
  put(uri: vscode.Uri, bytes: Uint8Array): void {
    const before = this.#cache.get(uri.path);
    this.#cache.set(uri.path, bytes);
    if (before !== undefined && Buffer.compare(before, bytes) !== 0) this.#announce([uri]);
  }

  /** Makes all flow documents anew: what they mask has changed. */
  refreshFlowTexts(): void {
    this.#announce([...this.#flowDocuments].map((path) => vscode.Uri.from({ scheme: documentScheme, path })));
  }

  async stat(uri: vscode.Uri): Promise<vscode.FileStat> {
    const bytes = await this.readFile(uri);
    return {
      type: vscode.FileType.File,
      ctime: 0,
      mtime: this.#revisions.get(uri.path) ?? 0,
      size: bytes.byteLength,
      permissions: vscode.FilePermission.Readonly,
    };
  }

  async readFile(uri: vscode.Uri): Promise<Uint8Array> {
    const address = documentAtPath(uri.path);
    if (address === undefined) throw vscode.FileSystemError.FileNotFound(uri);
    const kept = this.#cache.get(uri.path);
    if (kept !== undefined) return kept;
    const bytes = await this.#make(address);
    if (bytes === undefined) {
      throw vscode.FileSystemError.FileNotFound(
        isOfCache(address.id)
          ? vscode.l10n.t('Open this response from the Cache view once more.')
          : vscode.l10n.t('This request is no longer recorded.'),
      );
    }
    if (address.kind !== 'flow') this.#cache.set(uri.path, bytes);
    else this.#flowDocuments.add(uri.path);
    return bytes;
  }

  watch(): vscode.Disposable {
    return new vscode.Disposable(() => undefined);
  }

  readDirectory(): [string, vscode.FileType][] {
    return [];
  }

  createDirectory(uri: vscode.Uri): never {
    throw vscode.FileSystemError.NoPermissions(uri);
  }

  writeFile(uri: vscode.Uri): never {
    throw vscode.FileSystemError.NoPermissions(uri);
  }

  delete(uri: vscode.Uri): never {
    throw vscode.FileSystemError.NoPermissions(uri);
  }

  rename(uri: vscode.Uri): never {
    throw vscode.FileSystemError.NoPermissions(uri);
  }

  dispose(): void {
    this.#changed.dispose();
  }

  async #make(address: DocumentAddress): Promise<Uint8Array | undefined> {
    // What was opened from the cache is a copy: by now the entry may be another one, or gone.
    if (isOfCache(address.id)) return undefined;
    const flow = await this.#flows.detail(address.id);
    if (flow === undefined) return undefined;
    if (address.kind === 'flow') return Buffer.from(this.#flowText(flow));
    const { id, side, kind, message } = address;
    const choice = { id, side, form: bodyForm(kind), ...(message === undefined ? {} : { message }) };
    const reading = await readBody(this.#flows, choice);
    if (reading.kind !== 'read') return undefined;
    return documentBytes(kind, reading.bytes, message === undefined ? mediaTypeOf(flow, side) : undefined);
  }

  #announce(uris: readonly vscode.Uri[]): void {
    for (const uri of uris) this.#revisions.set(uri.path, Date.now());
    this.#changed.fire(uris.map((uri) => ({ type: vscode.FileChangeType.Changed, uri })));
  }
}
