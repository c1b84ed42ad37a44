// The pool of upstream connections: leases them by identity, parks them when idle, explains every opening and closing.
import type { Cancellation } from '../../base/cancellation.ts';
import type { Clock } from '../../base/clock.ts';
import type { Disposable } from '../../base/disposable.ts';
import type { CloseReason, ConnectionRecord, OpenReason } from '../../contract/decisions.ts';
import { ProxyError } from '../../contract/errors.ts';
import type { OriginSummary } from '../../contract/model.ts';
import type { EngineSettings } from '../../contract/settings.ts';
import type { Deadlines } from '../deadlines.ts';
import { parserLimits } from '../parser-limits.ts';
import { UpstreamConnection, type ConnectionParts } from './connection.ts';
import { dial, type Dialled, type DialTiming } from './dial.ts';
import { Group, type Waiter } from './group.ts';
import type { Http2UpstreamConnection } from './http2-connection.ts';
import { identityKey, type UpstreamIdentity } from './identity.ts';
import { routeRecord } from './route-record.ts';
import type { OwnAddress } from './resolve.ts';
import { Sharing } from './sharing.ts';
import type { UpstreamTrust } from './trust.ts';

/** A connection for one exchange, and how it was come by. */
export interface Lease {
  readonly connection: UpstreamConnection | Http2UpstreamConnection;
  readonly record: ConnectionRecord;
  /** For a new connection. */
  readonly dial?: DialTiming;
}

export interface PoolParts {
  readonly clock: Clock;
  readonly deadlines: Deadlines;
  readonly isOwn: OwnAddress;
  readonly trust: UpstreamTrust;
  readonly settings: () => EngineSettings;
}

const REMEMBERED_ORIGINS = 200;

/** The same upstream, asked in HTTP/1.1. */
function plain(identity: UpstreamIdentity): UpstreamIdentity {
  const { priorKnowledge: _spoken, ...rest } = identity;
  return rest;
}

export class Pool implements Disposable {
  readonly #parts: PoolParts;
  readonly #connectionParts: ConnectionParts;
  readonly #sharing: Sharing;
  readonly #groups = new Map<string, Group>();
  #idleCount = 0;
  #nextId = 1;
  #exchanges = 0;
  #version = 0;
  #ended = false;
  /** Counts the changes of what connections rest on. */
  #generation = 0;

