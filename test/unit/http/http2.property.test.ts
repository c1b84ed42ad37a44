// Whatever a header list of HTTP/2 says: what HTTP/1.1 makes of it is one request, the same one, or it is refused.
import assert from 'node:assert/strict';
import fc from 'fast-check';
import { Fields } from '../../../src/http/fields.ts';
import type { Framing } from '../../../src/http/framing.ts';
import type { RequestHead } from '../../../src/http/head.ts';
import { Http2Content } from '../../../src/http/http2-content.ts';
import { http2Fields } from '../../../src/http/http2-fields.ts';
import { readHttp2Request } from '../../../src/http/http2-head.ts';
import { RequestParser } from '../../../src/http/parser.ts';
import { WireError } from '../../../src/http/wire-error.ts';
import { writeRequestHead, writeTrailers } from '../../../src/http/writer.ts';
import { fieldLines, fieldName, fieldValue } from './arbitraries.ts';
import { roomyLimits } from './conversation.ts';

/** Text with what divides heads and lines in HTTP/1.1. */
const nasty = fc.string({
  unit: fc.constantFrom('a', '/', ' ', ':', '\r', '\n', '\r\n', '\0', '\t', 'é', '0', ','),
  maxLength: 6,
});
const value = fc.oneof({ weight: 4, arbitrary: fieldValue }, nasty);
const name = fc.oneof(
  { weight: 4, arbitrary: fieldName.map((text) => text.toLowerCase()) },
  fc.constantFrom('host', 'connection', 'transfer-encoding', 'content-length', 'te', 'upgrade', 'cookie', ':path'),
  nasty,
);
const regular = fc.array(fc.tuple(name, fc.oneof(value, fc.constantFrom('3', 'chunked', 'trailers', 'a.test'))), {
  maxLength: 5,
});
const pseudo = fc.tuple(
  fc.oneof({ weight: 4, arbitrary: fc.constantFrom('GET', 'POST', 'OPTIONS') }, nasty),
  fc.oneof({ weight: 4, arbitrary: fc.constant('a.test') }, nasty),
  fc.oneof(
    { weight: 4, arbitrary: fc.constantFrom('/', '/a?b', '*') },
    nasty.map((text) => `/${text}`),
    nasty,
  ),
);
const content = fc.array(fc.uint8Array({ maxLength: 20 }), { maxLength: 4 });

interface Parsed {
  readonly head: RequestHead;
  readonly content: string;
}

/** All requests that our own strict parser finds in these bytes. */
function parsed(bytes: Buffer): Parsed[] {
  const found: { head: RequestHead; content: string }[] = [];
  const parser = new RequestParser(roomyLimits, {
    head: (head) => void found.push({ head, content: '' }),
    content: (piece) => {
      const last = found.at(-1);
      if (last !== undefined) last.content += piece.toString('latin1');
    },
    wire: () => undefined,
    end: () => undefined,
  });
  for (let rest = bytes; rest.length > 0;) rest = rest.subarray(parser.push(rest));
  parser.finish();
  return found;
}

/** The request as HTTP/1.1 sends it. */
function written(head: RequestHead, framing: Framing, pieces: readonly Uint8Array[]): Buffer {
  const all: Buffer[] = [Buffer.from(writeRequestHead(head), 'latin1')];
  const body = new Http2Content(framing, {
    content: () => undefined,
    wire: (bytes) => void all.push(bytes),
    end: (trailers) => {
      if (framing.kind === 'chunked') all.push(Buffer.from(writeTrailers(trailers), 'latin1'));
    },
  });
  for (const piece of pieces) body.data(Buffer.from(piece));
  body.end(Fields.none);
  return Buffer.concat(all);
}

describe('a request of HTTP/2, whatever it says', () => {
  it('is refused, or is exactly one request of HTTP/1.1 with the same content', () => {
    let accepted = 0;
    fc.assert(
      fc.property(pseudo, regular, content, fc.boolean(), ([method, authority, path], lines, pieces, ended) => {
        const list = [':method', method, ':scheme', 'http', ':authority', authority, ':path', path, ...lines.flat()];
        const given = ended ? [] : pieces;
        let bytes: Buffer;
        let target: string;
        try {
          const read = readHttp2Request(list, { ended, form: 'origin', webSocketKey: () => 'a' });
          target = read.head.target;
          bytes = written(read.head, read.framing, given);
        } catch (error) {
          assert.ok(error instanceof WireError, String(error));
          return;
        }
        accepted += 1;
        const requests = parsed(bytes);
        assert.equal(requests.length, 1);
        const [request] = requests;
        assert.deepEqual([request?.head.method, request?.head.target, target], [method, path, path]);
        assert.equal(request?.content, Buffer.concat(given).toString('latin1'));
      }),
      { numRuns: 3000 },
    );
    assert.ok(accepted > 100, `only ${accepted} were accepted`);
  });
});

describe('field lines of HTTP/1.1 in HTTP/2, whatever they are', () => {
  it('are read back with the same values, or joined', () => {
    fc.assert(
      fc.property(fieldLines, (lines) => {
        const sent = http2Fields(Fields.of(lines));
        const list = Object.entries(sent).flatMap(([key, values]) => [values].flat().flatMap((one) => [key, one]));
        const start = [':method', 'GET', ':scheme', 'http', ':authority', 'a.test', ':path', '/'];
        const read = readHttp2Request([...start, ...list], { ended: true, form: 'origin', webSocketKey: () => 'a' });
        for (const [key, text] of lines) {
          const lower = key.toLowerCase();
          assert.ok(read.head.fields.values(lower).includes(text), `${lower} ${text}`);
        }
      }),
    );
  });
});
