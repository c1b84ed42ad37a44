// A map with a byte budget that forgets expired values first and then those that were not used for longest; pinned ones stay.

/** Why a value left the map. */
export type DisposeReason = 'replaced' | 'evicted' | 'expired' | 'deleted' | 'cleared';

/** When a value stops being useful, and what time it is; both in ms since 1970. */
export interface Expiry {
  readonly at: number;
  readonly now: number;
}

interface Node<K, V> {
  readonly key: K;
  value: V;
  bytes: number;
  expiresAt: number;
  /** Index in the expiry heap, or -1 for a value that never expires. */
  slot: number;
  /** Counts the uses of the whole map: the larger, the more recently used. */
  used: number;
  pinned: boolean;
  newer: Node<K, V> | undefined;
  older: Node<K, V> | undefined;
}

/** Nodes in the order of their use; every change is O(1). */
class RecencyList<K, V> {
  newest: Node<K, V> | undefined;
  oldest: Node<K, V> | undefined;

  link(node: Node<K, V>): void {
    node.older = this.newest;
    node.newer = undefined;
    if (this.newest === undefined) this.oldest = node;
    else this.newest.newer = node;
    this.newest = node;
  }

  unlink(node: Node<K, V>): void {
    if (node.newer === undefined) this.newest = node.older;
    else node.newer.older = node.older;
    if (node.older === undefined) this.oldest = node.newer;
    else node.older.newer = node.newer;
    node.newer = undefined;
    node.older = undefined;
  }

  clear(): void {
    this.newest = undefined;
    this.oldest = undefined;
  }
}

/** A binary heap over nodes that know their place in it: the next to expire on top, each change O(log n). */
class ExpiryHeap<K, V> {
  readonly #nodes: Node<K, V>[] = [];

  top(): Node<K, V> | undefined {
    return this.#nodes[0];
  }

  add(node: Node<K, V>): void {
    this.#nodes.push(node);
    this.#rise(node, this.#nodes.length - 1);
  }

  remove(node: Node<K, V>): void {
    const slot = node.slot;
    if (slot < 0) return;
    node.slot = -1;
    const last = this.#nodes.pop();
    if (last === undefined || last === node) return;
    this.#rise(last, slot);
    this.#sink(last, last.slot);
  }

  clear(): void {
    this.#nodes.length = 0;
  }

  #put(node: Node<K, V>, slot: number): void {
    this.#nodes[slot] = node;
    node.slot = slot;
  }

  #rise(node: Node<K, V>, from: number): void {
    let slot = from;
    while (slot > 0) {
      const up = (slot - 1) >> 1;
      const above = this.#nodes[up];
      if (above === undefined || above.expiresAt <= node.expiresAt) break;
      this.#put(above, slot);
      slot = up;
    }
    this.#put(node, slot);
  }

  #sink(node: Node<K, V>, from: number): void {
    let slot = from;
    for (;;) {
      const left = this.#nodes[2 * slot + 1];
      const right = this.#nodes[2 * slot + 2];
      const below = right !== undefined && left !== undefined && right.expiresAt < left.expiresAt ? right : left;
      if (below === undefined || below.expiresAt >= node.expiresAt) break;
      const down = below.slot;
      this.#put(below, slot);
      slot = down;
    }
    this.#put(node, slot);
  }
}

/**
 * The sum of the sizes never exceeds the budget. `get`, `peek`, `touch` and the choice of what to evict are O(1);
 * `set` and `delete` are O(1) for values without expiry and O(log n) for values with one. Setting a value evicts until
 * it fits, so one call may remove several others; over time each value is removed once.
 */
export class LruMap<K, V> {
  readonly #nodes = new Map<K, Node<K, V>>();
  readonly #heap = new ExpiryHeap<K, V>();
  readonly #onDispose: ((value: V, key: K, reason: DisposeReason) => void) | undefined;
  /** Evicted from its end. Pinned nodes have a list of their own, so that nobody has to walk past them. */
  readonly #loose = new RecencyList<K, V>();
  readonly #pinned = new RecencyList<K, V>();
  #uses = 0;
  #pinnedBytes = 0;
  #bytes = 0;
  #maxBytes: number;

  /** @param onDispose is told of every value that leaves, once it has left; it must not change the map. */
  constructor(maxBytes: number, onDispose?: (value: V, key: K, reason: DisposeReason) => void) {
    this.#maxBytes = maxBytes;
    this.#onDispose = onDispose;
  }

  /** Number of values. */
  get size(): number {
    return this.#nodes.size;
  }

  /** Sum of the sizes of all values. */
  get bytes(): number {
    return this.#bytes;
  }

  get maxBytes(): number {
    return this.#maxBytes;
  }

  /** Sum of the sizes of the pinned values. */
  get pinnedBytes(): number {
    return this.#pinnedBytes;
  }

  isPinned(key: K): boolean {
    return this.#nodes.get(key)?.pinned === true;
  }

