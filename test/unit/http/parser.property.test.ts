// However a message comes in, it is the same message; and what we write is what we read.
import assert from 'node:assert/strict';
import fc from 'fast-check';
import { Fields } from '../../../src/http/fields.ts';
import type { RequestHead, ResponseHead } from '../../../src/http/head.ts';
import { RequestParser, ResponseParser } from '../../../src/http/parser.ts';
import { writeLastChunk, writeRequestHead, writeResponseHead } from '../../../src/http/writer.ts';
import { chunks, fieldLines, fieldValue, messageBytes, token, trailerLines } from './arbitraries.ts';
import { cutAt, everyOctet, hearRequests, hearResponses, roomyLimits } from './conversation.ts';

const cuts = fc.array(fc.nat(400), { maxLength: 12 });
const target = fc.string({ unit: fc.constantFrom(...'/a?%&=*:[]@~"'), minLength: 1, maxLength: 12 });

/** What was left over comes in other pieces, so it is of no interest here. */
function withoutLeft(lines: readonly string[]): string[] {
  return lines.filter((line) => !line.startsWith('left'));
}

describe('a message in pieces', () => {
  it('is the same request, or is refused for the same reason', () => {
    fc.assert(
      fc.property(messageBytes('request'), cuts, fc.boolean(), (bytes, positions, ends) => {
        const whole = hearRequests(bytes, roomyLimits, ends);
        assert.deepEqual(hearRequests(cutAt(bytes, positions), roomyLimits, ends), whole);
        assert.deepEqual(hearRequests(everyOctet(bytes), roomyLimits, ends), whole);
      }),
      { numRuns: 500 },
    );
  });

  it('is the same response, with the same leniencies, or is refused for the same reason', () => {
    const method = fc.constantFrom('GET', 'HEAD', 'CONNECT');
    fc.assert(
      fc.property(messageBytes('response'), cuts, fc.boolean(), method, (bytes, positions, ends, first) => {
        const how = { methods: [first, 'GET'], ends };
        const whole = withoutLeft(hearResponses(bytes, how));
        assert.deepEqual(withoutLeft(hearResponses(cutAt(bytes, positions), how)), whole);
        assert.deepEqual(withoutLeft(hearResponses(everyOctet(bytes), how)), whole);
      }),
      { numRuns: 500 },
    );
  });

  it('breaks the same limit', () => {
    const limits = fc.record({ startLine: fc.nat(30), header: fc.nat(60), fieldCount: fc.nat(4) });
    fc.assert(
      fc.property(
        messageBytes('request'),
        messageBytes('response'),
        cuts,
        limits,
        (request, response, positions, tight) => {
          assert.deepEqual(hearRequests(cutAt(request, positions), tight), hearRequests(request, tight));
          const how = { limits: tight };
          assert.deepEqual(
            withoutLeft(hearResponses(cutAt(response, positions), how)),
            withoutLeft(hearResponses(response, how)),
          );
        },
      ),
      { numRuns: 300 },
    );
  });
});

describe('writing and reading', () => {
  it('gives the same request head', () => {
    fc.assert(
      fc.property(token, target, fieldLines, (method, path, lines) => {
        const fields = Fields.of([['Host', 'a'], ...lines]);
        let heard: RequestHead | undefined;
        const parser = new RequestParser(roomyLimits, {
          head: (head) => (heard = head),
          content() {},
          wire() {},
          end() {},
        });
        const text = writeRequestHead({ method, target: path, fields });
        assert.equal(parser.push(Buffer.from(text, 'latin1')), text.length);
        assert.deepEqual([heard?.method, heard?.target, heard?.minor], [method, path, 1]);
        assert.deepEqual(heard?.fields.toArray(), fields.toArray());
        assert.equal(heard === undefined ? '' : writeRequestHead(heard), text);
      }),
    );
  });

  it('gives the same response head', () => {
    fc.assert(
      fc.property(fc.integer({ min: 200, max: 999 }), fieldValue, fieldLines, (status, reason, lines) => {
        const fields = Fields.of(lines);
        let heard: ResponseHead | undefined;
        const parser = new ResponseParser(roomyLimits, {
          interim() {},
          head: (head) => (heard = head),
          content() {},
          wire() {},
          end() {},
          lenient: (what) => assert.fail(what),
        });
        parser.expect('HEAD');
        const text = writeResponseHead({ status, reason, fields });
        assert.equal(parser.push(Buffer.from(text, 'latin1')), text.length);
        assert.deepEqual([heard?.status, heard?.reason, heard?.minor], [status, reason, 1]);
        assert.equal(heard === undefined ? '' : writeResponseHead(heard), text);
      }),
    );
  });

  it('passes chunked bodies on untouched, and their trailers', () => {
    fc.assert(
      fc.property(chunks, trailerLines, cuts, (body, lines, positions) => {
        const trailers = Fields.of(lines);
        const text = `POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n${body.wire}${writeLastChunk(trailers)}`;
        let content = '';
        let wire = '';
        let heard: Fields | undefined;
        const parser = new RequestParser(roomyLimits, {
          head() {},
          content: (bytes) => (content += bytes.toString('latin1')),
          wire: (bytes) => (wire += bytes.toString('latin1')),
          end: (fields) => (heard = fields),
        });
        for (const piece of cutAt(Buffer.from(text, 'latin1'), positions)) parser.push(piece);
        assert.equal(content, body.content);
        assert.equal(wire, `${body.wire}0\r\n`);
        assert.deepEqual(heard?.toArray(), trailers.toArray());
        assert.equal(parser.bodyReceived, content.length);
        assert.equal(parser.state, 'idle');
      }),
    );
  });
});
