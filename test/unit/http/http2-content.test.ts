// The content of a stream with the framing that HTTP/1.1 would give it.
import assert from 'node:assert/strict';
import { Fields } from '../../../src/http/fields.ts';
import type { Framing } from '../../../src/http/framing.ts';
import { Http2Content } from '../../../src/http/http2-content.ts';
import { WireError } from '../../../src/http/wire-error.ts';

function feed(framing: Framing, ...pieces: readonly string[]): { content: string; wire: string; ended: boolean } {
  const got = { content: '', wire: '', ended: false };
  const content = new Http2Content(framing, {
    content: (bytes) => (got.content += bytes.toString('latin1')),
    wire: (bytes) => (got.wire += bytes.toString('latin1')),
    end: () => (got.ended = true),
  });
  for (const piece of pieces) content.data(Buffer.from(piece, 'latin1'));
  content.end(Fields.none);
  return got;
}

describe('Http2Content', () => {
  it('makes chunks of content with an unknown length', () => {
    const wire = '3\r\nabc\r\nc\r\n0123456789ab\r\n0\r\n';
    assert.deepEqual(feed({ kind: 'chunked' }, 'abc', '', '0123456789ab'), {
      content: 'abc0123456789ab',
      wire,
      ended: true,
    });
  });

  it('passes content of an announced length as it is', () => {
    assert.deepEqual(feed({ kind: 'length', length: 3 }, 'ab', 'c'), { content: 'abc', wire: 'abc', ended: true });
  });

  it('refuses more and less than was announced', () => {
    assert.throws(() => feed({ kind: 'length', length: 3 }, 'abcd'), WireError);
    assert.throws(() => feed({ kind: 'length', length: 3 }, 'ab'), WireError);
    assert.throws(() => feed({ kind: 'none' }, 'a'), WireError);
  });
});
