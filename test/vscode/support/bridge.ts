// Lets a suite inside the extension host see and use the window that it runs in: a loopback endpoint with a token, a closed list of actions.
import { randomBytes } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { stripVTControlCharacters } from 'node:util';
import { cacheDirectory } from './places.ts';
import type { ThemeKind } from './drawn.ts';
import type { Workbench } from './workbench.ts';

/** What a suite may do: each takes and gives plain values, because they travel as JSON. */
export function bridgeActions(workbench: Workbench) {
  return {
    rows: async (tree: string) => workbench.rows(tree),
    waitForRow: async (tree: string, text: string) => workbench.waitForRow(tree, text),
    expand: async (tree: string, text: string) => workbench.expand(tree, text),
    clickRow: async (tree: string, text: string) => workbench.clickRow(tree, text),
    pressRowButton: async (tree: string, text: string, button: string) => workbench.pressRowButton(tree, text, button),
    showContainer: async (title: string) => workbench.showContainer(title),
    unfoldView: async (name: string) => workbench.unfoldView(name),
    viewHeader: async (name: string) => workbench.viewHeader(name),
    welcome: async (view: string) => workbench.welcome(view),
    pressWelcomeButton: async (view: string, button: string) => workbench.pressWelcomeButton(view, button),
    statusBar: async () => workbench.statusBar(),
    statusBarText: async (text: string) => workbench.statusBarText(text),
    clickStatusBar: async (text: string) => workbench.clickStatusBar(text),
    palette: async (title: string) => workbench.palette(title),
    paletteRows: async (text: string) => workbench.paletteRows(text),
    quickPickRows: async () => workbench.quickPickRows(),
    pick: async (text: string) => workbench.pick(text),
    type: async (text: string) => workbench.type(text),
    inputBox: async () => workbench.inputBox(),
    escape: async () => workbench.escape(),
    notifications: async () => workbench.notifications(),
    pressNotificationButton: async (text: string, button: string) => workbench.pressNotificationButton(text, button),
    editorTabs: async () => workbench.editorTabs(),
    editorText: async () => workbench.editorText(),
    outputText: async () => workbench.outputText(),
    screenshot: async (file: string) => workbench.screenshot(file),
    themeKind: async () => workbench.themeKind(),
    setTheme: async (kind: ThemeKind) => workbench.setTheme(kind),
    /** For what no action above covers: the value of a JavaScript expression in the page. */
    evaluate: async (expression: string): Promise<unknown> => workbench.page.evaluate(expression),
  };
}

export type BridgeActions = ReturnType<typeof bridgeActions>;

export interface Bridge {
  /** What the extension host needs in its environment to find the bridge. */
  readonly env: Readonly<Record<string, string>>;
  /** Actions answer from here on. */
  attach(actions: BridgeActions): void;
  close(): void;
}

async function bodyOf(request: IncomingMessage): Promise<{ action: string; args: unknown[] }> {
  const pieces: Buffer[] = [];
  for await (const piece of request) pieces.push(piece as Buffer);
  return JSON.parse(Buffer.concat(pieces).toString()) as { action: string; args: unknown[] };
}

/** Opens the endpoint on a free port of 127.0.0.1. */
export async function openBridge(): Promise<Bridge> {
  const token = randomBytes(16).toString('hex');
  let actions: BridgeActions | undefined;
  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    if (request.headers.authorization !== `Bearer ${token}`) {
      response.writeHead(403).end();
      return;
    }
    try {
      const { action, args } = await bodyOf(request);
      if (!actions || !Object.hasOwn(actions, action)) throw new Error(`no such action: ${action}`);
      const perform = actions[action as keyof BridgeActions] as (...values: unknown[]) => Promise<unknown>;
      response.end(JSON.stringify({ value: await perform(...args) }));
    } catch (error) {
      await actions?.screenshot(path.join(cacheDirectory(), 'failure.png')).catch(() => {});
      response.writeHead(500).end(stripVTControlCharacters(error instanceof Error ? error.message : String(error)));
    }
  };
  const server = createServer((request, response) => void answer(request, response));
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  const { port } = server.address() as AddressInfo;
  return {
    env: { WIRELENS_BRIDGE: `http://127.0.0.1:${port}/`, WIRELENS_BRIDGE_TOKEN: token },
    attach: (offered) => {
      actions = offered;
    },
    close: () => {
      server.close();
      server.closeAllConnections();
    },
  };
}
