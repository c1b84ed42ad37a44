// Requests as conversations: bytes in, events out; and all the requests that are refused, with rule, clause and place.
import assert from 'node:assert/strict';
import { RequestParser, type RequestSink } from '../../../src/http/parser.ts';
import { everyOctet, hearRequests, roomyLimits } from './conversation.ts';

const host = 'Host: a\r\n';
const get = `GET / HTTP/1.1\r\n${host}\r\n`;
const post = (fields: string, body = ''): string => `POST / HTTP/1.1\r\n${host}${fields}\r\n${body}`;
const chunkedPost = (body: string): string => post('Transfer-Encoding: chunked\r\n', body);

const accepted: readonly { what: string; bytes: string; ends?: boolean; says: readonly string[] }[] = [
  {
    what: 'a request without content',
    bytes: 'GET http://a/x?y HTTP/1.1\r\nHost: a\r\nX-Odd:\t b \t\r\nx-odd:\r\n\r\n',
    says: ['GET http://a/x?y 1.1, none, 59 | Host: a | X-Odd: b | x-odd: ', 'end'],
  },
  {
    what: 'HTTP/1.0 without Host',
    bytes: 'GET / HTTP/1.0\r\n\r\n',
    says: ['GET / 1.0, none, 18', 'end'],
  },
  {
    what: 'content by length',
    bytes: post('Content-Length: 5\r\n', 'hello'),
    says: ['POST / 1.1, length 5, 47 | Host: a | Content-Length: 5', 'content "hello"', 'end'],
  },
  {
    what: 'content of no bytes',
    bytes: post('Content-Length: 0\r\n'),
    says: ['POST / 1.1, none, 47 | Host: a | Content-Length: 0', 'end'],
  },
  {
    what: 'chunks, with the bytes as received beside the content',
    bytes: chunkedPost('5\r\nhello\r\n0001;a=b;c="d;\\""\r\n!\r\n0\r\n\r\n'),
    says: [
      'POST / 1.1, chunked, 56 | Host: a | Transfer-Encoding: chunked',
      'content "hello!"',
      'wire "5\\r\\nhello\\r\\n0001;a=b;c=\\"d;\\\\\\"\\"\\r\\n!\\r\\n0\\r\\n"',
      'end',
    ],
  },
  {
    what: 'trailers, which are no part of the wire bytes',
    bytes: chunkedPost('1\r\na\r\n0;last\r\nX-Sum: 1\r\nx-sum:2\r\n\r\n'),
    says: [
      'POST / 1.1, chunked, 56 | Host: a | Transfer-Encoding: chunked',
      'content "a"',
      'wire "1\\r\\na\\r\\n0;last\\r\\n"',
      'end | X-Sum: 1 | x-sum: 2',
    ],
  },
  {
    what: 'chunked in capitals, and no content in it',
    bytes: post('Transfer-Encoding: CHUNKED\r\n', '000\r\n\r\n'),
    says: ['POST / 1.1, chunked, 56 | Host: a | Transfer-Encoding: CHUNKED', 'wire "000\\r\\n"', 'end'],
  },
  {
    what: 'requests one after the other',
    bytes: `${get}${post('Content-Length: 1\r\n', 'x')}${get}`,
    says: [
      'GET / 1.1, none, 27 | Host: a',
      'end',
      'POST / 1.1, length 1, 47 | Host: a | Content-Length: 1',
      'content "x"',
      'end',
      'GET / 1.1, none, 27 | Host: a',
      'end',
    ],
  },
  {
    what: 'empty lines before a request (RFC 9112 §2.2)',
    bytes: `\r\n\r\n${get}\r\n${get}\r\n`,
    ends: true,
    says: ['GET / 1.1, none, 27 | Host: a', 'end', 'GET / 1.1, none, 27 | Host: a', 'end'],
  },
  {
    what: 'CONNECT with an empty Content-Length',
    bytes: `CONNECT a:1 HTTP/1.1\r\n${host}Content-Length: 0\r\n\r\n`,
    says: ['CONNECT a:1 1.1, none, 52 | Host: a | Content-Length: 0', 'end'],
  },
  {
    what: 'octets above 127 in values (RFC 9110 §5.5)',
    bytes: `GET / HTTP/1.1\r\n${host}X: \xe9\xff\r\n\r\n`,
    says: ['GET / 1.1, none, 34 | Host: a | X: \xe9\xff', 'end'],
  },
  {
    what: 'methods that nobody knows',
    bytes: `!#$% / HTTP/1.1\r\n${host}\r\n`,
    says: ['!#$% / 1.1, none, 28 | Host: a', 'end'],
  },
];

