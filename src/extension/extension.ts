// The extension's composition root: builds the parts, registers what VS Code calls, ends it all.
import * as vscode from 'vscode';
import { disposable, Lifetime } from '../base/disposable.ts';
import type { CacheOrder } from '../contract/model.ts';
import type { EngineSettings, UserSettings } from '../contract/settings.ts';
import { cacheCommands } from './commands/cache-commands.ts';
import { showMenu, type MenuState } from './commands/menu.ts';
import { proxyCommands } from './commands/proxy-commands.ts';
import { registerCommands, type CommandTable } from './commands/register.ts';
import { requestCommands } from './commands/request-commands.ts';
import { upstreamCommands } from './commands/upstream-commands.ts';
import { documentScheme } from './documents/addresses.ts';
import { FlowFileSystem } from './documents/file-system.ts';
import { flowText } from './documents/flow-text.ts';
import { reportCrash } from './link/crash-report.ts';
import { ProxyControl } from './link/proxy-control.ts';
import { startEngineProcess } from './link/process.ts';
import { logChanges } from './link/proxy-log.ts';
import { questions } from './link/questions.ts';
import { Supervisor, type After } from './link/supervisor.ts';
import { FlowStore } from './model/flow-store.ts';
import { Mirror } from './model/mirror.ts';
import { SettingProblems } from './settings/problems.ts';
import { EngineSurroundings } from './settings/surroundings.ts';
import { editorProxy, onDidChangeSettings, readSettings } from './settings/user-settings.ts';
import { cacheDescription, cacheRows, cacheTooltip, cacheVariants } from './views/cache-rows.ts';
import { connectionRow, connectionsDescription, originRow } from './views/connection-rows.ts';
import { ContextKeys } from './views/context-keys.ts';
import type { TreeSource } from './views/described-tree.ts';
import type { Item } from './views/item.ts';
import { PlainView } from './views/plain-view.ts';
import type { RowSurroundings } from './views/request-rows.ts';
import { RequestsView } from './views/requests-view.ts';
import { StatusBar } from './views/status-bar.ts';
import { proxyUrlOf, statusText, type StatusText } from './views/status-text.ts';
import { cacheOrderOf, keepCacheOrder, portMemory, wasRunningBeforeReload } from './window-memory.ts';

/** What other extensions may ask: `vscode.extensions.getExtension('wirelens.wirelens')?.exports`. */
export interface WirelensApi {
  /** The URL to use as HTTP proxy; undefined while the proxy does not listen. */
  proxyUrl(): string | undefined;
}

const after: After = (delay, run) => {
  const timer = setTimeout(run, delay);
  return disposable(() => clearTimeout(timer));
};

/** What `deactivate` has to wait for. */
let ending: (() => Promise<void>) | undefined;

function logOf(log: vscode.LogOutputChannel): (error: unknown) => void {
  return (error) => log.error(error instanceof Error ? error : String(error));
}

const settings = (): UserSettings => readSettings().settings;

function makeSupervisor(context: vscode.ExtensionContext, log: vscode.LogOutputChannel): Supervisor {
  const script = vscode.Uri.joinPath(context.extensionUri, 'dist', 'engine.js').fsPath;
  const supervisor = new Supervisor({ launch: () => startEngineProcess(script, (line) => log.info(line)), after });
  supervisor.onLog(({ level, message }) => log[level](message));
  logChanges(supervisor, log);
  return supervisor;
}

