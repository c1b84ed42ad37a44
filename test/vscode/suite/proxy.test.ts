// The proxy in a real window: started by command, real clients through it, all three trees, and no process left.
import assert from 'node:assert/strict';
import { tmpdir } from 'node:os';
import * as vscode from 'vscode';
import { freePort } from '../support/ports.ts';
import { enginesOfRun, runningProcesses } from '../support/processes.ts';
import { ui } from '../support/ui.ts';
import {
  api,
  command,
  curl,
  eventually,
  fetchKnowsProxies,
  nodeFetch,
  pour,
  setSetting,
  startUpstream,
  type Upstream,
} from './driver.ts';

const earlier = runningProcesses();

/** Process ids of the engines that run now. */
function engines(): number[] {
  return enginesOfRun(tmpdir(), earlier).map((one) => one.pid);
}

async function proxyUrl(): Promise<string> {
  const url = (await api()).proxyUrl();
  assert.ok(url, 'the proxy does not listen');
  return url;
}

describe('the proxy', () => {
  let upstream: Upstream;
  let port: number;

  before(async () => {
    upstream = await startUpstream();
    port = await freePort();
    await setSetting('port', port);
    await command('start');
  });
  after(async () => {
    await command('stop');
    await setSetting('port', undefined);
    await setSetting('keepAlive', undefined);
    await setSetting('cache.mode', undefined);
    await upstream.close();
  });

  it('starts by command on the chosen port, in one process of its own', async () => {
    assert.equal(await proxyUrl(), `http://127.0.0.1:${port}`);
    assert.equal(engines().length, 1);
    assert.ok(!engines().includes(process.pid));
  });

  it('serves curl', async () => {
    assert.equal(await curl(await proxyUrl(), `${upstream.origin}/from-curl`), 'hello\n');
    assert.equal(upstream.requests.at(-1), 'GET /from-curl');
  });

  if (fetchKnowsProxies) {
    it('serves Node’s fetch', async () => {
      assert.equal(await nodeFetch(await proxyUrl(), `${upstream.origin}/from-fetch`), '200 hello');
      assert.equal(upstream.requests.at(-1), 'GET /from-fetch');
    });
  }

  it('answers from the cache, until that is flushed', async () => {
    const before = upstream.requests.length;
    await curl(await proxyUrl(), `${upstream.origin}/cached`);
    await curl(await proxyUrl(), `${upstream.origin}/cached`);
    assert.equal(upstream.requests.length, before + 1);
    await command('flushCache');
    await curl(await proxyUrl(), `${upstream.origin}/cached`);
    assert.equal(upstream.requests.length, before + 2);
  });

  it('closes upstream connections when keep-alive is turned off, and says so in the setting', async () => {
    await curl(await proxyUrl(), `${upstream.origin}/kept-alive`);
    assert.ok(upstream.open() > 0, 'an idle connection is kept');
    await command('toggleKeepAlive');
    assert.equal(vscode.workspace.getConfiguration('wirelens').get('keepAlive'), false);
    await eventually('upstream connections are closed', () => upstream.open() === 0);
    await curl(await proxyUrl(), `${upstream.origin}/not-kept-alive`);
    await eventually('no connection is kept', () => upstream.open() === 0);
    await command('toggleKeepAlive');
    assert.equal(vscode.workspace.getConfiguration('wirelens').get('keepAlive'), true);
  });

  it('moves to a changed port and keeps its process', async () => {
    const before = engines();
    const next = await freePort();
    await setSetting('port', next);
    await eventually('the new port', async () => (await api()).proxyUrl() === `http://127.0.0.1:${next}`);
    assert.equal(await curl(await proxyUrl(), `${upstream.origin}/on-the-new-port`), 'hello\n');
    assert.deepEqual(engines(), before);
    await assert.rejects(
      curl(`http://127.0.0.1:${port}`, `${upstream.origin}/`),
      /Could not connect|Failed to connect/,
    );
    port = next;
  });

  it('restarts by command: connections close, port and process stay', async () => {
    const [url, before] = [await proxyUrl(), engines()];
    await curl(url, `${upstream.origin}/kept-alive`);
    assert.ok(upstream.open() > 0, 'an idle connection is kept');
    await command('restart');
    await eventually('upstream connections are closed', () => upstream.open() === 0);
    assert.equal(await proxyUrl(), url);
    assert.deepEqual(engines(), before);
    assert.equal(await curl(url, `${upstream.origin}/after-the-restart`), 'hello\n');
  });

  it('asks upstream every time while the cache is toggled off, and says so in the setting', async () => {
    await curl(await proxyUrl(), `${upstream.origin}/cached`);
    const before = upstream.requests.length;
    await command('toggleCache');
    const mode = (): unknown => vscode.workspace.getConfiguration('wirelens').get('cache.mode');
    assert.equal(mode(), 'off');
    await eventually('upstream is asked', async () => {
      await curl(await proxyUrl(), `${upstream.origin}/cached`);
      return upstream.requests.length > before;
    });
    await command('toggleCache');
    assert.equal(mode(), 'standard');
  });

  it('copies its URL', async () => {
    await command('copyProxyUrl');
    assert.equal(await vscode.env.clipboard.readText(), await proxyUrl());
  });

  it('comes back on the same port when its engine is killed', async () => {
    const [pid] = engines();
    assert.ok(pid);
    process.kill(pid, 'SIGKILL');
    await eventually('another engine', () => engines().some((one) => one !== pid));
    await eventually('an answer', async () => {
      try {
        return (await curl(`http://127.0.0.1:${port}`, `${upstream.origin}/after-the-crash`)) === 'hello\n';
      } catch {
        return false;
      }
    });
    assert.equal(engines().length, 1);
    await vscode.commands.executeCommand('notifications.clearAll');
  });

  it('stops by command', async () => {
    await command('stop');
    assert.equal((await api()).proxyUrl(), undefined);
    await assert.rejects(
      curl(`http://127.0.0.1:${port}`, `${upstream.origin}/`),
      /Could not connect|Failed to connect/,
    );
    await command('start');
    assert.equal(await curl(await proxyUrl(), `${upstream.origin}/started-again`), 'hello\n');
  });
});

