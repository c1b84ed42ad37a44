// Messages in a HAR entry.
import assert from 'node:assert/strict';
import type { FlowMessage } from '../../../src/contract/messages.ts';
import { harWebSocketMessage } from '../../../src/formats/har-messages.ts';

const text: FlowMessage = {
  number: 1,
  at: 1_700_000_000_250,
  direction: 'sent',
  kind: 'text',
  size: 2,
  kept: 2,
  state: 'complete',
  preview: 'hi',
};

describe('a message in a HAR entry', () => {
  it('is text as text', () => {
    assert.deepEqual(harWebSocketMessage(text, Buffer.from('hi')), {
      type: 'send',
      time: 1_700_000_000.25,
      opcode: 1,
      data: 'hi',
    });
  });

  it('is anything else as base64', () => {
    const binary = { ...text, kind: 'binary', direction: 'received' } as const;
    assert.deepEqual(harWebSocketMessage(binary, Buffer.from([255, 0])), {
      type: 'receive',
      time: 1_700_000_000.25,
      opcode: 2,
      data: '/wA=',
    });
  });

  it('says where it is not whole', () => {
    const cut = { ...text, size: 9, state: 'truncated' } as const;
    assert.deepEqual(harWebSocketMessage(cut, Buffer.from('hi'))._message, { size: 9, state: 'truncated' });
    assert.deepEqual(harWebSocketMessage(text, undefined)._message, { size: 2, state: 'dropped' });
  });
});