/** Start lines and field lines that are refused. */
const refusedHeads: readonly [bytes: string, refusal: string][] = [
  ['GET / HTTP/1.1\n', '400 at 14: LF without CR (RFC 9112 §2.2)'],
  ['GET / HTTP/1.1\rX', '400 at 14: CR without LF (RFC 9112 §2.2)'],
  ['GET /\r\n', '400 at 5: a request line without version (RFC 9112 §3)'],
  ['GET\r\n', '400 at 3: a line end in the method (RFC 9112 §3.1)'],
  ['\n', '400 at 0: LF without CR (RFC 9112 §2.2)'],
  ['\rG', '400 at 0: CR without LF before the request line (RFC 9112 §2.2)'],
  ['\r\n\r\n\r\n\r\n\r\n', '400 at 0: too many empty lines before the request line (RFC 9112 §2.2)'],
  [' GET / HTTP/1.1\r\n', '400 at 0: whitespace in the method (RFC 9112 §3.1)'],
  ['G(T / HTTP/1.1\r\n', '400 at 1: the character "(" in the method (RFC 9112 §3.1)'],
  ['\x16\x03\x01', '400 at 0: the character 0x16 in the method (RFC 9112 §3.1)'],
  ['GET  / HTTP/1.1\r\n', '400 at 4: more than one space (RFC 9112 §3)'],
  ['GET /  HTTP/1.1\r\n', '400 at 6: more than one space (RFC 9112 §3)'],
  ['GET / HTTP/1.1 \r\n', '400 at 14: whitespace in the request line (RFC 9112 §3)'],
  ['GET\t/ HTTP/1.1\r\n', '400 at 3: whitespace in the method (RFC 9112 §3.1)'],
  ['GET /\tx HTTP/1.1\r\n', '400 at 5: whitespace in the request target (RFC 9112 §3.2)'],
  ['GET /\xe4 HTTP/1.1\r\n', '400 at 5: the character 0xe4 in the request target (RFC 9112 §3.2)'],
  ['GET /\0 HTTP/1.1\r\n', '400 at 5: NUL in the request target (RFC 9110 §5.5)'],
  ['GET / x HTTP/1.1\r\n', '400 at 6: a request line that does not end in a version (RFC 9112 §2.3)'],
  ['GET / http/1.1\r\n', '400 at 6: a request line that does not end in a version (RFC 9112 §2.3)'],
  ['GET / HTTP/11\r\n', '400 at 12: a request line that does not end in a version (RFC 9112 §2.3)'],
  ['GET / HTTP/1.2\r\n', '505 at 6: a version other than HTTP/1.0 and HTTP/1.1 (RFC 9112 §2.3)'],
  ['GET / HTTP/0.9\r\n', '505 at 6: a version other than HTTP/1.0 and HTTP/1.1 (RFC 9112 §2.3)'],
  ['PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', '505 at 6: a version other than HTTP/1.0 and HTTP/1.1 (RFC 9112 §2.3)'],
  ['GET / HTTP/1.1\r\n a: b\r\n', '400 at 16: whitespace before the first field line (RFC 9112 §2.2)'],
  ['GET / HTTP/1.1\r\na: b\r\n c\r\n', '400 at 22: a folded field line (RFC 9112 §5.2)'],
  ['GET / HTTP/1.1\r\na: b\r\n\tc\r\n', '400 at 22: a folded field line (RFC 9112 §5.2)'],
  ['GET / HTTP/1.1\r\na : b\r\n', '400 at 17: whitespace between field name and colon (RFC 9112 §5.1)'],
  ['GET / HTTP/1.1\r\na\t: b\r\n', '400 at 17: whitespace between field name and colon (RFC 9112 §5.1)'],
  ['GET / HTTP/1.1\r\n: b\r\n', '400 at 16: an empty field name (RFC 9112 §5)'],
  ['GET / HTTP/1.1\r\nab\r\n', '400 at 18: a field line without colon (RFC 9112 §5)'],
  ['GET / HTTP/1.1\r\na(: b\r\n', '400 at 17: the character "(" in a field name (RFC 9110 §5.1)'],
  ['GET / HTTP/1.1\r\n\xe4: b\r\n', '400 at 16: the character 0xe4 in a field name (RFC 9110 §5.1)'],
  ['GET / HTTP/1.1\r\na: b\0\r\n', '400 at 20: NUL in a field value (RFC 9110 §5.5)'],
  ['GET / HTTP/1.1\r\na: \x0bb\r\n', '400 at 19: the character 0x0b in a field value (RFC 9110 §5.5)'],
  ['GET / HTTP/1.1\r\na: b\x7f\r\n', '400 at 20: the character 0x7f in a field value (RFC 9110 §5.5)'],
  ['GET / HTTP/1.1\r\na: b\rc: d\r\n', '400 at 20: CR without LF (RFC 9112 §2.2)'],
  ['GET / HTTP/1.1\r\na: b\nc: d\r\n', '400 at 20: LF without CR (RFC 9112 §2.2)'],
  ['GET / HTTP/1.1\r\na: b\r\n\rx', '400 at 22: CR without LF (RFC 9112 §2.2)'],
  ['GET / HTTP/1.1\r\na: b\r\n\n', '400 at 22: LF without CR (RFC 9112 §2.2)'],
];

