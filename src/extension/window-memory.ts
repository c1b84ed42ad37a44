// What this window remembers over a reload: the port that was bound, whether the proxy was running, how the cache is sorted.
import * as vscode from 'vscode';
import { cacheOrders, type CacheOrder } from '../contract/model.ts';
import type { BoundPort, PortMemory } from './link/proxy-control.ts';

const key = 'wirelens.boundPort';

interface Remembered extends BoundPort {
  /** Stays the same when a window is reloaded, and changes when the editor is started anew. */
  readonly sessionId: string;
}

export function portMemory(state: vscode.Memento): PortMemory {
  return {
    read: () => state.get<Remembered>(key),
    write: (bound) => {
      void state.update(key, bound === undefined ? undefined : { ...bound, sessionId: vscode.env.sessionId });
    },
  };
}

/** Whether the proxy listened when this window was reloaded: what was pointed at it still needs it. */
export function wasRunningBeforeReload(state: vscode.Memento): boolean {
  return state.get<Remembered>(key)?.sessionId === vscode.env.sessionId;
}

const orderKey = 'wirelens.cacheOrder';

/** What the Cache view of this workspace is sorted by. */
export function cacheOrderOf(state: vscode.Memento): CacheOrder {
  const kept = state.get<unknown>(orderKey);
  return cacheOrders.find((order) => order === kept) ?? 'recent';
}

export async function keepCacheOrder(state: vscode.Memento, order: CacheOrder): Promise<void> {
  await state.update(orderKey, order);
}
