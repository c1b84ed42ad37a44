// Tests of the one-line form of a flow.
import assert from 'node:assert/strict';
import type { FlowSummary } from '../../../src/contract/model.ts';
import { flowLine } from '../../../src/formats/flow-line.ts';

const done: FlowSummary = {
  id: 'e.1',
  number: 1,
  kind: 'exchange',
  state: 'done',
  startedAt: 0,
  method: 'GET',
  url: 'http://api.test/users',
  status: 200,
  duration: 34,
  requestBytes: 0,
  responseBytes: 1234,
  cache: 'none',
  source: 'main',
};

describe('flowLine', () => {
  it('names request, status, time and size', () => {
    assert.equal(flowLine(done), 'GET http://api.test/users 200 · 34 ms · 1.2 kB');
  });
  it('counts messages where there are some', () => {
    const line = 'GET http://api.test/users 200 · 34 ms · 1.2 kB';
    assert.equal(flowLine({ ...done, messages: 1 }), `${line} · 1 message`);
    assert.equal(flowLine({ ...done, messages: 12 }), `${line} · 12 messages`);
  });
  it('makes an answer from the cache unmissable', () => {
    assert.equal(
      flowLine({ ...done, duration: 0.3, cache: 'hit' }),
      'GET http://api.test/users 200 · 0.3 ms · 1.2 kB · HIT',
    );
  });
  it('marks an answer of an upstream that was not verified', () => {
    const line = flowLine({ ...done, unverified: true });
    assert.equal(line, 'GET http://api.test/users 200 · 34 ms · 1.2 kB · ⚠ certificate not verified');
  });
  it('says why a flow failed', () => {
    const error = { code: 'connection-refused', source: 'upstream', message: 'Upstream refused', advice: '' } as const;
    assert.equal(
      flowLine({ ...done, state: 'failed', status: 502, error }),
      'GET http://api.test/users 502 · Upstream refused',
    );
  });
  it('counts both directions of a tunnel', () => {
    const { status: _none, ...rest } = done;
    const tunnel: FlowSummary = { ...rest, kind: 'tunnel', method: 'CONNECT', url: 'a.test:443', requestBytes: 10 };
    assert.equal(flowLine(tunnel), 'CONNECT a.test:443 · 34 ms · ↑ 10 B ↓ 1.2 kB');
  });
  it('names the state of a live flow', () => {
    assert.equal(flowLine({ ...done, state: 'streaming' }), 'GET http://api.test/users 200 · streaming');
  });
  it('prints nothing that steers a terminal', () => {
    assert.equal(flowLine({ ...done, url: 'http://a/\u001b[2J' }), 'GET http://a/\\x1b[2J 200 · 34 ms · 1.2 kB');
  });
  it('has words for bytes that were no request', () => {
    const { status: _none, ...rest } = done;
    assert.equal(flowLine({ ...rest, method: '', url: '' }), 'refused bytes · 34 ms · 1.2 kB');
  });
});
