// Tests of HAR entries.
import assert from 'node:assert/strict';
import { gzipSync } from 'node:zlib';
import type { FlowDetail } from '../../../src/contract/model.ts';
import { harDocument, harEntry } from '../../../src/formats/har.ts';

const compressed = gzipSync('{"a":"é"}');
const detail: FlowDetail = {
  id: 'e.7',
  number: 7,
  kind: 'exchange',
  state: 'done',
  startedAt: Date.UTC(2026, 0, 2, 3, 4, 5, 6),
  method: 'POST',
  url: 'http://api.test:8080/orders?a=1&b=%20x+y&c&d=%zz',
  status: 201,
  duration: 36,
  requestBytes: 3,
  responseBytes: compressed.length,
  mediaType: 'application/json',
  cache: 'miss',
  source: 'main',
  clientAddress: '127.0.0.1:5000',
  clientConnection: 1,
  clientExchange: 1,
  request: {
    startLine: 'POST http://api.test:8080/orders HTTP/1.1',
    fields: [
      ['Host', 'api.test:8080'],
      ['Cookie', 'a=b; c=d=e'],
      ['Cookie', 'f'],
      ['Content-Type', 'image/png'],
    ],
    trailers: [],
    body: { size: 3, kept: 3, state: 'complete' },
  },
  interim: [],
  response: {
    startLine: 'HTTP/1.1 201 Made it',
    fields: [
      ['Content-Type', 'application/json'],
      ['content-encoding', 'gzip'],
      ['Set-Cookie', 'id=1; Path=/'],
      ['Location', '/orders/1'],
    ],
    trailers: [['X-Sum', '1']],
    body: { size: compressed.length, kept: compressed.length, state: 'complete' },
  },
  timing: { queued: 1, waited: 2, connect: 3, tls: 4, sent: 5, firstByte: 20, download: 1, total: 36 },
  connection: { id: 9, kind: 'new', exchange: 1, remote: '[::1]:8080', localPort: 4000 },
  decision: { find: { kind: 'not-asked', reason: 'method' } },
  leniencies: ['bare-lf'],
  removed: { request: [], response: [] },
};

describe('the HAR entry of an exchange in HTTP/2', () => {
  it('says so on both messages', () => {
    const { request, response } = detail;
    assert.ok(request !== undefined && response !== undefined);
    const entry = harEntry(
      {
        ...detail,
        request: { ...request, startLine: 'POST /orders HTTP/2' },
        response: { ...response, startLine: 'HTTP/2 201' },
      },
      {},
    );
    assert.deepEqual([entry.request.httpVersion, entry.response.httpVersion], ['HTTP/2', 'HTTP/2']);
  });
});

describe('harEntry', () => {
  const entry = harEntry(detail, { request: Buffer.from([0xff, 0, 1]), response: Buffer.from('{"a":"é"}') });
  it('counts TLS into connect, and what did not happen as -1', () => {
    assert.deepEqual(entry.timings, { blocked: 3, dns: -1, connect: 7, ssl: 4, send: 5, wait: 20, receive: 1 });
  });
  it('has the sum of its parts as time', () => assert.equal(entry.time, 36));
  it('keeps binary content as base64', () => {
    assert.deepEqual(entry.request.postData, { mimeType: 'image/png', text: '/wAB', encoding: 'base64' });
  });
  it('keeps text as text, with the sizes before and after', () => {
    assert.deepEqual(entry.response.content, {
      size: 10,
      compression: 10 - compressed.length,
      mimeType: 'application/json',
      text: '{"a":"é"}',
    });
    assert.equal(entry.response.bodySize, compressed.length);
  });
  it('takes text that is not UTF-8 as base64', () => {
    const broken = harEntry(detail, { response: Buffer.from([0x22, 0xff, 0x22]) });
    assert.equal(broken.response.content.encoding, 'base64');
  });
  it('splits query, cookies and start lines', () => {
    assert.deepEqual(entry.request.queryString, [
      { name: 'a', value: '1' },
      { name: 'b', value: ' x y' },
      { name: 'c', value: '' },
      { name: 'd', value: '%zz' },
    ]);
    assert.deepEqual(entry.request.cookies, [
      { name: 'a', value: 'b' },
      { name: 'c', value: 'd=e' },
      { name: '', value: 'f' },
    ]);
    assert.deepEqual(entry.response.cookies, [{ name: 'id', value: '1' }]);
    assert.deepEqual([entry.request.httpVersion, entry.response.statusText], ['HTTP/1.1', 'Made it']);
    assert.equal(entry.response.redirectURL, '/orders/1');
  });
  it('names the connection and our own decisions', () => {
    assert.equal(entry.startedDateTime, '2026-01-02T03:04:05.006Z');
    assert.deepEqual([entry.serverIPAddress, entry.connection], ['::1', '9']);
    assert.deepEqual(entry._cacheDecision, detail.decision);
    assert.deepEqual(entry._leniencies, ['bare-lf']);
    assert.deepEqual(entry.response._trailers, [{ name: 'X-Sum', value: '1' }]);
  });
  it('has every field that the format asks for where nothing was answered', () => {
    const { response: _response, connection: _connection, status: _status, ...rest } = detail;
    const error = { code: 'connection-refused', source: 'upstream', message: 'refused', advice: '' } as const;
    const failed = harEntry({ ...rest, state: 'failed', timing: {}, error }, {});
    assert.deepEqual(failed.response, {
      status: 0,
      statusText: '',
      httpVersion: '',
      cookies: [],
      headers: [],
      content: { size: 0, mimeType: '' },
      redirectURL: '',
      headersSize: -1,
      bodySize: -1,
    });
    assert.deepEqual(failed.timings, { blocked: -1, dns: -1, connect: -1, ssl: -1, send: 0, wait: 0, receive: 0 });
    assert.equal(failed._error?.message, 'refused');
  });
});

describe('harDocument', () => {
  it('wraps entries with who made them', () => {
    assert.deepEqual(harDocument([], '1.2.3'), {
      log: { version: '1.2', creator: { name: 'Wirelens', version: '1.2.3' }, entries: [] },
    });
  });
});
