// Measures that 100,000 small flows, all kept, stay within their memory.
import assert from 'node:assert/strict';
import { setImmediate as turn } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { Recorder } from '../../../../src/engine/capture/recorder.ts';
import { createSpillFile } from '../../../../src/engine/platform/temporary.ts';
import { Fields } from '../../../../src/http/fields.ts';

const MEBIBYTE = 1024 * 1024;
const FLOWS = 100_000;
const SLAB = 256 * 1024;

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

describe('the record of 100,000 flows with 1 KiB bodies', () => {
  it('takes at most 700 bytes of heap a flow, and its budget of heads and bodies', async () => {
    const budget = { memory: 64 * MEBIBYTE, disk: 1024 * MEBIBYTE };
    const recorder = new Recorder(
      { ...budget, maxFlows: FLOWS, maxBody: 16 * MEBIBYTE, include: [], exclude: [] },
      'epoch',
      createSpillFile(),
    );
    const body = Buffer.alloc(1024, 'x');
    const response = Buffer.from('HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 1024\r\n\r\n');
    collectGarbage();
    const before = process.memoryUsage().heapUsed;
    for (let index = 0; index < FLOWS; index += 1) {
      const head = Buffer.from(`GET http://127.0.0.1:8000/path/to/${index} HTTP/1.1\r\nHost: 127.0.0.1:8000\r\n\r\n`);
      const flow = recorder.begin({
        kind: 'exchange',
        method: 'GET',
        // Cut out of the head, as the parser does it.
        url: head.toString('latin1').slice(4, -32),
        source: 'main',
        clientAddress: '127.0.0.1:5000',
        clientConnection: 1,
        clientExchange: index,
        startedAt: 1_700_000_000_000,
        startedMonotonic: index,
      });
      flow.requestHead(head, []);
      flow.requestEnd(Fields.none);
      flow.connection({
        id: 1,
        kind: 'reused',
        exchange: index,
        idleFor: 0.5,
        remote: '127.0.0.1:8000',
        localPort: 4000,
      });
      flow.decision({
        find: { kind: 'miss', reason: 'nothing-stored', validating: false, because: { clause: 'RFC 9111 §4' } },
      });
      flow.responseHead(response, 200, 'text/plain', []);
      flow.responseContent(body);
      flow.responseEnd(Fields.none);
      flow.finish(index + 1);
      if (index % 64 !== 0) continue;
      // A slow disk would have bodies dropped, which is right and not what is measured here.
      do await turn();
      while (recorder.store.memoryUsed > budget.memory - SLAB);
    }
    collectGarbage();
    const grown = process.memoryUsage().heapUsed - before;
    const { store } = recorder;
    assert.ok(grown / FLOWS < 700, `${(grown / FLOWS).toFixed(0)} bytes a flow`);
    assert.ok(store.memoryUsed <= budget.memory + SLAB);
    assert.deepEqual([store.size, store.truncating], [FLOWS, false]);
    assert.equal((await store.detail(1))?.response?.body.kept, 1024);
    recorder.dispose();
  }).timeout(60_000);
});
