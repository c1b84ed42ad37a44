// Responses as conversations: what is heard, what is tolerated and said so, and what is no response.
import assert from 'node:assert/strict';
import { ResponseParser } from '../../../src/http/parser.ts';
import { everyOctet, hearResponses, roomyLimits } from './conversation.ts';

type Case = readonly [what: string, bytes: string, says: readonly string[], how?: Parameters<typeof hearResponses>[1]];

const cases: readonly Case[] = [
  [
    'content by length',
    'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi',
    ['200 OK 1.1, length 2, 38 | Content-Length: 2', 'content "hi"', 'end'],
  ],
  [
    'content of no bytes',
    'HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n',
    ['200 OK 1.1, none, 38 | Content-Length: 0', 'end'],
  ],
  [
    'chunks and trailers',
    'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\na: b\r\n\r\n',
    [
      '200 OK 1.1, chunked, 47 | Transfer-Encoding: chunked',
      'content "hi"',
      'wire "2\\r\\nhi\\r\\n0\\r\\n"',
      'end | a: b',
    ],
  ],
  [
    'content to the end of the connection',
    'HTTP/1.0 200 OK\r\n\r\nhi there',
    ['200 OK 1.0, close, 19', 'content "hi there"', 'end'],
    { ends: true },
  ],
  [
    'no content where the connection ends at once',
    'HTTP/1.1 200 OK\r\n\r\n',
    ['200 OK 1.1, close, 19', 'end'],
    { ends: true },
  ],
  ['an empty reason', 'HTTP/1.1 204 \r\n\r\n', ['204  1.1, none, 17', 'end']],
  [
    'a reason with octets above 127',
    'HTTP/1.1 404 g\xe4bs nicht\r\n\r\n',
    ['404 g\xe4bs nicht 1.1, close, 27', 'end'],
    { ends: true },
  ],
  [
    'a status that nobody knows',
    'HTTP/1.1 799 x\r\nContent-Length: 0\r\n\r\n',
    ['799 x 1.1, none, 37 | Content-Length: 0', 'end'],
  ],
  [
    'interim responses before the final one (RFC 9110 §15.2)',
    'HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nx',
    [
      'interim 100 Continue, 25',
      'interim 103 Early Hints, 37 | Link: x',
      '200 OK 1.1, length 1, 38 | Content-Length: 1',
      'content "x"',
      'end',
    ],
  ],
  [
    'a switch, after which the bytes are not ours (RFC 9110 §15.2.2)',
    'HTTP/1.1 101 Switching\r\nUpgrade: x\r\n\r\n\x01\x02',
    ['101 Switching 1.1, none, 38 | Upgrade: x', 'end', 'left "\\u0001\\u0002"'],
  ],
  [
    'the answer to HEAD, whatever its fields say (RFC 9112 §6.3)',
    'HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nHTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n',
    ['200 OK 1.1, none, 38 | Content-Length: 5', 'end', '200 OK 1.1, none, 47 | Transfer-Encoding: chunked', 'end'],
    { methods: ['HEAD', 'HEAD'] },
  ],
  [
    '304, whatever its fields say',
    'HTTP/1.1 304 x\r\nContent-Length: 5\r\n\r\n',
    ['304 x 1.1, none, 37 | Content-Length: 5', 'end'],
  ],
  [
    'success of CONNECT',
    'HTTP/1.1 200 OK\r\n\r\nSSH-2.0',
    ['200 OK 1.1, none, 19', 'end', 'left "SSH-2.0"'],
    { methods: ['CONNECT'] },
  ],
  [
    'failure of CONNECT',
    'HTTP/1.1 407 No\r\nContent-Length: 2\r\n\r\nno',
    ['407 No 1.1, length 2, 38 | Content-Length: 2', 'content "no"', 'end'],
    { methods: ['CONNECT'] },
  ],
  [
    'surplus bytes, and leaves them',
    'HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nxyz',
    ['200 OK 1.1, length 1, 38 | Content-Length: 1', 'content "x"', 'end', 'left "yz"'],
  ],
  [
    'nothing where nothing is expected',
    'HTTP/1.1 408 x\r\n\r\n',
    ['left "HTTP/1.1 408 x\\r\\n\\r\\n"'],
    { methods: [] },
  ],
  ['nothing at all', '', [], { ends: true }],
];