/** Complete heads whose fields are refused: Host and framing. */
const refusedFields: readonly [bytes: string, refusal: string][] = [
  ['GET / HTTP/1.1\r\n\r\n', '400 at 0: HTTP/1.1 without Host (RFC 9112 §3.2)'],
  ['GET / HTTP/1.1\r\nHost: a\r\nhost: a\r\n\r\n', '400 at 25: more than one Host field (RFC 9112 §3.2)'],
  ['GET / HTTP/1.0\r\nHost: a\r\nhost: b\r\n\r\n', '400 at 25: more than one Host field (RFC 9112 §3.2)'],
  ['GET / HTTP/1.1\r\nHost:\r\n\r\n', '400 at 16: a bad Host: an empty host (RFC 9112 §3.2)'],
  [
    'GET / HTTP/1.1\r\nHost: a,b\r\n\r\n',
    '400 at 16: a bad Host: a character in the host that no name has (RFC 9112 §3.2)',
  ],
  ['GET / HTTP/1.1\r\nHost: u@a\r\n\r\n', '400 at 16: a bad Host: user information before the host (RFC 9112 §3.2)'],
  [
    'GET / HTTP/1.1\r\nHost: a:0\r\n\r\n',
    '400 at 16: a bad Host: a port that is not a number from 1 to 65535 (RFC 9112 §3.2)',
  ],
  ...(['Content-Length: 1\r\nContent-Length: 1\r\n', 'Content-Length: 1\r\ncontent-length: 2\r\n'] as const).map(
    (fields): [string, string] => [post(fields), '400 at 45: more than one Content-Length field (RFC 9112 §6.3)'],
  ),
  ...['1, 1', '1,2', '+1', '-1', '1 1', '0x1', '1.0', '1e3', '', '9007199254740993', '99999999999999999', '١'].map(
    (value): [string, string] => [
      post(`Content-Length: ${Buffer.from(value).toString('latin1')}\r\n`),
      '400 at 26: a Content-Length that is not one decimal number (RFC 9110 §8.6)',
    ],
  ),
  [
    post('Content-Length: 1\r\nTransfer-Encoding: chunked\r\n'),
    '400 at 45: Content-Length beside Transfer-Encoding (RFC 9112 §6.1)',
  ],
  [
    post('Transfer-Encoding: chunked\r\nContent-Length: 0\r\n'),
    '400 at 26: Content-Length beside Transfer-Encoding (RFC 9112 §6.1)',
  ],
  ['POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n', '400 at 17: Transfer-Encoding in HTTP/1.0 (RFC 9112 §6.1)'],
  [
    post('Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n'),
    '400 at 54: more than one Transfer-Encoding field (RFC 9112 §6.1)',
  ],
  [post('Transfer-Encoding: chunked, chunked\r\n'), '400 at 26: chunked applied more than once (RFC 9112 §6.1)'],
  [post('Transfer-Encoding: ,chunked\r\n'), '400 at 26: chunked applied more than once (RFC 9112 §6.1)'],
  [post('Transfer-Encoding:\r\n'), '400 at 26: an empty Transfer-Encoding (RFC 9112 §6.1)'],
  ...['gzip, chunked', 'chunked, gzip', 'gzip', 'identity', 'xchunked', 'chunked;a=b', '"chunked"'].map(
    (coding): [string, string] => [
      post(`Transfer-Encoding: ${coding}\r\n`),
      '501 at 26: a transfer coding other than chunked (RFC 9112 §6.1)',
    ],
  ),
  [
    `CONNECT a:1 HTTP/1.1\r\n${host}Content-Length: 1\r\n\r\n`,
    '400 at 31: a CONNECT request with content (RFC 9110 §9.3.6)',
  ],
  [
    `CONNECT a:1 HTTP/1.1\r\n${host}Transfer-Encoding: chunked\r\n\r\n`,
    '400 at 31: a CONNECT request with content (RFC 9110 §9.3.6)',
  ],
];

