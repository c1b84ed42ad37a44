// What the pool keeps for one identity: its connections, who waits for one, and what has been learned of upstream.
import type { CloseReason } from '../../contract/decisions.ts';
import type { Carrier } from './carrier.ts';
import type { UpstreamConnection } from './connection.ts';
import type { Http2UpstreamConnection } from './http2-connection.ts';

/** Somebody in the queue for a connection; `since` in monotonic ms. */
export interface Waiter {
  readonly since: number;
  readonly ready: () => void;
}

export class Group {
  readonly idle: UpstreamConnection[] = [];
  readonly all = new Set<Carrier>();
  /** Those of HTTP/2, which carry several exchanges at a time. */
  readonly shared: Http2UpstreamConnection[] = [];
  readonly waiters: Waiter[] = [];
  connecting = 0;
  opened = 0;
  reused = 0;
  lastClose: CloseReason | undefined;
  /** What was agreed on last, undefined before the first connection. */
  http2: 'spoken' | 'refused' | undefined;
  /** How long a refusal counts, in monotonic ms: a server may be another one after it was started again. */
  refusedUntil = 0;
  /** Settles when the connection of HTTP/2 that is being opened is there, or has failed. */
  opening: Promise<void> | undefined;

  get busy(): number {
    return this.all.size - this.idle.length + this.connecting;
  }

  /** One of HTTP/2 that takes another exchange; the oldest first, so that the others can end. */
  withRoom(): Http2UpstreamConnection | undefined {
    return this.shared.find((connection) => connection.hasRoom);
  }

  /** Forgets a connection of HTTP/2. */
  drop(connection: Http2UpstreamConnection): void {
    this.all.delete(connection);
    const index = this.shared.indexOf(connection);
    if (index >= 0) this.shared.splice(index, 1);
  }
}