const window = ui;
if (window) {
  describe('the views', () => {
    let upstream: Upstream;
    let proxy: string;

    before(async () => {
      upstream = await startUpstream();
      await setSetting('port', await freePort());
      await window.showContainer('Wirelens');
      await command('clearRequests');
    });
    after(async () => {
      await command('stop');
      await setSetting('port', undefined);
      await upstream.close();
    });

    /** Scrolls to the end of the requests and waits until the last rows are these. */
    async function endsWith(...labels: readonly string[]): Promise<void> {
      await eventually(labels.join(), async () => {
        await vscode.commands.executeCommand('list.focusLast');
        const last = (await window?.rows('Requests'))?.slice(-labels.length) ?? [];
        return last.map((row) => row.label).join() === labels.join();
      });
    }

    it('invite to start the proxy, and start it', async () => {
      const welcome = await window.welcome('Requests');
      assert.match(welcome.text, /start the proxy/i);
      assert.deepEqual(welcome.buttons, ['Start proxy', 'Choose port']);
      await window.pressWelcomeButton('Requests', 'Start proxy');
      await eventually('it listens', async () => (await api()).proxyUrl() !== undefined);
      proxy = (await api()).proxyUrl() ?? '';
      assert.match(await window.statusBarText(new URL(proxy).port), /· \d+/);
    });

    it('show the address while nothing was seen, and try it out', async () => {
      await eventually('the address', async () => (await window.viewHeader('Requests')).description === proxy);
      assert.deepEqual((await window.welcome('Requests')).buttons, ['Copy proxy URL', 'Try it']);
      await window.pressWelcomeButton('Requests', 'Try it');
      const [row] = await window.waitForRow('Requests', '200 · ');
      assert.equal(row?.label, 'GET /');
    });

    it('show a request with status, time and size', async () => {
      await curl(proxy, `${upstream.origin}/users?page=2`);
      await window.waitForRow('Requests', '/users?page=2');
      await eventually('its outcome', async () => {
        const [row] = await window.rows('Requests');
        return row?.label === 'GET /users?page=2' && /^200 · [\d.]+ m?s · \d+ B$/.test(row.description);
      });
    });

    it('mark an answer from the cache, and list the stored response and the connection', async () => {
      await curl(proxy, `${upstream.origin}/cached`);
      await curl(proxy, `${upstream.origin}/cached`);
      const [row] = await window.waitForRow('Requests', 'HIT');
      assert.match(row?.description ?? '', /^200 · .* · HIT$/);
      const [entry] = await window.waitForRow('Cache', '1 hit');
      assert.equal(entry?.label, '/cached');
      assert.match(entry?.description ?? '', /^[\d.]+ k?B · fresh for .* · 1 hit$/);
      const { host } = new URL(upstream.origin);
      await window.waitForRow('Connections', host);
      await eventually('the connection is idle', async () => {
        const [origin] = await window.rows('Connections');
        return /^0 busy · \d+ idle · \d+ opened/.test(origin?.description ?? '');
      });
      await window.expand('Connections', host);
      const below = await window.waitForRow('Connections', 'idle for ');
      assert.match(below.find((one) => one.level === 2)?.description ?? '', /^idle for .* · \d+ exchanges? · /);
    });

    it('show what an error was', async () => {
      await curl(proxy, 'http://127.0.0.1:1/nobody');
      const [row] = await window.waitForRow('Requests', '502 · Upstream refused the connection');
      assert.equal(row?.label, 'GET /nobody');
    });

    it('show all of a request below its row, with secrets masked until they are revealed', async () => {
      await curl(proxy, `${upstream.origin}/users?page=3`, '--header', 'Authorization: Bearer top.secret');
      await window.waitForRow('Requests', '/users?page=3');
      await window.expand('Requests', '/users?page=3');
      const rows = (await window.waitForRow('Requests', 'General')).filter((row) => row.level === 2);
      const labels = rows.map((row) => row.label.replace(/\(\d+\)/, '(n)'));
      assert.deepEqual(labels, [
        'General',
        'Request headers (n)',
        'Response headers (n)',
        'Response body',
        'Timing',
        'Connection',
        'Cache',
      ]);
      const [cache] = rows.filter((row) => row.label === 'Cache');
      assert.match(cache?.description ?? '', /no-store/);
      await window.expand('Requests', 'Request headers');
      const headers = await window.waitForRow('Requests', 'Authorization');
      assert.match(headers.find((row) => row.label === 'Authorization')?.description ?? '', /^Bearer •+$/);
      await command('revealSecrets');
      await window.waitForRow('Requests', 'Bearer top.secret');
      await command('revealSecrets');
    });

    it('hold still while a row is open, say how many are new, and catch up', async () => {
      const before = (await window.rows('Requests')).map((row) => row.label);
      await curl(proxy, `${upstream.origin}/new-1`);
      await curl(proxy, `${upstream.origin}/new-2`);
      await eventually('the announcement', async () => /2 new/.test((await window.viewHeader('Requests')).description));
      assert.deepEqual(
        (await window.rows('Requests')).map((row) => row.label),
        before,
      );
      await command('showNewestRequests');
      await window.waitForRow('Requests', '/new-2');
    });

    it('evict one cache entry from its row', async () => {
      await window.pressRowButton('Cache', '/cached', 'Evict cache entry');
      await eventually('the entry is gone', async () => (await window.rows('Cache')).length === 0);
      assert.match((await window.welcome('Cache')).text, /Nothing is stored/);
    });

    it('show the newest 200, and more on request', async () => {
      await command('clearRequests');
      await curl(proxy, `${upstream.origin}/item-[1-250]`);
      await window.waitForRow('Requests', '/item-250');
      await eventually('the count', async () => (await window.viewHeader('Requests')).description === '250');
      await vscode.commands.executeCommand('wirelens.requests.focus');
      await endsWith('GET /item-51', 'Show more');
      await window.clickRow('Requests', 'Show more');
      await endsWith('GET /item-2', 'GET /item-1');
      await command('showNewestRequests');
      await vscode.commands.executeCommand('list.focusFirst');
      await window.waitForRow('Requests', '/item-250');
    });

    it('stay drawn and redraw four times a second at the most, at a thousand requests a second', async () => {
      await curl(proxy, `${upstream.origin}/cached`);
      await window.waitForRow('Requests', '/cached');
      // Looks at every frame that is drawn: whether the tree was ever empty, and how often its rows changed.
      await window.evaluate(`(() => {
        const seen = (window.wirelensSeen = { frames: 0, empty: 0, changes: 0, from: performance.now(), until: 0 });
        const look = (before) => {
          const rows = document.querySelectorAll('[role=tree][aria-label="Requests"] .monaco-list-row');
          const now = [...rows].map((row) => row.textContent).join();
          seen.frames += 1;
          seen.empty += rows.length === 0 ? 1 : 0;
          seen.changes += now === before ? 0 : 1;
          if (window.wirelensSeen === seen) requestAnimationFrame(() => look(now));
        };
        look('');
      })()`);
      const { rate, seconds } = { rate: 1000, seconds: 4 };
      assert.equal(await pour(proxy, `${upstream.origin}/cached`, rate, seconds), rate * seconds);
      const total = (250 + 1 + rate * seconds).toLocaleString('en');
      await eventually('the count', async () => (await window.viewHeader('Requests')).description === total);
      const seen = (await window.evaluate(`(() => {
        const seen = window.wirelensSeen;
        delete window.wirelensSeen;
        return { ...seen, until: performance.now() };
      })()`)) as Readonly<Record<'frames' | 'empty' | 'changes' | 'from' | 'until', number>>;
      const most = ((seen.until - seen.from) / 1000) * 4 + 2;
      assert.equal(seen.empty, 0, JSON.stringify(seen));
      assert.ok(seen.changes > 2 && seen.changes <= most, `${JSON.stringify(seen)}, at the most ${most} changes`);
    });

    it('clear requests', async () => {
      await command('clearRequests');
      await eventually('no rows', async () => (await window.rows('Requests')).length === 0);
    });

    it('keep rows of an engine that crashed, and report it', async () => {
      await curl(proxy, `${upstream.origin}/before-the-crash`);
      await window.waitForRow('Requests', '/before-the-crash');
      await vscode.commands.executeCommand('notifications.clearAll');
      const [pid] = engines();
      assert.ok(pid);
      process.kill(pid, 'SIGKILL');
      await window.waitForRow('Requests', 'details lost');
      await eventually('the report', async () =>
        (await window.notifications()).some((one) =>
          /ended unexpectedly \(signal SIGKILL\).*listens on port/.test(one.message),
        ),
      );
      await command('showLog');
      await eventually('the log', async () => /ended unexpectedly \(signal SIGKILL\)/.test(await window.outputText()));
      await vscode.commands.executeCommand('workbench.action.closePanel');
      await curl(proxy, `${upstream.origin}/after-it`);
      await window.waitForRow('Requests', '/after-it');
      const rows = await window.rows('Requests');
      assert.deepEqual(
        rows.map((row) => row.label),
        ['GET /after-it', 'GET /before-the-crash'],
      );
      await vscode.commands.executeCommand('notifications.clearAll');
    });

    it('pause and resume', async () => {
      await command('pauseCapture');
      await eventually('it says so', async () => /paused/.test((await window.viewHeader('Requests')).description));
      await curl(proxy, `${upstream.origin}/not-recorded`);
      await command('resumeCapture');
      await curl(proxy, `${upstream.origin}/recorded-again`);
      const rows = await window.waitForRow('Requests', '/recorded-again');
      assert.ok(!rows.some((row) => row.label.includes('/not-recorded')));
    });
  });
}
