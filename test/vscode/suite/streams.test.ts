// Messages of a live stream in the Requests tree: they appear while they arrive, and open as documents.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import * as vscode from 'vscode';
import { freePort } from '../support/ports.ts';
import { ui } from '../support/ui.ts';
import { api, command, curl, eventually, setSetting } from './driver.ts';

const window = ui;

/** Answers every request with an event stream that the test writes. */
async function startEventServer(): Promise<{ server: Server; url: string; stream: () => Promise<ServerResponse> }> {
  const { promise, resolve } = Promise.withResolvers<ServerResponse>();
  const server = createServer((_request, response) => {
    response.writeHead(200, { 'Content-Type': 'text/event-stream' }).flushHeaders();
    resolve(response);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return { server, url: `http://127.0.0.1:${port}/v1/events`, stream: () => promise };
}

if (window) {
  describe('messages of a stream', () => {
    let events: Awaited<ReturnType<typeof startEventServer>>;
    let proxy: string;

    before(async () => {
      events = await startEventServer();
      await setSetting('port', await freePort());
      await command('start');
      proxy = (await api()).proxyUrl() ?? '';
      await command('clearRequests');
      await window.showContainer('Wirelens');
    });
    after(async () => {
      await vscode.commands.executeCommand('workbench.action.closeAllEditors');
      await command('stop');
      await setSetting('port', undefined);
      events.server.closeAllConnections();
      events.server.close();
    });

    it('appear while they arrive, and open formatted', async () => {
      const reading = curl(proxy, events.url, '--no-buffer');
      const stream = await events.stream();
      const [row] = await window.waitForRow('Requests', 'streaming');
      assert.equal(row?.label, 'GET /v1/events');
      assert.match(row.description, /^200 · 00:\d\d · streaming$/);
      stream.write('event: tick\ndata: {"n":1}\n\n');
      await window.expand('Requests', '/v1/events');
      await window.expand('Requests', 'Messages (1)');
      await window.waitForRow('Requests', '{"n":1}');
      stream.write('event: tick\ndata: {"n":2}\n\n');
      await window.waitForRow('Requests', 'Messages (2)');
      const shown = await window.waitForRow('Requests', '{"n":2}');
      const texts = shown.filter(({ level }) => level === 3).map(({ label }) => label);
      assert.deepEqual(texts.slice(0, 2), ['{"n":2}', '{"n":1}']);
      await window.clickRow('Requests', '{"n":2}');
      const active = (): vscode.TextDocument | undefined => vscode.window.activeTextEditor?.document;
      await eventually('a document', () => /events message 2 #\d+\.json$/.test(active()?.fileName ?? ''));
      assert.equal(active()?.getText(), '{\n  "n": 2\n}');
      assert.equal(active()?.languageId, 'json');
      stream.end();
      await reading;
      await window.waitForRow('Requests', '2 messages');
    });
  });
}
