// Generators of valid field lines, heads and bodies for property tests.
import fc from 'fast-check';
import { Fields } from '../../../src/http/fields.ts';
import { ResponseParser } from '../../../src/http/parser.ts';
import { roomyLimits } from './conversation.ts';

const tokenCharacters = "abcXYZ09!#$%&'*+-.^_`|~";

export const token = fc.string({ unit: fc.constantFrom(...tokenCharacters), minLength: 1, maxLength: 6 });

/** Names from few letters, so that some are the same but for case. */
export const fieldName = fc.oneof(token, fc.constantFrom('a', 'A', 'ab', 'aB', 'X-Y', 'x-y'));

const valueCharacter = fc
  .integer({ min: 0x20, max: 0xff })
  .filter((code) => code !== 0x7f)
  .map((code) => String.fromCharCode(code));

export const fieldValue = fc
  .string({ unit: fc.oneof(valueCharacter, fc.constantFrom('\t', ' ', ',', '"', '\\')), maxLength: 12 })
  .map((value) => value.replace(/^[ \t]+|[ \t]+$/g, ''));

export const fieldLines = fc.array(fc.tuple(fieldName, fieldValue), { maxLength: 8 });

/** Content in chunks, as data and as bytes on the wire, without the last chunk. */
export const chunks = fc
  .array(fc.tuple(fc.uint8Array({ minLength: 1, maxLength: 40 }), fc.constantFrom('', ';a', ';a=b', ';a="\\"b;"')), {
    maxLength: 5,
  })
  .map((parts) => ({
    content: Buffer.concat(parts.map(([data]) => data)).toString('latin1'),
    wire: parts
      .map(
        ([data, extension]) => `${data.length.toString(16)}${extension}\r\n${Buffer.from(data).toString('latin1')}\r\n`,
      )
      .join(''),
  }));

/** The fields after being written into a head and read from it by our own parser. */
export function reread(fields: Fields): Fields {
  let again = Fields.none;
  const parser = new ResponseParser(roomyLimits, {
    interim() {},
    head(head) {
      again = head.fields;
    },
    content() {},
    wire() {},
    end() {},
    lenient() {},
  });
  // No fields mean anything in an answer to HEAD.
  parser.expect('HEAD');
  parser.push(Buffer.from(`HTTP/1.1 200 OK\r\n${fields.text}\r\n`, 'latin1'));
  return again;
}

/** Trailer fields that may be ones. */
export const trailerLines = fc.array(fc.tuple(fc.constantFrom('X-Sum', 'etag', 'Digest'), fieldValue), {
  maxLength: 3,
});

const framings = [
  '',
  'Content-Length: 3\r\n',
  'Transfer-Encoding: chunked\r\n',
  'X: y\r\nContent-length:3\r\nConnection: close\r\n',
  'transfer-encoding:CHUNKED\r\nX:\r\n',
];
const oddFields = [
  'Host: a\r\n',
  'Content-Length: 3\r\n',
  'Content-Length: 4\r\n',
  'Content-Length: 3, 3\r\n',
  'Content-Length : 3\r\n',
  'Transfer-Encoding: gzip, chunked\r\n',
  'Transfer-Encoding: gzip\r\n',
  'Transfer-Encoding:\r\n chunked\r\n',
  'X: y\n',
  ' folded\r\n',
  'no colon\r\n',
];
const bodyPieces = [
  '',
  'abc',
  '3\r\nabc\r\n0\r\n\r\n',
  '3;x\r\nabc\r\n0\r\nT: u\r\n\r\n',
  '0\r\nHost: x\r\n\r\n',
  '3\nabc',
];
const startLines = {
  request: [
    'GET / HTTP/1.1\r\n',
    'POST /x HTTP/1.1\r\n',
    'GET / HTTP/1.0\r\n',
    'CONNECT a:1 HTTP/1.1\r\n',
    '\r\nGET / HTTP/1.1\r\n',
  ],
  response: [
    'HTTP/1.1 200 OK\r\n',
    'HTTP/1.0 200 OK\r\n',
    'HTTP/1.1 204\r\n',
    'HTTP/1.1 103 x\r\n',
    'HTTP/1.1 200 OK\n',
    'HTTP/1.1 101 x\r\n',
  ],
};
/** Octets and pairs that parsers stumble over. */
const strange = ['\r', '\n', '\r\n', '\0', ' ', '\t', ':', ';', '\x0b', '\x7f', '\xff', '"', '\\', ',', '0', 'a'];

/** One or two messages, right or nearly so, with a few octets put in, taken out or replaced. */
export function messageBytes(kind: 'request' | 'response'): fc.Arbitrary<Buffer> {
  const message = fc
    .tuple(
      fc.constantFrom(...startLines[kind]),
      fc.oneof({ arbitrary: fc.constant('Host: b\r\n'), weight: 5 }, fc.constant('')),
      fc.constantFrom(...framings),
      fc.oneof({ arbitrary: fc.constant(''), weight: 3 }, fc.constantFrom(...oddFields)),
      fc.constantFrom(...bodyPieces),
    )
    .map(([start, host, framing, odd, body]) => `${start}${kind === 'request' ? host : ''}${framing}${odd}\r\n${body}`);
  const change = fc.tuple(
    fc.nat(400),
    fc.integer({ min: 0, max: 2 }),
    fc.oneof(fc.constant(''), fc.constantFrom(...strange)),
  );
  return fc
    .tuple(
      fc.array(message, { minLength: 1, maxLength: 2 }),
      fc.oneof(fc.constant([]), fc.array(change, { maxLength: 2 })),
    )
    .map(([messages, changes]) => {
      let text = messages.join('');
      for (const [position, removed, put] of changes) {
        const at = position % (text.length + 1);
        text = text.slice(0, at) + put + text.slice(at + removed);
      }
      return Buffer.from(text, 'latin1');
    });
}
