// Reads recorded messages: a window of them with previews, and where the payload of one lies.
import type { FlowMessage, MessageWindow } from '../../contract/messages.ts';
import { escapeText } from '../../formats/escape.ts';
import { parseEvent } from '../../formats/event-stream.ts';
import { tags, type FlowRecord } from './flow-record.ts';
import type { MessageEntry } from './message-log.ts';
import type { Lease, SlabLog } from './slabs.ts';
import { readStored } from './stored-bytes.ts';

// Characters of a preview, and bytes of the payload that are read for it: an event's data comes after its other fields.
const PREVIEW = 200;
const READ_FOR_PREVIEW = 2048;

/** A payload in the store. Sizes in bytes. */
export interface StoredPayload {
  readonly entry: MessageEntry;
  readonly lease: Lease;
  /** Where it lies in the lease, and how much of it is there. */
  readonly offset: number;
  readonly kept: number;
}

const noLease: Lease = { pieces: [], size: 0, release: () => undefined };

/** Undefined where its bytes were dropped. */
export function payloadOf(record: FlowRecord, entry: MessageEntry, log: SlabLog): StoredPayload | undefined {
  if (entry.control !== undefined) return { entry, lease: noLease, offset: 0, kept: entry.control.length };
  const isOwn = entry.offset < 0;
  const lease = isOwn ? log.lease(entry.pieces, 0) : log.lease(record.pieces, tags.responseBody);
  if (lease === undefined) return undefined;
  const offset = isOwn ? 0 : entry.offset;
  return { entry, lease, offset, kept: Math.max(0, Math.min(entry.size, lease.size - offset)) };
}

function stateOf(entry: MessageEntry, payload: StoredPayload | undefined): FlowMessage['state'] {
  if (payload === undefined) return 'dropped';
  if (entry.truncated || payload.kept < entry.size) return 'truncated';
  return entry.complete ? 'complete' : 'partial';
}

/** The beginning of a text; a character that was cut in two is left out. */
function previewOf(bytes: Buffer): string {
  const text = bytes.toString('utf8').slice(0, PREVIEW);
  return escapeText(text.replace(/\ufffd$/, ''));
}

/** Code and reason of a close frame (RFC 6455 §5.5.1). */
function closeOf(payload: Buffer): FlowMessage['close'] {
  return payload.length < 2 ? undefined : { code: payload.readUInt16BE(0), reason: payload.toString('utf8', 2) };
}

/** What the payload says, by the kind of the message. */
function contentOf(entry: MessageEntry, start: Buffer): Pick<FlowMessage, 'preview' | 'close' | 'event' | 'eventId'> {
  switch (entry.kind) {
    case 'binary':
      return { preview: '' };
    case 'close': {
      const close = closeOf(start);
      return close === undefined ? { preview: '' } : { preview: escapeText(close.reason), close };
    }
    case 'event': {
      const { data, event, id } = parseEvent(start.toString('utf8'));
      return {
        preview: previewOf(Buffer.from(data)),
        ...(event === undefined ? {} : { event: escapeText(event) }),
        ...(id === undefined ? {} : { eventId: escapeText(id) }),
      };
    }
    default:
      return { preview: previewOf(start) };
  }
}

async function messageOf(entry: MessageEntry, payload: StoredPayload | undefined): Promise<FlowMessage> {
  const { number, at, direction, kind, size, wireSize } = entry;
  const start =
    entry.control ??
    (payload === undefined || kind === 'binary'
      ? Buffer.alloc(0)
      : await readStored(payload.lease.pieces, payload.offset, Math.min(READ_FOR_PREVIEW, payload.kept)));
  return {
    number,
    at,
    direction,
    kind,
    size,
    kept: payload?.kept ?? 0,
    ...(wireSize >= 0 ? { wireSize } : {}),
    state: stateOf(entry, payload),
    ...contentOf(entry, start),
  };
}

/** Takes all that it needs of the record at once, then reads the bytes: the flow may leave the store meanwhile. */
export async function messageWindow(
  record: FlowRecord,
  log: SlabLog,
  from: number | undefined,
  count: number,
): Promise<MessageWindow> {
  const { messages } = record;
  if (messages === undefined) return { total: 0, oldest: 1, messages: [] };
  const { total, oldest, lost, entries } = messages;
  const first = Math.max(0, (from ?? total - count + 1) - oldest);
  const chosen = entries.slice(first, Math.max(first, first + count)).map((entry) => {
    const payload = payloadOf(record, entry, log);
    return { entry, payload };
  });
  try {
    const read = await Promise.all(chosen.map(({ entry, payload }) => messageOf(entry, payload)));
    return { total, oldest, messages: read, ...(lost === undefined ? {} : { lost }) };
  } finally {
    for (const { payload } of chosen) payload?.lease.release();
  }
}
