// Commands on what the cache holds.
import * as vscode from 'vscode';
import type { Supervisor } from '../link/supervisor.ts';
import type { Mirror } from '../model/mirror.ts';
import { rowOf } from './arguments.ts';
import { brieflySay } from './say.ts';

interface Parts {
  readonly supervisor: Supervisor;
  readonly mirror: Mirror;
}

async function flushCache(supervisor: Supervisor): Promise<void> {
  const dropped = await supervisor.call('flushCache', undefined);
  brieflySay(
    dropped === 1 ? vscode.l10n.t('Dropped 1 cache entry') : vscode.l10n.t('Dropped {0} cache entries', dropped),
  );
}

async function pickEntry(mirror: Mirror): Promise<string | undefined> {
  const entries = mirror.cache?.entries ?? [];
  const picks = entries.map((entry) => ({
    label: `${entry.method} ${entry.url}`,
    description: entry.variant.join(', '),
    detail: entry.explanation,
    id: entry.id,
  }));
  const picked = await vscode.window.showQuickPick(picks, {
    title: vscode.l10n.t('Evict a cache entry'),
    placeHolder: vscode.l10n.t('The stored response to drop'),
    matchOnDescription: true,
  });
  return picked?.id;
}

async function evictCacheEntry({ supervisor, mirror }: Parts, argument: unknown): Promise<void> {
  const id = typeof argument === 'string' ? argument : (rowOf(argument)?.item.id ?? (await pickEntry(mirror)));
  if (id === undefined) return;
  const found = await supervisor.call('evictCacheEntry', id);
  if (!found) brieflySay(vscode.l10n.t('That cache entry was gone already'));
}

export function cacheCommands(parts: Parts) {
  return {
    'wirelens.flushCache': async () => flushCache(parts.supervisor),
    'wirelens.evictCacheEntry': async (argument?: unknown) => evictCacheEntry(parts, argument),
  };
}