const chunkedHead = 'POST / 1.1, chunked, 56 | Host: a | Transfer-Encoding: chunked';

/** Bodies that are refused; the head has 56 bytes. */
const refusedChunks: readonly [body: string, told: readonly string[]][] = [
  ['\r\n', ['refused 400 at 56: a chunk without a hexadecimal size (RFC 9112 §7.1)']],
  [' 1\r\n', ['refused 400 at 56: a chunk without a hexadecimal size (RFC 9112 §7.1)']],
  ['x\r\n', ['refused 400 at 56: a chunk without a hexadecimal size (RFC 9112 §7.1)']],
  ['-1\r\n', ['refused 400 at 56: a chunk without a hexadecimal size (RFC 9112 §7.1)']],
  ['0x1\r\n', ['wire "0"', 'refused 400 at 57: a character in the chunk size that must not be there (RFC 9112 §7.1)']],
  ['1 \r\n', ['wire "1"', 'refused 400 at 57: a character in the chunk size that must not be there (RFC 9112 §7.1)']],
  ['1\na', ['wire "1"', 'refused 400 at 57: LF without CR in a chunk size line (RFC 9112 §7.1)']],
  ['1\ra', ['wire "1\\r"', 'refused 400 at 58: CR without LF in a chunk size line (RFC 9112 §7.1)']],
  [
    '1;\r\n',
    ['wire "1;"', 'refused 400 at 58: a character in a chunk extension that must not be there (RFC 9112 §7.1)'],
  ],
  [
    '1; a\r\n',
    ['wire "1;"', 'refused 400 at 58: a character in a chunk extension that must not be there (RFC 9112 §7.1)'],
  ],
  ['1;a\n', ['wire "1;a"', 'refused 400 at 59: LF without CR in a chunk size line (RFC 9112 §7.1)']],
  [
    '1;a=\r\n',
    ['wire "1;a="', 'refused 400 at 60: a character in a chunk extension that must not be there (RFC 9112 §7.1)'],
  ],
  [
    '1;a=b=c\r\n',
    ['wire "1;a=b"', 'refused 400 at 61: a character in a chunk extension that must not be there (RFC 9112 §7.1)'],
  ],
  [
    '1;a="\r\n"',
    ['wire "1;a=\\""', 'refused 400 at 61: a character in a chunk extension that must not be there (RFC 9112 §7.1)'],
  ],
  [
    '1;a="b"c',
    [
      'wire "1;a=\\"b\\""',
      'refused 400 at 63: a character in a chunk extension that must not be there (RFC 9112 §7.1)',
    ],
  ],
  [
    '1;a="\\\r\n"',
    [
      'wire "1;a=\\"\\\\"',
      'refused 400 at 62: a character in a chunk extension that must not be there (RFC 9112 §7.1)',
    ],
  ],
  ['20000000000000\r\n', ['wire "2000000000000"', 'refused 413 at 69: a chunk size that is too large (RFC 9112 §7.1)']],
  [
    '00000000000000001\r\n',
    ['wire "0000000000000000"', 'refused 413 at 72: a chunk size that is too large (RFC 9112 §7.1)'],
  ],
  [
    '1\r\nab',
    ['content "a"', 'wire "1\\r\\na"', 'refused 400 at 60: chunk data that does not end in CRLF (RFC 9112 §7.1)'],
  ],
  [
    '1\r\na\n',
    ['content "a"', 'wire "1\\r\\na"', 'refused 400 at 60: chunk data that does not end in CRLF (RFC 9112 §7.1)'],
  ],
  [
    '1\r\na\rb',
    ['content "a"', 'wire "1\\r\\na\\r"', 'refused 400 at 61: chunk data that does not end in CRLF (RFC 9112 §7.1)'],
  ],
  ['0\r\n\n', ['wire "0\\r\\n"', 'refused 400 at 59: LF without CR (RFC 9112 §2.2)']],
  ['0\r\n\rx', ['wire "0\\r\\n"', 'refused 400 at 59: CR without LF (RFC 9112 §2.2)']],
  ['0\r\na: b\r\n c\r\n', ['wire "0\\r\\n"', 'refused 400 at 65: a folded field line (RFC 9112 §5.2)']],
  ['0\r\na: b\r\n : c\r\n', ['wire "0\\r\\n"', 'refused 400 at 65: a folded field line (RFC 9112 §5.2)']],
];

