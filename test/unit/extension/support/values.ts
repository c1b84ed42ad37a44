// Values of the contract's model for tests: complete, and changed where a test cares.
import type { Update } from '../../../../src/contract/engine.ts';
import type { FlowMessage, MessageWindow } from '../../../../src/contract/messages.ts';
import type {
  CacheEntrySummary,
  ConnectionSummary,
  Counters,
  FlowDetail,
  FlowSummary,
  MessageRecord,
  ProxyState,
} from '../../../../src/contract/model.ts';
import type { Translate } from '../../../../src/extension/translate.ts';

/** VS Code's translation where there is no bundle: the English sentence with its places filled. */
export const plainly: Translate = (message, ...values) =>
  message.replace(/\{(\d+)\}/g, (_place, index: string) => String(values[Number(index)]));

export const startOfTests = Date.UTC(2026, 0, 2, 3, 4, 5);

export function summary(number: number, changes: Partial<FlowSummary> = {}): FlowSummary {
  return {
    id: `e1.${number}`,
    number,
    kind: 'exchange',
    state: 'done',
    startedAt: startOfTests,
    method: 'GET',
    url: `http://api.test:8080/v1/users?page=${number}`,
    status: 200,
    duration: 34,
    requestBytes: 0,
    responseBytes: 1200,
    mediaType: 'application/json',
    cache: 'miss',
    source: 'main',
    ...changes,
  };
}

export function message(startLine: string, fields: MessageRecord['fields'], size = 0): MessageRecord {
  return { startLine, fields, trailers: [], body: { size, kept: size, state: 'complete' } };
}

export function detail(number: number, changes: Partial<FlowDetail> = {}): FlowDetail {
  return {
    ...summary(number),
    clientAddress: '127.0.0.1:50000',
    clientConnection: 3,
    clientExchange: 2,
    request: message('GET http://api.test:8080/v1/users HTTP/1.1', [
      ['Host', 'api.test:8080'],
      ['Authorization', 'Bearer abc.def'],
    ]),
    interim: [],
    response: message('HTTP/1.1 200 OK', [['Content-Type', 'application/json']], 1200),
    timing: { queued: 0, connect: 2, sent: 0, firstByte: 30, download: 2, total: 34 },
    connection: {
      id: 3,
      kind: 'reused',
      exchange: 4,
      idleFor: 1200,
      remote: '127.0.0.1:8080',
      localPort: 40_000,
    },
    decision: {
      find: { kind: 'miss', reason: 'nothing-stored', validating: false, because: { clause: 'RFC 9111 §4' } },
      store: { kind: 'not-stored', reason: 'no-store', because: { clause: 'RFC 9111 §5.2.2.5' } },
    },
    leniencies: [],
    removed: { request: [], response: [] },
    ...changes,
  };
}

export function flowMessage(number: number, changes: Partial<FlowMessage> = {}): FlowMessage {
  const at = new Date(2026, 0, 2, 3, 4, 5, 6).getTime();
  const sizes = { size: 9, kept: 9, state: 'complete' } as const;
  return { number, at, direction: 'sent', kind: 'text', ...sizes, preview: `say ${number}`, ...changes };
}

/** Of a flow with so many messages: `count` from number `from` on. */
export function messageWindow(total: number, oldest: number, from: number, count: number): MessageWindow {
  const first = Math.max(from, oldest);
  const length = Math.max(0, Math.min(count, total - first + 1));
  return { total, oldest, messages: Array.from({ length }, (_, index) => flowMessage(first + index)) };
}

export const noCounters: Counters = {
  requests: 0,
  failed: 0,
  refused: 0,
  recorded: 0,
  notRecorded: 0,
  hits: 0,
  validated: 0,
  misses: 0,
  stored: 0,
  evicted: 0,
  expired: 0,
  collapsed: 0,
  bytesSaved: 0,
  timeSaved: 0,
  tunnels: 0,
};

export function proxyState(changes: Partial<ProxyState> = {}): ProxyState {
  return {
    epoch: 'e1',
    pid: 4711,
    listening: { host: '127.0.0.1', port: 8080 },
    keepAlive: true,
    cacheMode: 'standard',
    capturing: true,
    inFlight: 0,
    queued: 0,
    clientConnections: 0,
    flows: 0,
    captureMemory: { used: 0, limit: 64 * 1024 * 1024 },
    captureDisk: { used: 0, limit: 1024 * 1024 * 1024 },
    truncating: false,
    counters: noCounters,
    ...changes,
  };
}

export function update(flows: readonly FlowSummary[], changes: Partial<Update> = {}): Update {
  return { sequence: 1, state: proxyState({ flows: flows.length }), flows, oldestFlow: 1, ...changes };
}

export function cacheEntry(changes: Partial<CacheEntrySummary> = {}): CacheEntrySummary {
  return {
    id: 'c1',
    method: 'GET',
    url: 'http://api.test:8080/v1/users?page=2',
    status: 200,
    mediaType: 'application/json',
    size: 1200,
    storedAt: startOfTests,
    freshUntil: startOfTests + 60_000,
    ageAtStoring: 0,
    lifetime: 60,
    hits: 5,
    pinned: false,
    standing: {
      origin: 'max-age',
      because: { clause: 'RFC 9111 §5.2.2.1', field: 'Cache-Control: max-age=60', side: 'response' },
      validates: false,
    },
    variant: [],
    variants: 1,
    ...changes,
  };
}

export function connection(id: number, changes: Partial<ConnectionSummary> = {}): ConnectionSummary {
  return {
    id,
    state: 'idle',
    remote: '127.0.0.1:8080',
    openedAt: startOfTests,
    idleSince: startOfTests + 1000,
    exchanges: 4,
    bytesSent: 500,
    bytesReceived: 5000,
    ...changes,
  };
}