function makePlainViews(mirror: Mirror, rowSurroundings: () => RowSurroundings): readonly PlainView[] {
  const cacheSource: TreeSource = {
    roots: () => (mirror.cache === undefined ? [] : cacheRows(mirror.cache, rowSurroundings())),
    children: (row) => (mirror.cache === undefined ? [] : cacheVariants(mirror.cache, row, rowSurroundings())),
    childrenAreLive: true,
    tooltip: async ({ id }) => {
      const entry = mirror.cache?.entries.find((one) => one.id === id);
      return entry === undefined ? undefined : cacheTooltip(entry, rowSurroundings());
    },
  };
  const connectionsOf = (item: Item): readonly Item[] => {
    const origin = mirror.origins.find(({ key }) => key === item.id);
    return origin?.connections.map((connection) => connectionRow(connection, rowSurroundings())) ?? [];
  };
  return [
    new PlainView('wirelens.cache', mirror, cacheSource, () =>
      cacheDescription(mirror.cache, mirror.state?.counters, rowSurroundings()),
    ),
    new PlainView(
      'wirelens.connections',
      mirror,
      {
        roots: () => mirror.origins.map((origin) => originRow(origin, rowSurroundings())),
        children: connectionsOf,
        childrenAreLive: true,
      },
      () => connectionsDescription(mirror.origins, rowSurroundings()),
    ),
  ];
}

/** The engine's side: what steers it, and what is known of it. */
interface Core {
  readonly log: vscode.LogOutputChannel;
  readonly supervisor: Supervisor;
  readonly control: ProxyControl;
  readonly surroundings: EngineSurroundings;
  readonly mirror: Mirror;
  readonly flows: FlowStore;
  readonly cacheOrder: () => CacheOrder;
  readonly setCacheOrder: (order: CacheOrder) => Promise<void>;
}

function buildCore(context: vscode.ExtensionContext, lifetime: Lifetime): Core {
  const log = lifetime.add(vscode.window.createOutputChannel('Wirelens', { log: true }));
  const supervisor = makeSupervisor(context, log);
  const memory = portMemory(context.workspaceState);
  const surroundings = new EngineSurroundings({
    secrets: context.secrets,
    environment: process.env,
    editor: editorProxy,
    warn: (message) => log.warn(message),
  });
  const resolve = async (user: UserSettings): Promise<EngineSettings> => surroundings.resolve(user);
  const control = new ProxyControl({ supervisor, settings, resolve, memory, questions, reportError: logOf(log) });
  const mirror = lifetime.add(new Mirror());
  const flows = new FlowStore(async (name, argument) => supervisor.call(name, argument));
  const cacheOrder = (): CacheOrder => cacheOrderOf(context.workspaceState);
  const setCacheOrder = async (order: CacheOrder): Promise<void> => {
    await keepCacheOrder(context.workspaceState, order);
    await supervisor.setCacheOrder(order);
  };
  supervisor.setCacheOrder(cacheOrder()).catch(logOf(log));
  return { log, supervisor, control, surroundings, mirror, flows, cacheOrder, setCacheOrder };
}

/** What people see of it. */
interface Shown {
  readonly requests: RequestsView;
  readonly files: FlowFileSystem;
  readonly rowSurroundings: () => RowSurroundings;
  /** Shows or masks secrets; gives whether they are shown now. */
  readonly toggleSecrets: () => boolean;
  /** Brings status bar and menus up to date. */
  readonly refresh: () => void;
}

function listeningUrl(supervisor: Supervisor): string | undefined {
  return supervisor.listening === undefined ? undefined : proxyUrlOf(supervisor.listening);
}

function buildShown({ supervisor, mirror, flows }: Core, lifetime: Lifetime): Shown {
  let revealed = false;
  const rowSurroundings = (): RowSurroundings => ({ t: vscode.l10n.t, now: Date.now(), revealed });
  const files = lifetime.add(new FlowFileSystem({ flows, flowText: (flow) => flowText(flow, rowSurroundings()) }));
  const options = { isReadonly: true, isCaseSensitive: true };
  lifetime.add(vscode.workspace.registerFileSystemProvider(documentScheme, files, options));
  const keys = new ContextKeys();
  const setHeld = (held: boolean): void => keys.set('requestsHeld', held);
  const requests = lifetime.add(
    new RequestsView({ mirror, flows, rowSurroundings, listeningUrl: () => listeningUrl(supervisor), setHeld }),
  );
  const plainViews = makePlainViews(mirror, rowSurroundings).map((view) => lifetime.add(view));
  const readStatus = (): StatusText => {
    const { status, listening } = supervisor;
    return statusText({ status, listening, wantedPort: settings().port, state: mirror.state }, vscode.l10n.t);
  };
  const statusBar = lifetime.add(new StatusBar(readStatus));
  return {
    requests,
    files,
    rowSurroundings,
    toggleSecrets: () => {
      revealed = !revealed;
      requests.redraw();
      for (const view of plainViews) view.refresh();
      files.refreshFlowTexts();
      return revealed;
    },
    refresh: () => {
      setContextKeys(keys, supervisor, mirror);
      statusBar.refresh();
    },
  };
}