describe('RequestParser', () => {
  for (const { what, bytes, ends = false, says } of accepted) {
    it(`hears ${what}`, () => {
      assert.deepEqual(hearRequests(bytes, roomyLimits, ends), says);
    });
    it(`hears ${what}, octet by octet`, () => {
      assert.deepEqual(hearRequests(everyOctet(bytes), roomyLimits, ends), says);
    });
  }

  for (const [bytes, refusal] of [...refusedHeads, ...refusedFields]) {
    it(`refuses ${JSON.stringify(bytes)}`, () => {
      assert.deepEqual(hearRequests(bytes), [`refused ${refusal}`]);
      assert.deepEqual(hearRequests(everyOctet(bytes)), [`refused ${refusal}`]);
    });
  }

  for (const [body, told] of refusedChunks) {
    it(`refuses the chunks ${JSON.stringify(body)}`, () => {
      assert.deepEqual(hearRequests(chunkedPost(body)), [chunkedHead, ...told]);
      assert.deepEqual(hearRequests(everyOctet(chunkedPost(body))), [chunkedHead, ...told]);
    });
  }

  for (const name of [
    'Content-Length',
    'transfer-encoding',
    'HOST',
    'Trailer',
    'Connection',
    'Authorization',
    'Set-Cookie',
    'Cache-Control',
  ]) {
    it(`refuses ${name} as a trailer (RFC 9110 §6.5.1)`, () => {
      const refusal = `refused 400 at 65: ${name} in the trailer section (RFC 9110 §6.5.1)`;
      assert.deepEqual(hearRequests(chunkedPost(`0\r\nX: 1\r\n${name}: 0\r\n\r\n`)), [
        chunkedHead,
        'wire "0\\r\\n"',
        refusal,
      ]);
    });
  }
});

