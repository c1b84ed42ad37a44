// Frames as they are, and the reasons for which a reader stops.
import assert from 'node:assert/strict';
import { frame, hearFrames } from './websocket-frames.ts';

describe('a reader of WebSocket frames', () => {
  const refused: readonly (readonly [name: string, bytes: readonly number[], fault: string])[] = [
    ['a reserved bit without an extension', [0xc1, 0], 'reserved-bits'],
    ['a reserved bit on a control frame', [0xc9, 0], 'reserved-bits'],
    ['an opcode without meaning', [0x83, 0], 'reserved-opcode'],
    ['a control opcode without meaning', [0x8b, 0], 'reserved-opcode'],
    ['a mask on a frame of the server', [0x81, 0x80], 'masking'],
    ['a control frame in fragments', [0x09, 0], 'control-frame'],
    ['a control frame that is too long', [0x89, 126], 'control-frame'],
    ['a continuation of nothing', [0x80, 0], 'fragmentation'],
    ['a message within a message', [0x01, 0, 0x81, 0], 'fragmentation'],
    ['a length in 16 bits that needs 7', [0x82, 126, 0, 125], 'length'],
    ['a length in 64 bits that needs 16', [0x82, 127, 0, 0, 0, 0, 0, 0, 0xff, 0xff], 'length'],
    ['a length beyond 2^53', [0x82, 127, 0x00, 0x20, 0, 0, 0, 0, 0, 0], 'length'],
  ];
  for (const [name, bytes, fault] of refused) {
    it(`stops at ${name}`, () => {
      assert.equal(hearFrames([Buffer.from(bytes), frame(1, 'more')]).at(-1), `fault ${fault}`);
      assert.ok(!hearFrames([Buffer.from(bytes), frame(1, 'more')]).includes('end more'));
    });
  }

  it('stops at a frame of the client that is not masked', () => {
    assert.deepEqual(hearFrames([frame(1, 'a')], { masked: true, deflate: false }), ['fault masking']);
  });

  it('takes the bit of permessage-deflate where that was agreed on, on the first frame alone', () => {
    const rules = { masked: false, deflate: true };
    const first = frame(1, 'a', { rsv1: true, fin: false });
    assert.deepEqual(hearFrames([first, frame(0, 'b')], rules), ['begin 1 compressed', 'end ab']);
    assert.equal(hearFrames([first, frame(0, 'b', { rsv1: true })], rules).at(-1), 'fault reserved-bits');
  });

  it('tells of a message before it is whole', () => {
    assert.deepEqual(hearFrames([Buffer.from([0x82, 5, 1, 2])]), ['begin 2']);
  });

  it('does not change what it is given', () => {
    const bytes = frame(1, 'masked', { mask: true });
    const before = Buffer.from(bytes);
    assert.deepEqual(hearFrames([bytes], { masked: true, deflate: false }), ['begin 1', 'end masked']);
    assert.ok(bytes.equals(before));
  });
});
