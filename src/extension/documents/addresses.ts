// The addresses of documents: which flow and which part of it a `wirelens:` path means, and the file name that its tab shows.
import type { FlowId, FlowSummary } from '../../contract/model.ts';

export const documentScheme = 'wirelens';

/** What a document shows. */
export type DocumentKind =
  /** The whole flow as text. */
  | 'flow'
  /** A body as text, decoded and formatted. */
  | 'text'
  /** A body as it is, decoded: for VS Code's own viewers of images, audio and video. */
  | 'media'
  /** A body as a hexdump. */
  | 'bytes';

export interface DocumentAddress {
  readonly id: FlowId;
  readonly side: 'request' | 'response';
  readonly kind: DocumentKind;
  /** The number of a message, whose payload it then is. */
  readonly message?: number;
}

const kinds: readonly string[] = ['flow', 'text', 'media', 'bytes'] satisfies readonly DocumentKind[];

/** The path of a document; `name` is only for people and for the choice of the language. */
export function pathOfDocument({ id, side, kind, message }: DocumentAddress, name: string): string {
  const part = message === undefined ? side : `${side}.${message}`;
  return `/${id}/${part}/${kind}/${name}`;
}

const pathText = /^\/([^/]+)\/(request|response)(?:\.([1-9]\d*))?\/([^/]+)\/[^/]+$/;
const cachePrefix = 'cache-';

/** What stands in the place of a flow's id for the content of a cache entry. */
export function cacheDocumentId(entry: string): string {
  return `${cachePrefix}${entry}`;
}

/** Whether the id of a document is that of a cache entry. */
export function isOfCache(id: string): boolean {
  return id.startsWith(cachePrefix);
}

/** Undefined for paths that are none of ours. */
export function documentAtPath(path: string): DocumentAddress | undefined {
  const [, id = '', side, message, kind = ''] = pathText.exec(path) ?? [];
  if ((side !== 'request' && side !== 'response') || !kinds.includes(kind)) return undefined;
  const address: DocumentAddress = { id, side, kind: kind as DocumentKind };
  return message === undefined ? address : { ...address, message: Number(message) };
}

/** The last part of a URL's path without its extension, as far as file systems take it. */
function stemOf(url: string): string {
  const path = /^[a-z][a-z0-9+.-]*:\/\/[^/?#]*([^?#]*)/i.exec(url)?.[1] ?? url;
  const last = path.split('/').findLast((part) => part !== '') ?? '';
  const stem = last.replace(/\.[A-Za-z0-9]{1,5}$/, '');
  return stem
    .replaceAll(/%[0-9a-f]{2}/gi, '-')
    .replaceAll(/[^\p{L}\p{N}._-]+/gu, '-')
    .slice(0, 60);
}

/** The name of a body's document, such as `users #12.json`. */
export function bodyDocumentName(summary: FlowSummary, side: DocumentAddress['side'], extension: string): string {
  const stem = stemOf(summary.url) || (side === 'request' ? 'request' : 'response');
  const which = side === 'request' ? ' sent' : '';
  return `${stem}${which} #${summary.number}${extension}`;
}

/** The name of a message's document, such as `chat message 7 #12.json`. */
export function messageDocumentName(summary: FlowSummary, message: number, extension: string): string {
  const stem = stemOf(summary.url);
  return `${[stem, 'message', message].filter((part) => part !== '').join(' ')} #${summary.number}${extension}`;
}

/** The name of the document that shows a whole flow. */
export function flowDocumentName(summary: FlowSummary): string {
  const stem = stemOf(summary.url);
  return `${[summary.method, stem].filter((part) => part !== '').join(' ')} #${summary.number}.http`;
}

/** The name of the document with the content of a cache entry, such as `users (cached).json`. */
export function cacheDocumentName(url: string, extension: string): string {
  return `${stemOf(url) || 'response'} (cached)${extension}`;
}