function setContextKeys(keys: ContextKeys, supervisor: Supervisor, mirror: Mirror): void {
  const state = menuState(supervisor, mirror);
  keys.set('running', state.running);
  keys.set('capturing', state.capturing);
  keys.set('cacheOn', state.cacheOn);
  keys.set('hasFlows', state.hasFlows);
  keys.set('hasCacheEntries', state.hasCacheEntries);
}

function menuState(supervisor: Supervisor, mirror: Mirror): MenuState {
  const { keepAlive, 'cache.mode': cacheMode } = settings();
  return {
    running: supervisor.listening !== undefined,
    capturing: mirror.state?.capturing ?? true,
    keepAlive,
    cacheOn: cacheMode !== 'off',
    hasFlows: mirror.rows.length > 0,
    hasCacheEntries: (mirror.cache?.total ?? 0) > 0,
  };
}

function followEngine({ supervisor, control, mirror, flows, log }: Core, shown: Shown, lifetime: Lifetime): void {
  lifetime.add(supervisor.onUpdate((update) => mirror.apply(update)));
  lifetime.add(
    supervisor.onDidChangeStatus((status) => {
      if (status.kind === 'waiting' || status.kind === 'given-up') {
        mirror.engineLost();
        flows.forget();
      }
      shown.requests.refresh();
      shown.refresh();
    }),
  );
  lifetime.add(
    supervisor.onCrash((crash) => {
      const startAgain = async (): Promise<unknown> => control.start('person');
      reportCrash(crash, startAgain, log).catch(logOf(log));
      const { listening } = crash;
      if (listening?.kind === 'failed') control.reportLostPort(listening, settings().port).catch(logOf(log));
    }),
  );
  lifetime.add(mirror.onDidChange(shown.refresh));
}

function commandsOf(core: Core, shown: Shown): CommandTable {
  const { supervisor, mirror, log } = core;
  return {
    ...proxyCommands(core),
    ...upstreamCommands(core),
    ...cacheCommands({ ...core, ...shown }),
    ...requestCommands({ ...core, ...shown }),
    'wirelens.showMenu': async () => showMenu(menuState(supervisor, mirror)),
    'wirelens.showLog': () => log.show(),
    'wirelens.openSettings': async () =>
      vscode.commands.executeCommand('workbench.action.openSettings', '@ext:wirelens.wirelens'),
  };
}

function followSettings({ control, log }: Core, shown: Shown, lifetime: Lifetime): void {
  const problems = new SettingProblems();
  lifetime.add(
    onDidChangeSettings(() => {
      problems.tell(readSettings().problems);
      control.applySettings().catch(logOf(log));
      shown.refresh();
    }),
  );
  problems.tell(readSettings().problems);
}

export function activate(context: vscode.ExtensionContext): WirelensApi {
  const lifetime = new Lifetime();
  context.subscriptions.push(lifetime);
  const core = buildCore(context, lifetime);
  const { supervisor, control, log } = core;
  ending = async () => supervisor.end();
  const shown = buildShown(core, lifetime);
  followEngine(core, shown, lifetime);
  lifetime.add(registerCommands(commandsOf(core, shown), log));
  followSettings(core, shown, lifetime);
  shown.refresh();
  if (settings().autoStart || wasRunningBeforeReload(context.workspaceState)) control.start('itself').catch(logOf(log));
  return { proxyUrl: () => listeningUrl(supervisor) };
}

/** VS Code waits a few seconds for this; the engine is gone by then, asked or not. */
export async function deactivate(): Promise<void> {
  await ending?.();
  ending = undefined;
}