describe('RequestParser limits', () => {
  const limits = { startLine: 16, header: 20, fieldCount: 2 };

  it('takes what is just within them', () => {
    const bytes = 'GET /xx HTTP/1.1\r\nHost: a\r\nb: 456789\r\n\r\n';
    const says = ['GET /xx 1.1, none, 40 | Host: a | b: 456789', 'end'];
    assert.deepEqual(hearRequests(bytes, limits), says);
    assert.deepEqual(hearRequests(everyOctet(bytes), limits), says);
  });

  for (const [what, bytes, refusal] of [
    ['a long request line', 'GET /xxx HTTP/1.1\r\n', '414 at 18: a request line of more than 16 bytes (RFC 9112 §3)'],
    ['a method without end', 'A'.repeat(50), '414 at 18: a request line of more than 16 bytes (RFC 9112 §3)'],
    [
      'long fields',
      'GET / HTTP/1.1\r\nHost: a\r\nb: 4567890\r\n\r\n',
      '431 at 38: more than 20 bytes of field lines (RFC 6585 §5)',
    ],
    [
      'a field without end',
      `GET / HTTP/1.1\r\nb: ${'x'.repeat(90)}`,
      '431 at 38: more than 20 bytes of field lines (RFC 6585 §5)',
    ],
    ['many fields', 'GET / HTTP/1.1\r\na:\r\nb:\r\nc:\r\n', '431 at 24: more than 2 field lines (RFC 6585 §5)'],
  ] as const) {
    it(`refuses ${what}`, () => {
      assert.deepEqual(hearRequests(bytes, limits), [`refused ${refusal}`]);
      assert.deepEqual(hearRequests(everyOctet(bytes), limits), [`refused ${refusal}`]);
    });
  }

  it('refuses a chunk line of more than 1 KiB', () => {
    assert.match(hearRequests(chunkedPost(`1;${'a'.repeat(1022)}\r\nx`)).join(), /content "x"/);
    const refusal = `refused 413 at ${56 + 1024}: a chunk size line of more than 1024 bytes (RFC 9112 §7.1.1)`;
    for (const bytes of [`1;${'a'.repeat(1100)}\r\n`, `1;a="${'b'.repeat(1100)}"\r\n`]) {
      assert.equal(hearRequests(chunkedPost(bytes)).at(-1), refusal);
      assert.equal(hearRequests(everyOctet(chunkedPost(bytes))).at(-1), refusal);
    }
  });

  it('refuses more than 16 KiB of chunk extensions in all', () => {
    const chunk = `1;${'a'.repeat(999)}\r\nx\r\n`;
    const says = hearRequests(chunkedPost(chunk.repeat(17)));
    assert.match(says.at(-1) ?? '', /^refused 413 at \d+: more than 16384 bytes of chunk extensions/);
    assert.match(hearRequests(chunkedPost(`${chunk.repeat(16)}0\r\n\r\n`)).join(), /end$/);
  });

  it('refuses trailers without measure', () => {
    const lines = hearRequests(chunkedPost(`0\r\n${'a: b\r\n'.repeat(65)}`));
    assert.equal(lines.at(-1), `refused 431 at ${56 + 3 + 64 * 6}: more than 64 field lines (RFC 6585 §5)`);
    const long = hearRequests(everyOctet(chunkedPost(`0\r\na: ${'b'.repeat(17_000)}`)));
    assert.equal(long.at(-1), `refused 431 at ${56 + 3 + 16_386}: more than 16384 bytes of field lines (RFC 6585 §5)`);
  });
});