const tolerated: readonly Case[] = [
  [
    'a status line without reason (RFC 9112 §4)',
    'HTTP/1.1 200\r\nContent-Length: 1\r\n\r\nx',
    ['lenient missing-reason', '200  1.1, length 1, 35 | Content-Length: 1', 'content "x"', 'end'],
  ],
  [
    'line ends without CR (RFC 9112 §2.2)',
    'HTTP/1.1 200 OK\nContent-Length: 1\nX: y\r\n\nx',
    ['lenient bare-lf', '200 OK 1.1, length 1, 41 | Content-Length: 1 | X: y', 'content "x"', 'end'],
  ],
  [
    'both at once',
    'HTTP/1.0 200\n\nx',
    ['lenient bare-lf', 'lenient missing-reason', '200  1.0, close, 14', 'content "x"', 'end'],
    { ends: true },
  ],
  [
    'folded values (RFC 9112 §5.2)',
    'HTTP/1.1 200 OK\r\nX: a \r\n\t b\r\n \r\nContent-Length:\r\n 1\r\n\r\nx',
    ['lenient obs-fold', '200 OK 1.1, length 1, 55 | X: a b | Content-Length: 1', 'content "x"', 'end'],
  ],
  [
    'whitespace before a colon (RFC 9112 §5.1)',
    'HTTP/1.1 200 OK\r\nContent-Length : 1\r\n\r\nx',
    ['lenient space-before-colon', '200 OK 1.1, length 1, 39 | Content-Length: 1', 'content "x"', 'end'],
  ],
  ...['garbage', ': x', 'a b: c', 'X: \x01', '(: c', ' first', 'X: a\rb'].map((line): Case => [
    `the line ${JSON.stringify(line)}`,
    `HTTP/1.1 200 OK\r\n${line}\r\nContent-Length: 1\r\n\r\nx`,
    [
      'lenient invalid-field-dropped',
      `200 OK 1.1, length 1, ${40 + line.length} | Content-Length: 1`,
      'content "x"',
      'end',
    ],
  ]),
  [
    'the same length twice (RFC 9110 §8.6)',
    'HTTP/1.1 200 OK\r\nContent-Length: 1\r\nA: b\r\nContent-length: 1\r\n\r\nx',
    ['lenient duplicate-content-length', '200 OK 1.1, length 1, 63 | Content-Length: 1 | A: b', 'content "x"', 'end'],
  ],
  [
    'the same length as a list',
    'HTTP/1.1 200 OK\r\nContent-Length: 1, 1\r\n\r\nx',
    ['lenient duplicate-content-length', '200 OK 1.1, length 1, 41 | Content-Length: 1', 'content "x"', 'end'],
  ],
  [
    'Content-Length beside chunks (RFC 9112 §6.3)',
    'HTTP/1.1 200 OK\r\nContent-Length: 9\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx\r\n0\r\n\r\n',
    [
      'lenient content-length-with-transfer-encoding',
      '200 OK 1.1, chunked, 66 | Transfer-Encoding: chunked',
      'content "x"',
      'wire "1\\r\\nx\\r\\n0\\r\\n"',
      'end',
    ],
  ],
  [
    'chunks in HTTP/1.0 (RFC 9112 §6.1)',
    'HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
    [
      'lenient transfer-encoding-in-http-1.0',
      '200 OK 1.0, chunked, 47 | Transfer-Encoding: chunked',
      'wire "0\\r\\n"',
      'end',
    ],
  ],
  [
    'an unknown transfer coding: to the end of the connection (RFC 9112 §6.3)',
    'HTTP/1.1 200 OK\r\nTransfer-Encoding: rot13\r\n\r\nuv',
    ['lenient unknown-transfer-coding', '200 OK 1.1, close, 45 | Transfer-Encoding: rot13', 'content "uv"', 'end'],
    { ends: true },
  ],
  [
    'an unknown transfer coding in chunks',
    'HTTP/1.1 200 OK\r\nTransfer-Encoding: rot13, chunked\r\n\r\n0\r\n\r\n',
    [
      'lenient unknown-transfer-coding',
      '200 OK 1.1, chunked, 54 | Transfer-Encoding: rot13, chunked',
      'wire "0\\r\\n"',
      'end',
    ],
  ],
  [
    'framing where there never is content (RFC 9112 §6.1)',
    'HTTP/1.1 204 x\r\nTransfer-Encoding: chunked\r\nA: b\r\n\r\n',
    ['lenient invalid-field-dropped', '204 x 1.1, none, 52 | A: b', 'end'],
  ],
  [
    '… but not a length of 0',
    'HTTP/1.1 204 x\r\nContent-Length: 0\r\n\r\n',
    ['204 x 1.1, none, 37 | Content-Length: 0', 'end'],
  ],
  [
    'fields in the trailer section that must not be there (RFC 9110 §6.5.1)',
    'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nContent-Length: 7\r\na: b\r\n\r\n',
    [
      '200 OK 1.1, chunked, 47 | Transfer-Encoding: chunked',
      'wire "0\\r\\n"',
      'lenient invalid-field-dropped',
      'end | a: b',
    ],
  ],
];

