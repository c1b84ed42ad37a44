// Commands on what the cache holds: flush, evict, revalidate, expire, pin, open and save, and how the view sorts it.
import * as vscode from 'vscode';
import { hostOf } from '../../cache/hosts.ts';
import type { PinResult, RevalidationResult } from '../../contract/engine.ts';
import { cacheOrders, type CacheEntrySummary, type CacheOrder } from '../../contract/model.ts';
import { describeEntry } from '../../formats/cache-entry.ts';
import { describeCache } from '../../formats/decisions.ts';
import { formatBytes } from '../../formats/numbers.ts';
import { exportCacheEntry, openCacheEntry } from '../documents/cache-entry.ts';
import type { FlowFileSystem } from '../documents/file-system.ts';
import type { Supervisor } from '../link/supervisor.ts';
import type { FlowStore } from '../model/flow-store.ts';
import type { Mirror } from '../model/mirror.ts';
import { cacheRow } from '../views/cache-rows.ts';
import type { RowSurroundings } from '../views/request-rows.ts';
import { rowOf } from './arguments.ts';
import { brieflySay } from './say.ts';

interface Parts {
  readonly supervisor: Supervisor;
  readonly mirror: Mirror;
  readonly flows: FlowStore;
  readonly files: FlowFileSystem;
  readonly rowSurroundings: () => RowSurroundings;
  readonly cacheOrder: () => CacheOrder;
  readonly setCacheOrder: (order: CacheOrder) => Promise<void>;
}

type Wanted = (entry: CacheEntrySummary) => boolean;

function sayDropped(dropped: number): void {
  brieflySay(
    dropped === 1 ? vscode.l10n.t('Dropped 1 cache entry') : vscode.l10n.t('Dropped {0} cache entries', dropped),
  );
}

function sayGone(): void {
  brieflySay(vscode.l10n.t('That cache entry was gone already'));
}

async function flushHost({ supervisor }: Parts, argument: unknown): Promise<void> {
  const url = rowOf(argument)?.item.copies;
  const host = typeof argument === 'string' ? argument : url === undefined ? await pickHost(supervisor) : hostOf(url);
  if (host !== undefined) sayDropped(await supervisor.call('flushCacheHost', host));
}

async function pickHost(supervisor: Supervisor): Promise<string | undefined> {
  const { t } = vscode.l10n;
  const picks = (await supervisor.call('cacheHosts', undefined)).map(({ host, entries, bytes }) => ({
    label: host,
    description: entries === 1 ? t('1 entry') : t('{0} entries', entries.toLocaleString('en')),
    detail: formatBytes(bytes),
  }));
  const placeHolder = t('The host whose stored responses to drop');
  return (await vscode.window.showQuickPick(picks, { title: t('Flush a host'), placeHolder }))?.label;
}

async function pickEntry({ mirror, rowSurroundings }: Parts, title: string, wanted: Wanted) {
  const surroundings = rowSurroundings();
  const picks = (mirror.cache?.entries ?? []).filter(wanted).map((entry) => {
    const { label, description = '' } = cacheRow(entry, surroundings);
    return { label, description, detail: describeEntry(entry, surroundings.now), entry };
  });
  const placeHolder = vscode.l10n.t('Which stored response?');
  return (await vscode.window.showQuickPick(picks, { title, placeHolder, matchOnDescription: true }))?.entry;
}

/** The entry of the row, or with that id, or one that the person picks among those that are wanted. */
async function withEntry(
  parts: Parts,
  argument: unknown,
  title: string,
  run: (entry: CacheEntrySummary) => Promise<unknown>,
  wanted: Wanted = () => true,
): Promise<void> {
  const id = typeof argument === 'string' ? argument : rowOf(argument)?.item.id;
  const named = id === undefined ? undefined : parts.mirror.cache?.entries.find((entry) => entry.id === id);
  if (id !== undefined && named === undefined) return sayGone();
  const entry = named ?? (await pickEntry(parts, title, wanted));
  if (entry !== undefined) await run(entry);
}

