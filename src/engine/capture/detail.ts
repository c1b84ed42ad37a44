// Puts a flow together when somebody looks at it: heads are parsed only here.
import type { BodyRecord, FlowDetail, FlowSummary, MessageRecord, Timing } from '../../contract/model.ts';
import { escapeBytes } from '../../formats/escape.ts';
import { flags, tags, type FlowRecord, type Side } from './flow-record.ts';
import type { SlabLog } from './slabs.ts';
import { readStored } from './stored-bytes.ts';
import { linesOf, readFields, readHead, readHeads } from './stored-head.ts';

type Tag = (typeof tags)[keyof typeof tags];
type Section = (tag: Tag) => Promise<Buffer | undefined>;

/** What is there of a body; `kept` is the number of bytes in the log, undefined where a part of them was dropped. */
function bodyRecord(size: number, kept: number | undefined, ended: boolean, truncated: boolean): BodyRecord {
  if (kept === undefined) return { size, kept: 0, state: 'dropped' };
  const rest = ended ? 'complete' : 'partial';
  return { size, kept, state: truncated ? 'truncated' : rest };
}

function keptOf(log: SlabLog, record: FlowRecord, tag: Tag): number | undefined {
  const lease = log.lease(record.pieces, tag);
  lease?.release();
  return lease?.size;
}

/** The state of a flow's body at this moment. */
function bodyOf(record: FlowRecord, side: Side, log: SlabLog): BodyRecord {
  const has = (flag: number): boolean => (record.flags & flag) !== 0;
  return side === 'request'
    ? bodyRecord(
        record.requestSize,
        keptOf(log, record, tags.requestBody),
        has(flags.requestEnded),
        has(flags.requestTruncated),
      )
    : bodyRecord(
        record.responseSize,
        keptOf(log, record, tags.responseBody),
        has(flags.responseEnded),
        has(flags.responseTruncated),
      );
}

async function message(
  read: Section,
  body: BodyRecord,
  own: Record<'head' | 'trailers', Tag>,
): Promise<MessageRecord | undefined> {
  const head = await read(own.head);
  if (head === undefined || head.length === 0) return undefined;
  const trailers = await read(own.trailers);
  return { ...readHead(head), trailers: trailers === undefined ? [] : readFields(linesOf(trailers)), body };
}

function clientOf(
  record: FlowRecord,
): Pick<FlowDetail, 'clientAddress' | 'clientConnection' | 'clientExchange' | 'clientStream'> {
  const { clientAddress, clientConnection, clientExchange, clientStream } = record;
  const client = { clientAddress, clientConnection, clientExchange };
  return clientStream === 0 ? client : { ...client, clientStream };
}

/** Takes all that it needs of the record at once, then reads the bytes: the flow may leave the store meanwhile. */
export async function detailOf(
  record: FlowRecord,
  summary: FlowSummary,
  timing: Timing,
  log: SlabLog,
): Promise<FlowDetail> {
  const sections = ([0, 1, 2, 5, 6, 7] as const).map((tag) => [tag, log.lease(record.pieces, tag)] as const);
  const leases = new Map(sections);
  const bodies = { request: bodyOf(record, 'request', log), response: bodyOf(record, 'response', log) };
  const rest = {
    ...clientOf(record),
    timing,
    leniencies: [...(record.leniencies ?? [])],
    removed: { request: record.requestRemoved, response: record.responseRemoved },
    ...(record.connection === undefined ? {} : { connection: record.connection }),
    ...(record.refusedTls === undefined ? {} : { refusedTls: record.refusedTls }),
    ...(record.decision === undefined ? {} : { decision: record.decision }),
  };
  const read: Section = async (tag) => {
    const lease = leases.get(tag as never);
    return lease === undefined ? undefined : await readStored(lease.pieces, 0, lease.size);
  };
  try {
    const request = await message(read, bodies.request, { head: tags.requestHead, trailers: tags.requestTrailers });
    const response = await message(read, bodies.response, { head: tags.responseHead, trailers: tags.responseTrailers });
    const interim = await read(tags.interim);
    const refused = await read(tags.refused);
    return {
      ...summary,
      ...rest,
      interim: interim === undefined ? [] : readHeads(interim),
      ...(request === undefined ? {} : { request }),
      ...(response === undefined ? {} : { response }),
      ...(refused === undefined || refused.length === 0 ? {} : { refusedBytes: escapeBytes(refused) }),
    };
  } finally {
    for (const lease of leases.values()) lease?.release();
  }
}