  /**
   * Keeps a value from being evicted and from expiring, or no longer; says whether there is such a value. This is a use,
   * and the value counts against the budget as before. Only a budget that shrinks below what is pinned makes pinned values leave, the least
   * recently used first.
   */
  pin(key: K, pinned: boolean): boolean {
    const node = this.#nodes.get(key);
    if (node === undefined) return false;
    if (node.pinned === pinned) return true;
    this.#unlink(node);
    if (pinned) this.#heap.remove(node);
    else if (node.expiresAt !== Number.POSITIVE_INFINITY) this.#heap.add(node);
    node.pinned = pinned;
    this.#link(node);
    return true;
  }

  has(key: K): boolean {
    return this.#nodes.has(key);
  }

  /** The value, without counting this as a use. */
  peek(key: K): V | undefined {
    return this.#nodes.get(key)?.value;
  }

  /** The value, which becomes the most recently used. Expired values are returned too: their owner judges them. */
  get(key: K): V | undefined {
    const node = this.#nodes.get(key);
    if (node === undefined) return undefined;
    this.#raise(node);
    return node.value;
  }

  /** Makes a value the most recently used, and says whether there is one. */
  touch(key: K): boolean {
    const node = this.#nodes.get(key);
    if (node === undefined) return false;
    this.#raise(node);
    return true;
  }

  /**
   * Stores a value of `bytes` as the most recently used and evicts others until it fits: those that have expired at
   * `expiry.now`, the longest expired first, then the least recently used. Without `expiry` the value never expires and
   * nothing counts as expired. A value larger than the budget without what is pinned is refused with false; what stood
   * under the key is disposed of as `replaced` in either case. The new value is not pinned.
   */
  set(key: K, value: V, bytes: number, expiry?: Expiry): boolean {
    if (!(bytes >= 0)) throw new RangeError(`A size is a number from 0, not ${bytes}`);
    const former = this.#nodes.get(key);
    if (former !== undefined) this.#remove(former, 'replaced');
    if (bytes > this.#maxBytes - this.#pinnedBytes) return false;
    this.#shrink(this.#maxBytes - bytes, expiry?.now);
    const node: Node<K, V> = {
      key,
      value,
      bytes,
      expiresAt: expiry?.at ?? Number.POSITIVE_INFINITY,
      slot: -1,
      used: 0,
      pinned: false,
      newer: undefined,
      older: undefined,
    };
    this.#nodes.set(key, node);
    this.#bytes += bytes;
    this.#link(node);
    if (node.expiresAt !== Number.POSITIVE_INFINITY) this.#heap.add(node);
    return true;
  }

  /** Removes a value and says whether there was one. */
  delete(key: K): boolean {
    const node = this.#nodes.get(key);
    if (node === undefined) return false;
    this.#remove(node, 'deleted');
    return true;
  }

  /** Removes everything and returns how many values that were. */
  clear(): number {
    const nodes = [...this.#nodes.values()];
    this.#nodes.clear();
    this.#heap.clear();
    this.#loose.clear();
    this.#pinned.clear();
    this.#pinnedBytes = 0;
    this.#bytes = 0;
    for (const node of nodes) this.#onDispose?.(node.value, node.key, 'cleared');
    return nodes.length;
  }

  /** Sets a new budget and evicts at once what no longer fits; `now` (ms since 1970) tells what has expired. */
  resize(maxBytes: number, now?: number): void {
    this.#maxBytes = maxBytes;
    this.#shrink(maxBytes, now);
  }

  /** Keys and values, the most recently used first. Don't change the map while walking it. */
  *[Symbol.iterator](): Generator<readonly [K, V]> {
    let loose = this.#loose.newest;
    let pinned = this.#pinned.newest;
    for (;;) {
      const node = pinned === undefined || (loose !== undefined && loose.used > pinned.used) ? loose : pinned;
      if (node === undefined) return;
      yield [node.key, node.value];
      if (node.pinned) pinned = node.older;
      else loose = node.older;
    }
  }

  #shrink(budget: number, now: number | undefined): void {
    while (this.#bytes > budget) {
      const next = this.#heap.top();
      const oldest = this.#loose.oldest ?? this.#pinned.oldest;
      if (next !== undefined && now !== undefined && next.expiresAt <= now) this.#remove(next, 'expired');
      else if (oldest === undefined) return;
      else this.#remove(oldest, 'evicted');
    }
  }

  #remove(node: Node<K, V>, reason: DisposeReason): void {
    this.#nodes.delete(node.key);
    this.#heap.remove(node);
    this.#unlink(node);
    this.#bytes -= node.bytes;
    this.#onDispose?.(node.value, node.key, reason);
  }

  #raise(node: Node<K, V>): void {
    if (node.used === this.#uses) return;
    this.#unlink(node);
    this.#link(node);
  }

  #link(node: Node<K, V>): void {
    node.used = ++this.#uses;
    if (node.pinned) this.#pinnedBytes += node.bytes;
    (node.pinned ? this.#pinned : this.#loose).link(node);
  }

  #unlink(node: Node<K, V>): void {
    if (node.pinned) this.#pinnedBytes -= node.bytes;
    (node.pinned ? this.#pinned : this.#loose).unlink(node);
  }
}