describe('RequestParser state', () => {
  const silent: RequestSink = { head() {}, content() {}, wire() {}, end() {} };

  it('is idle, head, body and idle again', () => {
    const parser = new RequestParser(roomyLimits, silent);
    assert.equal(parser.state, 'idle');
    parser.push(Buffer.from('\r\n'));
    assert.equal(parser.state, 'idle');
    parser.push(Buffer.from('POST / HTTP/1.1\r\nHost: a\r\n'));
    assert.equal(parser.state, 'head');
    assert.equal(parser.received().toString(), 'POST / HTTP/1.1\r\nHost: a\r\n');
    parser.push(Buffer.from('Content-Length: 3\r\n\r\nab'));
    assert.equal(parser.state, 'body');
    assert.deepEqual([parser.bodyReceived, parser.bodyExpected], [2, 3]);
    parser.push(Buffer.from('c'));
    assert.equal(parser.state, 'idle');
    assert.deepEqual([parser.bodyReceived, parser.bodyExpected], [3, 3]);
  });

  it('takes no byte beyond the end of a request', () => {
    const parser = new RequestParser(roomyLimits, silent);
    assert.equal(parser.push(Buffer.from(`${get}${get}`)), get.length);
    assert.equal(parser.push(Buffer.from(`${post('Content-Length: 1\r\n', 'x')}y`)), 48);
    const chunked = chunkedPost('1\r\nx\r\n0\r\na: b\r\n\r\n');
    assert.equal(parser.push(Buffer.from(`${chunked}y`)), chunked.length);
  });

  it('shows what was received of a refused head', () => {
    const parser = new RequestParser(roomyLimits, silent);
    assert.throws(() => parser.push(Buffer.from('GET / HTTP/1.1\r\nbad name: x\r\n')));
    assert.match(parser.received().toString(), /^GET \/ HTTP\/1\.1\r\nbad name/);
  });

  it('says nothing more once abandoned in the middle of a push', () => {
    const told: string[] = [];
    const parser = new RequestParser(roomyLimits, {
      head: () => told.push('head'),
      content() {
        told.push('content');
        parser.abandon();
      },
      wire: () => told.push('wire'),
      end: () => told.push('end'),
    });
    const bytes = Buffer.from(chunkedPost('1\r\na\r\n1\r\nb\r\n0\r\n\r\n'));
    assert.equal(parser.push(bytes), 56 + 4);
    assert.equal(parser.push(bytes), 0);
    assert.deepEqual(told, ['head', 'content']);
  });

  it('takes a client that leaves between requests for what it is', () => {
    assert.deepEqual(hearRequests(get, roomyLimits, true), ['GET / 1.1, none, 27 | Host: a', 'end']);
  });

  for (const [bytes, refusal] of [
    ['GET / HT', 'refused 400 at 8: the message ended after 8 bytes of its head (RFC 9112 §8)'],
    [
      post('Content-Length: 5\r\n', 'ab'),
      'refused 400 at 49: the message ended after 2 of 5 bytes of content (RFC 9112 §8)',
    ],
    [chunkedPost('3\r\nab'), 'refused 400 at 61: the message ended after 2 bytes of content (RFC 9112 §8)'],
    [chunkedPost('0\r\n'), 'refused 400 at 59: the message ended after 0 bytes of content (RFC 9112 §8)'],
    [chunkedPost('0\r\na: b\r\n'), 'refused 400 at 65: the message ended after 0 bytes of content (RFC 9112 §8)'],
  ] as const) {
    it(`notices that ${JSON.stringify(bytes)} is not all`, () => {
      assert.equal(hearRequests(bytes, roomyLimits, true).at(-1), refusal);
      assert.equal(hearRequests(everyOctet(bytes), roomyLimits, true).at(-1), refusal);
    });
  }

  it('tells content and wire bytes as parts of the chunk, and no more often than needed', () => {
    const calls: string[] = [];
    let chunk = Buffer.alloc(0);
    const note = (what: string) => (bytes: Buffer) => {
      assert.equal(bytes.buffer, chunk.buffer);
      calls.push(`${what} ${bytes.toString()}`);
    };
    const parser = new RequestParser(roomyLimits, { ...silent, content: note('content'), wire: note('wire') });
    parser.push(Buffer.from(chunkedPost('')));
    chunk = Buffer.from('1\r\na\r\n2\r\nbc\r\n');
    parser.push(chunk);
    chunk = Buffer.from('0\r\n\r\n');
    parser.push(chunk);
    assert.deepEqual(calls, ['content a', 'content bc', 'wire 1\r\na\r\n2\r\nbc\r\n', 'wire 0\r\n']);
  });
});