const refused: readonly Case[] = [
  ['another protocol', 'SSH-2.0-x\r\n', ['refused 400 at 0: no status line of HTTP/1 (RFC 9112 §4)']],
  ['an old relative', 'ICY 200 OK\r\n', ['refused 400 at 0: no status line of HTTP/1 (RFC 9112 §4)']],
  ['an empty line', '\r\nHTTP/1.1 200 OK\r\n\r\n', ['refused 400 at 0: no status line of HTTP/1 (RFC 9112 §4)']],
  ['HTTP/2', 'HTTP/2.0 200 OK\r\n', ['refused 505 at 0: a version other than HTTP/1.0 and HTTP/1.1 (RFC 9112 §2.3)']],
  ...['HTTP/1.1 20\r\n\r\n', 'HTTP/1.1 2000 x\r\n\r\n'].map((bytes, index): Case => [
    `the status line ${JSON.stringify(bytes)}`,
    bytes,
    [`refused 400 at ${11 + index}: a status line without a status code of three digits (RFC 9112 §4)`],
  ]),
  [
    'a status below 100',
    'HTTP/1.1 099 x\r\n\r\n',
    ['refused 400 at 9: a status line without a status code of three digits (RFC 9112 §4)'],
  ],
  ['a CR in the status line', 'HTTP/1.1 200 a\rb\r\n\r\n', ['refused 400 at 14: CR without LF (RFC 9112 §2.2)']],
  [
    'a CR after the status code',
    'HTTP/1.1 200\rb\r\n\r\n',
    ['refused 400 at 12: a status line without a status code of three digits (RFC 9112 §4)'],
  ],
  ['NUL', 'HTTP/1.1 200 OK\r\nA: \0\r\n\r\n', ['refused 400 at 20: NUL in a field value (RFC 9110 §5.5)']],
  [
    'NUL after something tolerable',
    'HTTP/1.1 200 OK\nA: \0\r\n\r\n',
    ['refused 400 at 19: NUL in a field line (RFC 9110 §5.5)'],
  ],
  [
    'different lengths',
    'HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n',
    ['refused 400 at 17: different Content-Length values (RFC 9112 §6.3)'],
  ],
  [
    'a list of different lengths',
    'HTTP/1.1 200 OK\r\nContent-Length: 1, 2\r\n\r\n',
    ['refused 400 at 17: different Content-Length values (RFC 9112 §6.3)'],
  ],
  [
    'a length that is none',
    'HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n',
    ['refused 400 at 17: a Content-Length that is not a decimal number (RFC 9112 §6.3)'],
  ],
  [
    'a framing field that cannot be read',
    'HTTP/1.1 200 OK\r\nTransfer\x01-Encoding\x0b: chunked\r\nContent Content-Length: 1\r\n\r\n',
    ['refused 400 at 25: a damaged Content-Length or Transfer-Encoding (RFC 9112 §6.3)'],
  ],
  [
    'broken chunks',
    'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nz',
    [
      '200 OK 1.1, chunked, 47 | Transfer-Encoding: chunked',
      'refused 400 at 47: a chunk without a hexadecimal size (RFC 9112 §7.1)',
    ],
  ],
  [
    'an end in the middle of the content',
    'HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhi',
    [
      '200 OK 1.1, length 5, 38 | Content-Length: 5',
      'content "hi"',
      'refused 400 at 40: the message ended after 2 of 5 bytes of content (RFC 9112 §8)',
    ],
    { ends: true },
  ],
  [
    'an end in the middle of the head',
    'HTTP/1.1 200 OK\r\nConte',
    ['refused 400 at 22: the message ended after 22 bytes of its head (RFC 9112 §8)'],
    { ends: true },
  ],
];