function sayOutcome(result: RevalidationResult): void {
  const { t } = vscode.l10n;
  if (result.kind === 'gone') return sayGone();
  if (result.kind === 'stopped') {
    void vscode.window.showInformationMessage(t('The proxy is stopped, and asks nobody.'));
    return;
  }
  const { decision, error, flow } = result;
  if (error === undefined) {
    brieflySay(decision === undefined ? t('Asked upstream') : describeCache(decision));
    return;
  }
  const show = t('Open request');
  const offered = flow === undefined ? [] : [show];
  void vscode.window.showWarningMessage(`${error.message}. ${error.advice}`, ...offered).then(async (choice) => {
    if (choice === show) await vscode.commands.executeCommand('wirelens.openRequest', flow);
  });
}

function sayPinned(result: PinResult, pinned: boolean): void {
  const { t } = vscode.l10n;
  switch (result.kind) {
    case 'gone':
      return sayGone();
    case 'done':
      return brieflySay(pinned ? t('Pinned: it is not evicted to make room') : t('Unpinned'));
    case 'refused':
      void vscode.window.showWarningMessage(
        t(
          'At most half of the cache can be pinned: that would be {0}, and the limit is {1} (half of wirelens.cache.maxSize).',
          formatBytes(result.needed),
          formatBytes(result.limit),
        ),
      );
  }
}

function orderWords(): Record<CacheOrder, { readonly label: string; readonly detail: string }> {
  const { t } = vscode.l10n;
  return {
    recent: { label: t('Recently used'), detail: t('What answered or was stored last comes first') },
    size: { label: t('Size'), detail: t('The largest come first') },
    age: { label: t('Age'), detail: t('The oldest come first') },
    hits: { label: t('Hits'), detail: t('Those that answered most often come first') },
  };
}

async function sortCache({ cacheOrder, setCacheOrder }: Parts): Promise<void> {
  const { t } = vscode.l10n;
  const now = cacheOrder();
  const words = orderWords();
  const picks = cacheOrders.map((order) => ({
    ...words[order],
    ...(order === now ? { description: t('now') } : {}),
    order,
  }));
  const picked = await vscode.window.showQuickPick(picks, { title: t('Sort the cache by') });
  if (picked !== undefined) await setCacheOrder(picked.order);
}

export function cacheCommands(parts: Parts) {
  const { supervisor } = parts;
  const { t } = vscode.l10n;
  const pin = async (argument: unknown, pinned: boolean, title: string): Promise<void> =>
    withEntry(
      parts,
      argument,
      title,
      async ({ id }) => sayPinned(await supervisor.call('pinCacheEntry', { id, pinned }), pinned),
      (entry) => entry.pinned !== pinned,
    );
  const onOrSayGone = async (name: 'evictCacheEntry' | 'expireCacheEntry', id: string): Promise<void> => {
    if (!(await supervisor.call(name, id))) sayGone();
  };
  return {
    'wirelens.flushCache': async () => sayDropped(await supervisor.call('flushCache', undefined)),
    'wirelens.flushCacheHost': async (argument?: unknown) => flushHost(parts, argument),
    'wirelens.evictCacheEntry': async (argument?: unknown) =>
      withEntry(parts, argument, t('Evict a cache entry'), async ({ id }) => onOrSayGone('evictCacheEntry', id)),
    'wirelens.expireCacheEntry': async (argument?: unknown) =>
      withEntry(parts, argument, t('Mark a cache entry as expired'), async ({ id }) =>
        onOrSayGone('expireCacheEntry', id),
      ),
    'wirelens.revalidateCacheEntry': async (argument?: unknown) =>
      withEntry(parts, argument, t('Revalidate a cache entry'), async ({ id }) =>
        sayOutcome(await supervisor.call('revalidateCacheEntry', id)),
      ),
    'wirelens.pinCacheEntry': async (argument?: unknown) => pin(argument, true, t('Pin a cache entry')),
    'wirelens.unpinCacheEntry': async (argument?: unknown) => pin(argument, false, t('Unpin a cache entry')),
    'wirelens.openCacheEntry': async (argument?: unknown) =>
      withEntry(parts, argument, t('Open a cache entry'), async (entry) => openCacheEntry(parts, entry)),
    'wirelens.exportCacheBody': async (argument?: unknown) =>
      withEntry(parts, argument, t('Save the body of a cache entry'), async (entry) => exportCacheEntry(parts, entry)),
    'wirelens.sortCache': async () => sortCache(parts),
  };
}
