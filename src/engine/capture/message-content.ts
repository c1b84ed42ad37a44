// The payload of one message for reading: as it was sent, or, where it is JSON and asked for, laid out for people.
import type { BodyChoice } from '../../contract/engine.ts';
import { parseEvent } from '../../formats/event-stream.ts';
import { formatBytes } from '../../formats/numbers.ts';
import type { WorkerPool } from '../workers/pool.ts';
import { DECODED_LIMIT, heldSource, leasedSource, withoutWorker, type Content, type Source } from './body-source.ts';
import type { MessageEntry } from './message-log.ts';
import type { StoredPayload } from './message-window.ts';

// Beyond this taking an event's lines apart would hold up the data path. In bytes.
const LARGEST_EVENT = 1024 * 1024;

// Stands before each value of `application/json-seq` (RFC 7464 §2.2).
const RECORD_SEPARATOR = '\x1e';

function recordNotes(entry: MessageEntry, kept: number): string[] {
  if (entry.truncated || kept < entry.size) {
    return [
      `Only the first ${formatBytes(kept)} of ${formatBytes(entry.size)} are in the record (wirelens.capture.maxBody).`,
    ];
  }
  return entry.complete ? [] : ['The end of this message has not come.'];
}

async function wholeOf(source: Source): Promise<Buffer> {
  const bytes = await source.read(0, source.size);
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/** The data of an event, without the names of its fields; what is no event comes back as it is. */
async function dataOf(entry: MessageEntry, source: Source): Promise<Content> {
  if (entry.kind !== 'event') return { source, notes: [] };
  if (source.size > LARGEST_EVENT) return { source, notes: ['It is too large to be taken apart.'] };
  const bytes = await wholeOf(source);
  source.release();
  return { source: heldSource(Buffer.from(parseEvent(bytes.toString('utf8')).data)), notes: [] };
}

/** Whether it begins like a JSON object or array. */
async function looksLikeJson(entry: MessageEntry, source: Source): Promise<boolean> {
  if (entry.kind === 'binary' || entry.control !== undefined || source.size > DECODED_LIMIT) return false;
  const start = await source.read(0, 64);
  const text = Buffer.from(start).toString('latin1');
  return /^\s*[{[]/.test(text.startsWith(RECORD_SEPARATOR) ? text.slice(1) : text);
}

/** Opens a payload; the lease is released with the source. */
export async function messageContent(
  { entry, lease, offset, kept }: StoredPayload,
  form: BodyChoice['form'],
  workers: WorkerPool,
  signal: AbortSignal,
): Promise<Content> {
  const raw = entry.control === undefined ? leasedSource(lease, offset, kept) : heldSource(entry.control);
  const notes = recordNotes(entry, kept);
  if (form === 'wire') return { source: raw, notes };
  const { source, notes: more } = await dataOf(entry, raw);
  notes.push(...more);
  if (form !== 'pretty' || !(await looksLikeJson(entry, source))) return { source, notes };
  const laidOut = await workers.run('prettyJson', { bytes: await wholeOf(source), limit: DECODED_LIMIT }, signal);
  if (laidOut.kind !== 'done') return { source, notes: [...notes, withoutWorker(laidOut)] };
  source.release();
  // Text that only looks like JSON comes back as it is, which is no fault of the message.
  return { source: heldSource(laidOut.value.bytes), notes };
}