describe('ResponseParser', () => {
  const groups = [
    ['hears', cases],
    ['tolerates', tolerated],
    ['refuses', refused],
  ] as const;
  for (const [verb, group] of groups) {
    for (const [what, bytes, says, how] of group) {
      it(`${verb} ${what}`, () => {
        assert.deepEqual(hearResponses(bytes, how), says);
      });
      it(`${verb} ${what}, octet by octet`, () => {
        // What is left over is left over in single octets.
        const heard = hearResponses(everyOctet(bytes), how).filter((line) => !line.startsWith('left'));
        assert.deepEqual(
          heard,
          says.filter((line) => !line.startsWith('left')),
        );
      });
    }
  }

  it('refuses a head without measure, tolerable or not', () => {
    const limits = { startLine: 20, header: 20, fieldCount: 3 };
    const long = (end: string): string => `HTTP/1.1 200 OK${end}a: ${'b'.repeat(60)}${end}${end}`;
    for (const end of ['\r\n', '\n']) {
      const whole = hearResponses(long(end), { limits });
      assert.match(whole.join(), /^refused 431/);
      assert.deepEqual(hearResponses(everyOctet(long(end)), { limits }), whole);
    }
  });

  it('tells a leniency once', () => {
    const bytes = 'HTTP/1.1 103 x\na: b\n\nHTTP/1.1 200 OK\na: b\n c\nd\ne\n\n';
    const told = hearResponses(bytes).filter((line) => line.startsWith('lenient'));
    assert.deepEqual(told, ['lenient bare-lf', 'lenient obs-fold', 'lenient invalid-field-dropped']);
  });

  it('says nothing more once abandoned', () => {
    const told: string[] = [];
    const parser = new ResponseParser(roomyLimits, {
      interim: () => told.push('interim'),
      head() {
        told.push('head');
        parser.abandon();
      },
      content: () => told.push('content'),
      wire: () => told.push('wire'),
      end: () => told.push('end'),
      lenient: () => told.push('lenient'),
    });
    parser.expect('GET');
    parser.push(Buffer.from('HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nx'));
    assert.deepEqual(told, ['head']);
  });

  it('is idle, head, body and idle again', () => {
    const parser = new ResponseParser(roomyLimits, {
      interim() {},
      head() {},
      content() {},
      wire() {},
      end() {},
      lenient() {},
    });
    parser.expect('GET');
    assert.equal(parser.state, 'idle');
    parser.push(Buffer.from('HTTP/1.1 200 OK\r\nContent-L'));
    assert.equal(parser.state, 'head');
    assert.equal(parser.received().toString(), 'HTTP/1.1 200 OK\r\nContent-L');
    parser.push(Buffer.from('ength: 2\r\n\r\na'));
    assert.equal(parser.state, 'body');
    assert.deepEqual([parser.bodyReceived, parser.bodyExpected], [1, 2]);
    parser.push(Buffer.from('b'));
    assert.equal(parser.state, 'idle');
    assert.equal(parser.push(Buffer.from('c')), 0);
  });
});
