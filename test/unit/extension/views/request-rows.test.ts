// Rows of requests: what each kind of flow looks like in one line.
import assert from 'node:assert/strict';
import type { FlowSummary } from '../../../../src/contract/model.ts';
import { moreRow, pathOf, requestRow, requestTooltip } from '../../../../src/extension/views/request-rows.ts';
import { mask } from '../../../../src/extension/model/secrets.ts';
import { plainly, startOfTests, summary } from '../support/values.ts';

const surroundings = { t: plainly, now: startOfTests + 12_000, revealed: false };

function row(changes: Partial<FlowSummary>, lost = false) {
  return requestRow({ summary: summary(1, changes), lost }, surroundings);
}

const refused = {
  code: 'connection-refused',
  source: 'upstream',
  message: 'Upstream refused the connection (127.0.0.1:1)',
  advice: 'Is the server running, and on this port?',
} as const;

describe('requestRow', () => {
  const cases: readonly {
    readonly what: string;
    readonly changes: Partial<FlowSummary>;
    readonly label: string;
    readonly description: string;
    readonly icon: string;
  }[] = [
    {
      what: 'an answer from its server',
      changes: {},
      label: 'GET /v1/users?page=1',
      description: '200 · 34 ms · 1.2 kB',
      icon: 'check',
    },
    {
      what: 'an answer from the cache',
      changes: { cache: 'hit', duration: 0.3 },
      label: 'GET /v1/users?page=1',
      description: '200 · 0.3 ms · HIT',
      icon: 'zap',
    },
    {
      what: 'an answer of a server whose certificate was not verified',
      changes: { unverified: true },
      label: 'GET /v1/users?page=1',
      description: '200 · 34 ms · 1.2 kB · ⚠ certificate not verified',
      icon: 'check',
    },
    {
      what: 'an error',
      changes: { method: 'POST', status: 502, state: 'failed', error: refused },
      label: 'POST /v1/users?page=1',
      description: '502 · Upstream refused the connection (127.0.0.1:1)',
      icon: 'error',
    },
    {
      what: 'a redirect',
      changes: { status: 302 },
      label: 'GET /v1/users?page=1',
      description: '302 · 34 ms · 1.2 kB',
      icon: 'arrow-right',
    },
    {
      what: 'a missing page',
      changes: { status: 404 },
      label: 'GET /v1/users?page=1',
      description: '404 · 34 ms · 1.2 kB',
      icon: 'warning',
    },
    {
      what: 'a failing server',
      changes: { status: 500 },
      label: 'GET /v1/users?page=1',
      description: '500 · 34 ms · 1.2 kB',
      icon: 'error',
    },
    {
      what: 'a stream',
      changes: { state: 'streaming' },
      label: 'GET /v1/users?page=1',
      description: '200 · 00:12 · streaming',
      icon: 'circle-outline',
    },
    {
      what: 'a request that waits for its turn',
      changes: { state: 'queued', status: 0 },
      label: 'GET /v1/users?page=1',
      description: '00:12 · queued',
      icon: 'circle-outline',
    },
    {
      what: 'a tunnel',
      changes: { kind: 'tunnel', method: 'CONNECT', url: 'api.test:443', requestBytes: 500 },
      label: 'CONNECT api.test:443',
      description: '200 · 34 ms · ↑ 500 B ↓ 1.2 kB',
      icon: 'lock',
    },
    {
      what: 'bytes that were no request',
      changes: {
        method: '',
        url: '',
        status: 400,
        state: 'failed',
        error: { ...refused, message: 'Refused: two lengths (byte 9)' },
      },
      label: 'Refused request',
      description: '400 · Refused: two lengths (byte 9)',
      icon: 'error',
    },
    {
      what: 'a token in the query',
      changes: { url: 'http://a.test/x?access_token=abc' },
      label: `GET /x?access_token=${mask}`,
      description: '200 · 34 ms · 1.2 kB',
      icon: 'check',
    },
    {
      what: 'control characters in the URL',
      changes: { url: 'http://a.test/\u001b[2Jx' },
      label: 'GET /\\x1b[2Jx',
      description: '200 · 34 ms · 1.2 kB',
      icon: 'check',
    },
  ];
  for (const { what, changes, label, description, icon } of cases) {
    it(`shows ${what}`, () => {
      const shown = row(changes);
      assert.deepEqual([shown.label, shown.description, shown.icon?.id], [label, description, icon]);
    });
  }

  it('marks a flow whose engine is gone, and offers nothing on it', () => {
    const shown = row({}, true);
    assert.equal(shown.description, 'details lost · 200 · 34 ms · 1.2 kB');
    assert.equal(shown.icon?.color, 'disabledForeground');
    assert.equal(shown.context, 'flow lost');
    assert.equal(row({ state: 'streaming' }, true).description, 'details lost · 200 · cut off');
  });

  it('offers bodies only where there are some, and a cURL command only for a request', () => {
    assert.equal(row({}).context, 'flow kept body request');
    assert.equal(row({ responseBytes: 0 }).context, 'flow kept request');
    assert.equal(row({ kind: 'tunnel' }).context, 'flow kept');
    assert.equal(row({ method: '', url: '' }).context, 'flow kept');
  });

  it('says the host to a screen reader, and copies the whole URL', () => {
    assert.equal(row({}).spoken, 'GET /v1/users?page=1, api.test:8080, 200 · 34 ms · 1.2 kB');
    assert.equal(row({}).copies, 'http://api.test:8080/v1/users?page=1');
  });

  it('shows a stream as it goes on, and what it came to', () => {
    const streaming = row({ state: 'streaming', messages: 3, startedAt: surroundings.now - 12_000 });
    assert.deepEqual([streaming.icon?.id, streaming.description], ['circle-outline', '200 · 00:12 · streaming']);
    assert.equal(row({ messages: 1 }).description, '200 · 34 ms · 1 message');
    assert.equal(row({ messages: 1200 }).description, '200 · 34 ms · 1,200 messages');
  });

  it('is another row when a message came, so that what is open below it is looked at again', () => {
    assert.notDeepEqual(row({ state: 'streaming', messages: 3 }), row({ state: 'streaming', messages: 4 }));
  });

  it('keeps its id while it changes', () => {
    assert.equal(row({ state: 'waiting' }).id, row({ state: 'done' }).id);
  });
});

describe('pathOf', () => {
  it('gives path and query', () => {
    assert.equal(pathOf('http://a.test'), '/');
    assert.equal(pathOf('http://a.test?x=1'), '?x=1');
    assert.equal(pathOf('https://a.test:8443/a/b?x=1#top'), '/a/b?x=1');
    assert.equal(pathOf('a.test:443'), 'a.test:443');
  });
});

describe('requestTooltip', () => {
  it('tells the error and what to do, and that details are lost', () => {
    const lines = requestTooltip(
      { summary: summary(1, { error: refused, state: 'failed' }), lost: true },
      surroundings,
    );
    const text = lines.map(([name, value]) => `${name}: ${value}`).join('\n');
    assert.match(text, /^GET: http:\/\/api\.test:8080\/v1\/users/);
    assert.match(text, /Error: Upstream refused the connection \(127\.0\.0\.1:1\)\. Is the server running/);
    assert.match(text, /Details lost: /);
  });
});

describe('moreRow', () => {
  it('shows more when it is chosen', () => {
    assert.equal(moreRow(plainly).command?.command, 'wirelens.showMoreRequests');
  });
});
