// Inflating messages one after the other, and where it stops.
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { constants, deflateRawSync } from 'node:zlib';
import { BodyWriter } from '../../../../src/engine/capture/body-writer.ts';
import { MessageEntry } from '../../../../src/engine/capture/message-log.ts';
import type { OpenMessage } from '../../../../src/engine/capture/message-recorder.ts';
import { SlabLog } from '../../../../src/engine/capture/slabs.ts';
import { MessageInflater } from '../../../../src/engine/flow/inflater.ts';
import { createSpillFile } from '../../../../src/engine/platform/temporary.ts';

/** As it crosses the wire: without the tail that every flush ends with (RFC 7692 §7.2.1). */
function deflated(text: string | Buffer): Buffer {
  return deflateRawSync(text, { finishFlush: constants.Z_SYNC_FLUSH }).subarray(0, -4);
}

describe('an inflater of messages', () => {
  const log = new SlabLog({ memory: 0, disk: 0 }, createSpillFile());
  after(() => log.dispose());
  let heard: string[];
  beforeEach(() => {
    heard = [];
  });

  function message(number: number): OpenMessage {
    const entry = new MessageEntry(number, { at: 0, direction: 'sent', kind: 'text' });
    return { entry, writer: new BodyWriter(log, 1, entry.pieces, 0) };
  }

  function inflater(takeover = true): MessageInflater {
    return new MessageInflater({
      takeover,
      payload: ({ entry }, bytes) => void heard.push(`${entry.number} ${bytes.toString()}`),
      end: ({ entry }, wireSize) => void heard.push(`${entry.number} end ${wireSize}`),
      failed: (reason) => void heard.push(`failed ${reason}`),
    });
  }

  function give(to: MessageInflater, number: number, ...pieces: readonly Buffer[]): void {
    to.begin(message(number));
    for (const piece of pieces) to.push(piece);
    to.end();
  }

  it('gives each message its own bytes, whatever waits behind it', async () => {
    const messages = inflater(false);
    const bytes = deflated('hello');
    give(messages, 1, bytes.subarray(0, 2), bytes.subarray(2));
    give(messages, 2, deflated('world'));
    give(messages, 3, Buffer.from([0]));
    await messages.finish();
    assert.deepEqual(
      heard.filter((line) => line.includes('end')),
      ['1 end 7', '2 end 7', '3 end 1'],
    );
    assert.equal(
      heard
        .filter((line) => line.startsWith('1 ') && !line.includes('end'))
        .map((line) => line.slice(2))
        .join(''),
      'hello',
    );
    assert.ok(heard.indexOf('2 world') > heard.indexOf('1 end 7'));
  });

  it('takes a block that says it is the last one (RFC 7692 §7.2.3.4)', async () => {
    const messages = inflater();
    give(messages, 1, Buffer.concat([deflateRawSync('final'), Buffer.from([0])]));
    give(messages, 2, deflateRawSync('again'), Buffer.from([0]));
    await messages.finish();
    assert.deepEqual(heard, ['1 final', '1 end 8', '2 again', '2 end 8']);
  });

  it('stops at bytes that cannot be inflated', async () => {
    const messages = inflater();
    give(messages, 1, Buffer.from([0xff, 0xff, 0xff]));
    give(messages, 2, deflated('never'));
    await messages.finish();
    assert.deepEqual(heard, ['failed not-decodable']);
  });

  it('stops when it falls behind instead of taking memory without end', async () => {
    const messages = inflater();
    messages.begin(message(1));
    for (let count = 0; count < 9; count += 1) messages.push(deflated(randomBytes(1024 * 1024)));
    await messages.finish();
    assert.deepEqual(heard.at(-1), 'failed behind');
  });

  it('stops at a message that becomes too large', async () => {
    const bomb = deflateRawSync(Buffer.alloc(64 * 1024 * 1024), { finishFlush: constants.Z_SYNC_FLUSH });
    let size = 0;
    const counting = new MessageInflater({
      takeover: true,
      payload: (_message, bytes) => void (size += bytes.length),
      end: () => assert.fail('it has no end'),
      failed: (reason) => void heard.push(`failed ${reason}`),
    });
    counting.begin(message(1));
    for (let count = 0; count < 5; count += 1) counting.push(bomb);
    counting.end();
    await counting.finish();
    assert.deepEqual(heard, ['failed too-large']);
    assert.ok(size <= 256 * 1024 * 1024);
  });
});