  constructor(parts: PoolParts) {
    this.#parts = parts;
    this.#connectionParts = {
      clock: parts.clock,
      deadlines: parts.deadlines,
      limits: () => parserLimits(parts.settings()),
      released: (connection) => this.#released(connection),
      closed: (connection, reason) => this.#closed(connection, reason),
    };
    this.#sharing = new Sharing({
      ...this.#connectionParts,
      settings: parts.settings,
      groupOf: (identity) => this.#group(identity),
      changed: (group) => {
        this.#version++;
        this.#serveWaiter(group);
      },
    });
  }

  /** Changes whenever a snapshot would. */
  get version(): number {
    return this.#version;
  }

  get size(): number {
    let size = 0;
    for (const group of this.#groups.values()) size += group.all.size;
    return size;
  }

  /**
   * Leases a connection; without waiting where one is idle.
   * @param fresh says why an idle one must not be used, where that is so.
   */
  lease(identity: UpstreamIdentity, cancellation: Cancellation, fresh?: OpenReason): Lease | Promise<Lease> {
    const { cleanUpEvery, maxPerOrigin: limit } = this.#parts.settings().pool;
    if (++this.#exchanges % cleanUpEvery === 0) this.#cleanUp();
    const group = this.#group(identity);
    if (group.http2 !== undefined || group.opening !== undefined) {
      const shared = this.#leaseShared(group, identity, cancellation, fresh);
      if (shared !== undefined) return shared;
    }
    if (fresh === undefined) {
      const idle = this.#takeIdle(group);
      if (idle !== undefined) return this.#reuse(group, idle);
    }
    if (limit > 0 && group.busy >= limit && fresh !== 'tunnel') return this.#wait(group, identity, cancellation, fresh);
    return this.#open(group, identity, cancellation, fresh, undefined);
  }

  /** Moves a busy connection to another identity, for credentials that are bound to it. */
  rebind(connection: UpstreamConnection, identity: UpstreamIdentity): void {
    this.#groups.get(identityKey(connection.identity))?.all.delete(connection);
    connection.identity = identity;
    this.#group(identity).all.add(connection);
    this.#version++;
  }

  /** A client has gone: nobody else may have the connections that its credentials are bound to. */
  closeBoundTo(client: number): void {
    for (const group of this.#groups.values()) {
      for (const connection of [...group.all]) {
        if (connection.identity.boundTo === client) connection.close('client-left');
      }
    }
  }

  /** What HTTP/2 gives: room on a connection that is there, or the one that is being opened. */
  #leaseShared(
    group: Group,
    identity: UpstreamIdentity,
    cancellation: Cancellation,
    fresh: OpenReason | undefined,
  ): Lease | Promise<Lease> | undefined {
    if (fresh !== undefined && fresh !== 'retry') return undefined;
    if (group.http2 === 'refused' && this.#parts.clock.monotonic() < group.refusedUntil) {
      return identity.priorKnowledge === true ? this.lease(plain(identity), cancellation, fresh) : undefined;
    }
    const shared = group.withRoom();
    if (shared !== undefined) return this.#share(group, shared);
    return group.opening === undefined ? undefined : this.#afterOpening(group.opening, identity, cancellation, fresh);
  }

  async #afterOpening(
    opening: Promise<void>,
    identity: UpstreamIdentity,
    cancellation: Cancellation,
    fresh: OpenReason | undefined,
  ): Promise<Lease> {
    await opening;
    cancellation.throwIfCancelled();
    return await this.lease(identity, cancellation, fresh);
  }

  #share(group: Group, connection: Http2UpstreamConnection): Lease {
    group.reused++;
    this.#version++;
    const { id, remote, localPort, dialled, exchanges, streams } = connection;
    const record: ConnectionRecord = {
      id,
      kind: 'reused',
      exchange: exchanges + 1,
      remote,
      localPort,
      http2: { stream: 0, others: streams },
      ...routeRecord(connection.identity, dialled),
    };
    connection.reserve();
    return { connection, record };
  }

  /** Ends all idle connections; the busy ones end after their exchange where `settings().keepAlive` is off. */
  closeAllIdle(reason: CloseReason): void {
    for (const group of this.#groups.values()) {
      for (const connection of [...group.idle]) connection.close(reason);
      for (const connection of [...group.shared]) if (connection.streams === 0) connection.retire(reason);
    }
  }

  /** What connections rest on has changed: idle ones end now, busy ones after their exchange. */
  renew(): void {
    this.#generation++;
    this.closeAllIdle('settings-changed');
    for (const group of this.#groups.values()) {
      for (const connection of group.all) connection.spoiled ??= 'settings-changed';
    }
  }

  /** Holds to changed limits: idle connections beyond them end, oldest first, and who waits goes on where there is room. */
  adapt(): void {
    const { maxIdlePerOrigin, maxIdle, maxPerOrigin } = this.#parts.settings().pool;
    for (const group of this.#groups.values()) {
      for (const connection of group.idle.slice(0, Math.max(0, group.idle.length - maxIdlePerOrigin))) {
        connection.close('idle-limit');
      }
      const room = maxPerOrigin === 0 ? Infinity : Math.max(0, maxPerOrigin - group.busy);
      for (const waiter of group.waiters.splice(0, room)) waiter.ready();
    }
    const idle = [...this.#groups.values()].flatMap((group) => group.idle);
    for (const connection of idle.slice(0, Math.max(0, this.#idleCount - maxIdle))) connection.close('idle-limit');
  }

  /** At most `limit` origins, those with connections first; what could never be reached is left out. */
  snapshot(limit: number): readonly OriginSummary[] {
    const all = [...this.#groups].map(([key, group]) => this.#summary(key, group));
    const live = all.filter((origin) => origin.connections.length > 0 || origin.waiting > 0);
    const gone = all.filter((origin) => origin.connections.length === 0 && origin.waiting === 0 && origin.opened > 0);
    return [...live, ...gone.reverse()].slice(0, limit);
  }

  dispose(): void {
    this.#ended = true;
    for (const group of this.#groups.values()) {
      for (const connection of [...group.all]) connection.close('stopped');
      for (const waiter of group.waiters.splice(0)) waiter.ready();
    }
  }

  #summary(key: string, group: Group): OriginSummary {
    const connections = [...group.all].map((connection) => connection.summary());
    const { opened, reused, waiters, lastClose } = group;
    const base = { key, connections, opened, reused, waiting: waiters.length };
    return lastClose === undefined ? base : { ...base, lastClose };
  }

  #group(identity: UpstreamIdentity): Group {
    const key = identityKey(identity);
    let group = this.#groups.get(key);
    if (group === undefined) {
      group = new Group();
      this.#groups.set(key, group);
      this.#forgetOldest();
    }
    return group;
  }

  #forgetOldest(): void {
    if (this.#groups.size <= REMEMBERED_ORIGINS) return;
    for (const [key, group] of this.#groups) {
      if (group.all.size > 0 || group.connecting > 0 || group.waiters.length > 0) continue;
      this.#groups.delete(key);
      return;
    }
  }

  #takeIdle(group: Group): UpstreamConnection | undefined {
    const now = this.#parts.clock.monotonic();
    for (;;) {
      const connection = group.idle.pop();
      if (connection === undefined) return undefined;
      this.#idleCount--;
      if (connection.deadline > now && connection.spoiled === undefined) return connection;
      connection.close('idle-timeout');
    }
  }

  #reuse(group: Group, connection: UpstreamConnection, waitedFor?: number): Lease {
    if (connection.exchanges > 0) group.reused++;
    this.#spoilUnlessKept(connection);
    this.#version++;
    const now = this.#parts.clock.monotonic();
    const { id, remote, localPort, dialled } = connection;
    // A connection that a tunnel opened and found HTTP in has carried no exchange yet.
    const used = connection.exchanges > 0;
    const record: ConnectionRecord = {
      id,
      ...(used ? { kind: 'reused', idleFor: now - (connection.idleSince ?? now) } : { kind: 'new', reason: 'tunnel' }),
      exchange: connection.exchanges + 1,
      remote,
      localPort,
      ...(waitedFor === undefined ? {} : { waitedFor }),
      ...routeRecord(connection.identity, dialled),
    };
    return { connection, record };
  }

  async #wait(
    group: Group,
    identity: UpstreamIdentity,
    cancellation: Cancellation,
    fresh: OpenReason | undefined,
  ): Promise<Lease> {
    const since = this.#parts.clock.monotonic();
    await new Promise<void>((ready, reject) => {
      const waiter: Waiter = { since, ready };
      group.waiters.push(waiter);
      this.#version++;
      cancellation.onCancel((reason) => {
        const index = group.waiters.indexOf(waiter);
        if (index >= 0) group.waiters.splice(index, 1);
        reject(reason);
      });
    });
    if (cancellation.reason !== undefined || this.#ended) {
      this.#serveWaiter(group);
      throw cancellation.reason ?? new ProxyError('stopping');
    }
    const waitedFor = this.#parts.clock.monotonic() - since;
    const shared = group.withRoom();
    if (shared !== undefined && (fresh === undefined || fresh === 'retry')) return this.#share(group, shared);
    const idle = fresh === undefined ? this.#takeIdle(group) : undefined;
    if (idle !== undefined) return this.#reuse(group, idle, waitedFor);
    return await this.#open(group, identity, cancellation, fresh, waitedFor);
  }

  async #open(
    group: Group,
    identity: UpstreamIdentity,
    cancellation: Cancellation,
    fresh: OpenReason | undefined,
    waitedFor: number | undefined,
  ): Promise<Lease> {
    const { clock, isOwn, trust, settings } = this.#parts;
    // An upgrade is a thing of HTTP/1.1, and so is a pipe.
    const http2 = settings().http2 && fresh !== 'upgrade' && fresh !== 'tunnel';
    const opened = http2 ? this.#sharing.announce(group, identity) : undefined;
    const generation = this.#generation;
    const timeout = settings().timeouts.connect;
    group.connecting++;
    this.#version++;
    try {
      const parserLimits = this.#connectionParts.limits;
      const dialled = await dial(identity, { clock, isOwn, trust, parserLimits, timeout, cancellation, http2 });
      const connection = await this.#connectionOf(group, identity, dialled, timeout);
      if (connection === undefined) return await this.lease(plain(identity), cancellation, fresh);
      if (generation !== this.#generation) connection.spoiled ??= 'settings-changed';
      this.#spoilUnlessKept(connection);
      const record: ConnectionRecord = {
        id: connection.id,
        kind: 'new',
        reason: fresh ?? this.#openReason(group),
        exchange: 1,
        remote: connection.remote,
        localPort: connection.localPort,
        ...(connection instanceof UpstreamConnection ? {} : { http2: { stream: 0, others: 0 } }),
        ...(waitedFor === undefined ? {} : { waitedFor }),
        ...routeRecord(identity, dialled),
      };
      return { connection, record, dial: dialled.timing };
    } finally {
      opened?.();
      group.connecting--;
      this.#version++;
      if (group.waiters.length > 0) this.#serveWaiter(group);
    }
  }

  /** A connection of what was agreed on; undefined where upstream turned out not to speak HTTP/2 without TLS. */
  async #connectionOf(
    group: Group,
    identity: UpstreamIdentity,
    dialled: Dialled,
    timeout: number,
  ): Promise<UpstreamConnection | Http2UpstreamConnection | undefined> {
    const id = this.#nextId++;
    // Whoever spoke with a proxy on the way left the socket paused.
    if (identity.via !== undefined) dialled.socket.resume();
    if (dialled.tls?.alpn === 'h2' || identity.priorKnowledge === true) {
      return await this.#sharing.add(group, id, identity, dialled, timeout);
    }
    if (dialled.tls !== undefined) group.http2 = undefined;
    const connection = new UpstreamConnection(id, identity, dialled, this.#connectionParts);
    group.all.add(connection);
    group.opened++;
    return connection;
  }

  /** With keep-alive off a connection carries one exchange and then closes for that reason, whatever upstream says. */
  #spoilUnlessKept(connection: UpstreamConnection | Http2UpstreamConnection): void {
    if (!this.#parts.settings().keepAlive) connection.spoiled ??= 'keep-alive-off';
  }

  #openReason(group: Group): OpenReason {
    if (!this.#parts.settings().keepAlive) return 'keep-alive-off';
    return group.lastClose === 'upstream-closed' && group.all.size === 1 ? 'idle-one-closed' : 'none-idle';
  }

  #released(connection: UpstreamConnection): void {
    this.#version++;
    const { keepAlive, pool } = this.#parts.settings();
    if (!keepAlive) {
      connection.close('keep-alive-off');
      return;
    }
    const group = this.#group(connection.identity);
    const refused = group.idle.length >= pool.maxIdlePerOrigin || this.#idleCount >= pool.maxIdle;
    if (refused && group.waiters.length === 0) {
      connection.close('idle-limit');
      return;
    }
    connection.park(this.#parts.clock.monotonic() + pool.idleTimeout);
    group.idle.push(connection);
    this.#idleCount++;
    this.#serveWaiter(group);
  }

  /** Lets the next one in the queue go on, if there is room for it now. */
  #serveWaiter(group: Group): void {
    const limit = this.#parts.settings().pool.maxPerOrigin;
    if (limit > 0 && group.busy >= limit && group.withRoom() === undefined) return;
    group.waiters.shift()?.ready();
  }

  #closed(connection: UpstreamConnection, reason: CloseReason): void {
    this.#version++;
    const group = this.#group(connection.identity);
    group.all.delete(connection);
    group.lastClose = reason;
    const index = group.idle.indexOf(connection);
    if (index >= 0) {
      group.idle.splice(index, 1);
      this.#idleCount--;
    }
    this.#serveWaiter(group);
  }

  #cleanUp(): void {
    const now = this.#parts.clock.monotonic();
    for (const group of this.#groups.values()) {
      for (const connection of [...group.idle]) if (connection.deadline <= now) connection.close('idle-timeout');
    }
  }
}
