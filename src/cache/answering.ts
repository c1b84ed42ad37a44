// The answers that a stored response makes: whole, in part, 304, or 416 (RFC 9111 §4, RFC 9110 §14).
import type { FindDecision } from '../contract/decisions.ts';
import { Fields } from '../http/fields.ts';
import { servedStatus } from './cache-status.ts';
import { isNotModified } from './conditional.ts';
import { StoredFields, type Entry } from './entry.ts';
import { contentFor } from './finding.ts';
import type { CacheAnswer, CacheRequest } from './messages.ts';
import type { Slice } from './ranges.ts';

const NO_CONTENT = Buffer.alloc(0);

/** What says where and how much the content is; made anew for a part. */
const OF_CONTENT: ReadonlySet<string> = new Set(['content-length', 'content-range']);

/** Fields of a stored response that an answer without any of its content still has. */
const OF_416: readonly string[] = ['date', 'etag', 'last-modified'];

type Dressed = (fields: StoredFields) => Fields;

function partial(entry: Entry, { bytes, first, last, total }: Slice, dressed: Dressed): CacheAnswer {
  const fields = entry.fields
    .without(OF_CONTENT)
    .append('Content-Range', `bytes ${first}-${last}/${total}`)
    .append('Content-Length', String(bytes.length));
  const served = dressed(new StoredFields(fields));
  return { status: 206, reason: 'Partial Content', fields: served, body: bytes, contentLength: bytes.length };
}

function unsatisfiable(entry: Entry, dressed: Dressed): CacheAnswer {
  const kept = [...entry.fields].filter(([name]) => OF_416.includes(name.toLowerCase()));
  const total = entry.part?.total ?? entry.body.length;
  const fields = Fields.of([...kept, ['Content-Range', `bytes */${total}`], ['Content-Length', '0']]);
  const served = dressed(new StoredFields(fields));
  return { status: 416, reason: 'Range Not Satisfiable', fields: served, body: NO_CONTENT, contentLength: 0 };
}

/** The answer to a request; `decision` goes into Cache-Status, `ttl` is the setting in s, `now` in ms since 1970. */
export function answerFrom(
  entry: Entry,
  request: CacheRequest,
  decision: FindDecision,
  { ttl, now }: { readonly ttl: number; readonly now: number },
): CacheAnswer {
  const age = entry.age(now);
  const left = Math.floor(entry.lifetime(ttl) - age);
  const dressed: Dressed = (stored) => stored.served(Math.floor(age), servedStatus(decision, left));
  if (isNotModified(request.fields, entry, now)) {
    return {
      status: 304,
      reason: 'Not Modified',
      fields: dressed(entry.storedFor304),
      body: NO_CONTENT,
      contentLength: 0,
    };
  }
  if (request.fields.has('range')) {
    const content = contentFor(entry, request, now);
    if (content === 'unsatisfiable') return unsatisfiable(entry, dressed);
    if (typeof content === 'object') return partial(entry, content, dressed);
  }
  const { status, reason, body } = entry;
  const content = request.method === 'HEAD' ? NO_CONTENT : body;
  return { status, reason, fields: dressed(entry.stored), body: content, contentLength: body.length };
}
