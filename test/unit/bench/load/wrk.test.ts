// Tests what is written for wrk and read from it.
import assert from 'node:assert/strict';
import { parseWrk, wrkScript } from '../../../bench/load/wrk.ts';

describe('wrk', () => {
  it('is told to send the absolute form', () => {
    const script = wrkScript('http://127.0.0.1:81/1k', false);
    assert.match(script, /^wrk\.path = "http:\/\/127\.0\.0\.1:81\/1k"$/m);
    assert.match(script, /^wrk\.headers\["Host"\] = "127\.0\.0\.1:81"$/m);
    assert.doesNotMatch(script, /close/);
    assert.match(wrkScript('http://a.test/', true), /^wrk\.headers\["Connection"\] = "close"$/m);
  });

  it('says requests, seconds and latency', () => {
    const output = 'Running 2s test\nresult 100 150000 2000000 0 0 0 0 850 1900\n';
    const expected = { requests: 100, bytes: 102_400, seconds: 2, errors: 0, p50: 850, p99: 1900 };
    assert.deepEqual(parseWrk(output, 1024), expected);
  });

  it('reports errors by kind', () => {
    const found = parseWrk('result 100 150000 2000000 1 2 0 3 850 1900\n', 1024);
    assert.equal(found?.errors, 6);
    assert.equal(found?.firstError, 'wrk: 1 connect, 2 read, 0 write, 3 status');
  });

  it('takes too few bytes for wrong responses', () => {
    const found = parseWrk('result 100 50000 2000000 0 0 0 0 850 1900\n', 1024);
    assert.equal(found?.errors, 1);
    assert.match(found?.firstError ?? '', /too few/);
  });

  it('reads nothing where nothing was said', () => assert.equal(parseWrk('unable to connect\n', 1024), undefined));
});
