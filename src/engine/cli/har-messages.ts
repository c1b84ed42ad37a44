// The messages of a WebSocket for a HAR file, read from the record window by window.
import type { FlowDetail } from '../../contract/model.ts';
import { harWebSocketMessage, type HarWebSocketMessage } from '../../formats/har-messages.ts';
import type { FlowStore } from '../capture/store.ts';
import { wholeBody, type ReadableBodies } from './whole-body.ts';

interface Captured {
  readonly store: Pick<FlowStore, 'messageWindow'>;
  readonly bodies: ReadableBodies;
}

const WINDOW = 200;
// An entry is made in memory, so payloads beyond this are left out. In bytes.
const PAYLOADS = 64 * 1024 * 1024;

/** Undefined for flows that are no WebSocket; events of streams stand in the body. */
export async function webSocketMessages(
  { store, bodies }: Captured,
  { id, number, kind, messages: count }: FlowDetail,
): Promise<readonly HarWebSocketMessage[] | undefined> {
  if (kind !== 'upgrade' || count === undefined) return undefined;
  const entries: HarWebSocketMessage[] = [];
  let room = PAYLOADS;
  for (let from = 1; ;) {
    const window = await store.messageWindow(number, from, WINDOW);
    const messages = window?.messages ?? [];
    for (const message of messages) {
      const side = message.direction === 'sent' ? 'request' : 'response';
      const choice = { id, side, message: message.number, form: 'wire' } as const;
      const payload = message.kept <= room ? await wholeBody(bodies, choice) : undefined;
      room -= payload?.length ?? 0;
      entries.push(harWebSocketMessage(message, payload));
    }
    const last = messages.at(-1);
    if (last === undefined) return entries;
    from = last.number + 1;
  }
}
