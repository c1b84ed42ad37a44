// What an upgrade agreed on.
import assert from 'node:assert/strict';
import { Fields } from '../../../src/http/fields.ts';
import { frameFormatOf, isWebSocket } from '../../../src/http/websocket-extensions.ts';

function agreed(value: string) {
  return frameFormatOf(Fields.none.append('Sec-WebSocket-Extensions', value));
}

describe('an answer that switches protocols', () => {
  it('switches to WebSocket where it says so', () => {
    assert.equal(isWebSocket('WebSocket'), true);
    assert.equal(isWebSocket('h2c'), false);
    assert.equal(isWebSocket(undefined), false);
  });

  it('without extensions means plain frames', () => {
    assert.deepEqual(frameFormatOf(Fields.none), { kind: 'plain' });
  });

  it('agrees on compression with context takeover, unless it says otherwise', () => {
    const deflation = { clientTakeover: true, serverTakeover: true };
    assert.deepEqual(agreed('permessage-deflate'), { kind: 'deflate', deflation });
    assert.deepEqual(agreed('Permessage-Deflate; server_max_window_bits=10; Client_No_Context_Takeover'), {
      kind: 'deflate',
      deflation: { clientTakeover: false, serverTakeover: true },
    });
    assert.deepEqual(agreed('permessage-deflate;server_no_context_takeover'), {
      kind: 'deflate',
      deflation: { clientTakeover: true, serverTakeover: false },
    });
  });

  it('with extensions that we don’t know means frames that we can’t read', () => {
    assert.deepEqual(agreed('x-webkit-deflate-frame'), { kind: 'unknown' });
    assert.deepEqual(agreed('permessage-deflate, x-more'), { kind: 'unknown' });
  });
});
