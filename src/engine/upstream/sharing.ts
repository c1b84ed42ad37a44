// The connections of HTTP/2 in the pool: made, shared by many exchanges, kept while idle, and what is learned of upstream.
import type { Clock } from '../../base/clock.ts';
import type { CloseReason } from '../../contract/decisions.ts';
import type { EngineSettings } from '../../contract/settings.ts';
import type { ParserLimits } from '../../http/head-scanner.ts';
import type { Deadlines } from '../deadlines.ts';
import type { Dialled } from './dial.ts';
import type { Group } from './group.ts';
import { Http2UpstreamConnection, type Http2ConnectionParts } from './http2-connection.ts';
import type { UpstreamIdentity } from './identity.ts';

interface SharingParts {
  readonly clock: Clock;
  readonly deadlines: Deadlines;
  readonly limits: () => ParserLimits;
  readonly settings: () => EngineSettings;
  readonly groupOf: (identity: UpstreamIdentity) => Group;
  /** There may be room for somebody who waits. */
  readonly changed: (group: Group) => void;
}

/** For how long an upstream that did not speak HTTP/2 without TLS is not asked for it again, in ms. */
const REFUSAL_COUNTS = 60_000;

export class Sharing {
  readonly #parts: SharingParts;
  readonly #connectionParts: Http2ConnectionParts;

  constructor(parts: SharingParts) {
    this.#parts = parts;
    const { clock, deadlines, limits } = parts;
    this.#connectionParts = {
      clock,
      deadlines,
      limits,
      streamEnded: (connection) => this.#streamEnded(connection),
      closed: (connection, reason) => this.#closed(connection, reason),
    };
  }

  /**
   * A connection with one stream reserved.
   * @param timeout for upstream to show that it speaks HTTP/2 where that is not agreed on yet, in ms.
   * @returns undefined where it does not.
   */
  async add(
    group: Group,
    id: number,
    identity: UpstreamIdentity,
    dialled: Dialled,
    timeout: number,
  ): Promise<Http2UpstreamConnection | undefined> {
    const connection = new Http2UpstreamConnection(id, identity, dialled, this.#connectionParts);
    group.all.add(connection);
    group.opened++;
    if (identity.priorKnowledge === true && group.http2 !== 'spoken') {
      try {
        await connection.ready(timeout);
      } catch {
        group.http2 = 'refused';
        group.refusedUntil = this.#parts.clock.monotonic() + REFUSAL_COUNTS;
        return undefined;
      }
    }
    group.http2 = 'spoken';
    group.shared.push(connection);
    connection.reserve();
    return connection;
  }

  /**
   * Where HTTP/2 is to be expected, others wait for the connection that is being opened instead of opening theirs.
   * @returns ends their wait; undefined where nobody is to wait.
   */
  announce(group: Group, identity: UpstreamIdentity): (() => void) | undefined {
    const expected = identity.priorKnowledge === true || group.http2 === 'spoken';
    if (!expected || group.opening !== undefined || !this.#parts.settings().keepAlive) return undefined;
    const { promise, resolve } = Promise.withResolvers<void>();
    group.opening = promise;
    return () => {
      group.opening = undefined;
      resolve();
    };
  }

  #streamEnded(connection: Http2UpstreamConnection): void {
    const { clock, settings, groupOf } = this.#parts;
    const { keepAlive, pool } = settings();
    const group = groupOf(connection.identity);
    if (connection.streams === 0) {
      const spare = group.shared.some((other) => other !== connection && other.streams === 0);
      if (!keepAlive) connection.retire('keep-alive-off');
      else if (spare) connection.retire('idle-limit');
      else connection.park(clock.monotonic() + pool.idleTimeout);
    }
    this.#parts.changed(group);
  }

  #closed(connection: Http2UpstreamConnection, reason: CloseReason): void {
    const group = this.#parts.groupOf(connection.identity);
    group.drop(connection);
    group.lastClose = reason;
    this.#parts.changed(group);
  }
}
