// What `ws` writes is what we read, however it is cut.
import fc from 'fast-check';
import assert from 'node:assert/strict';
import { cutAt, everyOctet } from './conversation.ts';
import { frame, hearFrames } from './websocket-frames.ts';

const small = fc.uint8Array({ maxLength: 20 }).map((bytes) => Buffer.from(bytes));
const payload = fc.oneof(
  { weight: 6, arbitrary: small },
  // Around the places where the length takes more bytes.
  fc.constantFrom(125, 126, 127, 65_535, 65_536).map((size) => Buffer.alloc(size, 'abc')),
);
const control = fc.record({ opcode: fc.constantFrom(8, 9, 10), payload: small });
const message = fc.record({
  opcode: fc.constantFrom(1, 2),
  fragments: fc.array(payload, { minLength: 1, maxLength: 4 }),
  /** Control frames after each fragment. */
  between: fc.array(control, { maxLength: 3 }),
  compressed: fc.boolean(),
});

describe('WebSocket frames in pieces', () => {
  it('are the messages that `ws` sent', () => {
    fc.assert(
      fc.property(
        fc.array(message, { maxLength: 5 }),
        fc.boolean(),
        fc.array(fc.nat(2000), { maxLength: 12 }),
        (messages, mask, positions) => {
          const frames: Buffer[] = [];
          const expected: string[] = [];
          for (const { opcode, fragments, between, compressed } of messages) {
            expected.push(`begin ${opcode}${compressed ? ' compressed' : ''}`);
            for (const [index, fragment] of fragments.entries()) {
              const fin = index === fragments.length - 1;
              frames.push(frame(index === 0 ? opcode : 0, fragment, { fin, mask, rsv1: compressed && index === 0 }));
              const interjected = fin ? undefined : between[index];
              if (interjected === undefined) continue;
              frames.push(frame(interjected.opcode, interjected.payload, { mask }));
              expected.push(`control ${interjected.opcode} ${interjected.payload.toString('latin1')}`);
            }
            expected.push(`end ${Buffer.concat(fragments).toString('latin1')}`);
          }
          const bytes = Buffer.concat(frames);
          const rules = { masked: mask, deflate: true };
          assert.deepEqual(hearFrames([bytes], rules), expected);
          assert.deepEqual(hearFrames(cutAt(bytes, positions), rules), expected);
          if (bytes.length < 1000) assert.deepEqual(hearFrames(everyOctet(bytes), rules), expected);
        },
      ),
      { numRuns: 200 },
    );
  });

  it('that are any bytes at all give the same, and the same fault', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 60 }), fc.boolean(), (octets, masked) => {
        const bytes = Buffer.from(octets);
        const rules = { masked, deflate: false };
        assert.deepEqual(hearFrames(everyOctet(bytes), rules), hearFrames([bytes], rules));
      }),
      { numRuns: 1000 },
    );
  });
});
