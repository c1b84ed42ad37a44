// The JSON line of a flow: the same names for every flow, on one line whatever it holds.
import assert from 'node:assert/strict';
import type { FlowDetail } from '../../../../src/contract/model.ts';
import { jsonLine } from '../../../../src/engine/cli/json-line.ts';

const least: FlowDetail = {
  id: 'e.1',
  number: 1,
  kind: 'exchange',
  state: 'failed',
  startedAt: 1_700_000_000_123,
  method: 'GET',
  url: 'http://a.test/',
  requestBytes: 0,
  responseBytes: 0,
  cache: 'none',
  source: 'main',
  clientAddress: '127.0.0.1:1',
  clientConnection: 1,
  clientExchange: 1,
  interim: [],
  timing: {},
  leniencies: [],
  removed: { request: [], response: [] },
};

describe('the JSON line of a flow', () => {
  it('has null for what the flow does not have', () => {
    assert.deepEqual(JSON.parse(jsonLine(least)), {
      id: 'e.1',
      kind: 'exchange',
      start: '2023-11-14T22:13:20.123Z',
      duration: null,
      method: 'GET',
      url: 'http://a.test/',
      status: null,
      mediaType: null,
      sizes: { request: 0, response: 0 },
      timings: {},
      connection: null,
      tls: null,
      cache: { word: 'none', find: null, store: null },
      messages: null,
      error: null,
    });
  });

  it('carries what the flow has', () => {
    const because = { clause: 'RFC 9111 §4.2' };
    const find = { kind: 'hit', age: 1, lifetime: 60, origin: 'max-age', because } as const;
    const connection = {
      id: 7,
      kind: 'reused',
      exchange: 2,
      idleFor: 5,
      remote: '127.0.0.1:80',
      localPort: 9,
    } as const;
    const error = { code: 'broken-off', source: 'upstream', message: 'It broke.', advice: 'Look.' } as const;
    const line = jsonLine({
      ...least,
      status: 200,
      duration: 12.5,
      mediaType: 'text/plain',
      responseBytes: 42,
      cache: 'hit',
      timing: { firstByte: 3 },
      connection,
      decision: { find },
      error,
    });
    const value = JSON.parse(line) as Record<string, unknown>;
    assert.deepEqual([value['status'], value['duration'], value['mediaType']], [200, 12.5, 'text/plain']);
    assert.deepEqual(value['sizes'], { request: 0, response: 42 });
    assert.deepEqual(value['timings'], { firstByte: 3 });
    assert.deepEqual(value['connection'], connection);
    assert.deepEqual(value['cache'], { word: 'hit', find, store: null });
    assert.deepEqual(value['error'], error);
  });

  it('has TLS with upstream once, also where its certificate was refused', () => {
    const tls = { version: 'TLSv1.3', cipher: 'c', alpn: '', chain: [], stapled: false, resumed: true };
    const used = { id: 7, kind: 'new', exchange: 1, remote: '127.0.0.1:443', localPort: 9, tls } as const;
    const { connection, tls: shown } = JSON.parse(jsonLine({ ...least, connection: used })) as Record<string, object>;
    assert.deepEqual(shown, tls);
    assert.equal('tls' in (connection ?? {}), false);
    assert.deepEqual((JSON.parse(jsonLine({ ...least, refusedTls: tls })) as Record<string, unknown>)['tls'], tls);
  });

  it('is one line whatever the URL holds', () => {
    const url = 'http://a.test/\n\u2028"\u001B[31m';
    const line = jsonLine({ ...least, url });
    assert.equal(line.includes('\n'), false);
    assert.equal(line.includes('\u001B'), false);
    assert.equal((JSON.parse(line) as { url: string }).url, url);
  });
});
