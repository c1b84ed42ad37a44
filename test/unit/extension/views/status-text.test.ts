// What the status bar says in each state of the engine.
import assert from 'node:assert/strict';
import { proxyUrlOf, shortCount, statusText } from '../../../../src/extension/views/status-text.ts';
import { noCounters, plainly, proxyState } from '../support/values.ts';

const up = { kind: 'up', pid: 4711, epoch: 'e1' } as const;
const listening = { host: '127.0.0.1', port: 8080 };
const state = proxyState({ counters: { ...noCounters, requests: 1204, hits: 61, misses: 39, recorded: 1200 } });

function text(known: Partial<Parameters<typeof statusText>[0]>) {
  return statusText({ status: up, listening, wantedPort: 8080, state, ...known }, plainly);
}

function tooltip(known: Partial<Parameters<typeof statusText>[0]>): string {
  return text(known)
    .tooltip.map(([name, value]) => `${name}: ${value}`)
    .join('\n');
}

describe('statusText', () => {
  it('names port, requests and hit rate', () => {
    assert.equal(text({}).text, '$(radio-tower) 8080 · 1.2k · 61%');
    assert.equal(text({ state: undefined }).text, '$(radio-tower) 8080');
    assert.equal(text({}).warning, false);
  });

  it('explains all of it in the tooltip', () => {
    assert.equal(
      tooltip({}),
      [
        'Proxy: http://127.0.0.1:8080',
        'Requests: 1,204, 0 failed',
        'Recorded: 1,200',
        'Cache: on · 61 hits (61 %)',
        'Cache figures: 61 hits · 39 misses',
        'Keep-alive: on',
        'Memory: 0 B of 64 MiB',
        'Engine: process 4711',
      ].join('\n'),
    );
  });

  it('says when another port than the wanted one is in use', () => {
    assert.match(
      tooltip({ listening: { host: '127.0.0.1', port: 8081 } }),
      /Port: 8081 instead of 8080, which was taken/,
    );
    assert.doesNotMatch(tooltip({ wantedPort: 0 }), /instead/);
  });

  it('shows that capture is paused', () => {
    const paused = proxyState({ capturing: false });
    assert.match(text({ state: paused }).text, /^\$\(debug-pause\) 8080/);
    assert.match(tooltip({ state: paused }), /Recorded: paused/);
  });

  it('says that keep-alive or the cache is off, and nothing of what is as usual', () => {
    assert.equal(
      text({ state: { ...state, keepAlive: false } }).text,
      '$(radio-tower) 8080 · 1.2k · 61% · keep-alive off',
    );
    assert.equal(text({ state: { ...state, cacheMode: 'off' } }).text, '$(radio-tower) 8080 · 1.2k · cache off');
  });

  it('warns only when the engine is down or capture truncates', () => {
    assert.equal(text({ status: { kind: 'waiting', delay: 250 } }).warning, true);
    assert.equal(text({ status: { kind: 'given-up' } }).warning, true);
    assert.equal(text({ state: proxyState({ truncating: true }) }).warning, true);
    assert.equal(text({ status: { kind: 'starting' } }).warning, false);
    assert.equal(text({ listening: undefined }).warning, false);
  });

  it('says that the proxy is stopped', () => {
    assert.equal(text({ listening: undefined, status: { kind: 'down' } }).text, '$(circle-slash) Wirelens');
  });
});

describe('shortCount', () => {
  it('is short', () => {
    const cases = [0, 999, 1000, 1204, 9949, 9950, 34_499, 999_499, 999_500, 1_250_000];
    assert.deepEqual(cases.map(shortCount), ['0', '999', '1k', '1.2k', '9.9k', '10k', '34k', '999k', '1M', '1.3M']);
  });
});

describe('proxyUrlOf', () => {
  it('gives an address to connect to', () => {
    assert.equal(proxyUrlOf(listening), 'http://127.0.0.1:8080');
    assert.equal(proxyUrlOf({ host: '0.0.0.0', port: 1 }), 'http://127.0.0.1:1');
    assert.equal(proxyUrlOf({ host: '::', port: 1 }), 'http://[::1]:1');
    assert.equal(proxyUrlOf({ host: '::1', port: 1 }), 'http://[::1]:1');
    assert.equal(proxyUrlOf({ host: 'dev.test', port: 1 }), 'http://dev.test:1');
  });
});
