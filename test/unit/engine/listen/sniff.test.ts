// What the first bytes in a tunnel mean.
import assert from 'node:assert/strict';
import { opensHttp2, sniff, type Spoken } from '../../../../src/engine/listen/sniff.ts';

const cases: readonly (readonly [string, string, Spoken])[] = [
  ['nothing', '', 'more'],
  ['an origin-form request', 'GET / HTTP/1.1\r\n', 'http/1'],
  ['an absolute-form request', 'POST http://a.test/ HTTP/1.1\r\n', 'http/1'],
  ['OPTIONS *', 'OPTIONS * HTTP/1.1\r\n', 'http/1'],
  ['a method that nobody knows', 'M-SEARCH /x HTTP/1.1\r\n', 'http/1'],
  ['a method so far', 'GE', 'more'],
  ['a method with its space', 'GET ', 'more'],
  ['a method and the first of its target', 'GET /', 'http/1'],
  ['another CONNECT', 'CONNECT far.test:443 HTTP/1.1\r\n', 'bytes'],
  ['the HTTP/2 preface', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', 'http/2'],
  ['a part of the HTTP/2 preface', 'PRI * HT', 'more'],
  ['one letter that may become the preface', 'P', 'more'],
  ['a TLS handshake', '\x16\x03\x01\x02\x00', 'tls'],
  ['the first byte of a TLS handshake', '\x16', 'more'],
  ['something like TLS', '\x16\x02', 'bytes'],
  ['SSH', 'SSH-2.0-OpenSSH_9.6\r\n', 'bytes'],
  ['SMTP', 'EHLO mail.test\r\n', 'bytes'],
  ['IRC', 'NICK alice\r\n', 'bytes'],
  ['IRC with a name like a scheme', 'NICK http\r\n', 'bytes'],
  ['an absolute-form request so far', 'GET htt', 'more'],
  ['an absolute-form request in capitals', 'GET HTTPS://A.TEST/', 'http/1'],
  ['lower case', 'get / HTTP/1.1\r\n', 'bytes'],
  ['an endless word', 'A'.repeat(40), 'bytes'],
  ['two spaces', 'GET  /', 'bytes'],
  ['binary', '\x00\x01\x02', 'bytes'],
];

describe('opensHttp2', () => {
  const settings = [0, 0, 6, 4, 0, 0, 0, 0, 0, 0, 3, 0, 0, 0, 100];

  it('knows the SETTINGS frame that a server of HTTP/2 begins with', () => {
    assert.equal(opensHttp2(Buffer.from(settings)), true);
  });

  it('takes nothing else for it', () => {
    for (const other of ['220 mail.test ESMTP', 'SSH-2.0-x\r\n', ''])
      assert.equal(opensHttp2(Buffer.from(other)), false);
    for (const at of [2, 3, 4, 8]) {
      const changed = settings.map((octet, index) => (index === at ? octet + 1 : octet));
      assert.equal(opensHttp2(Buffer.from(changed)), false, `octet ${at}`);
    }
  });
});

describe('sniff', () => {
  for (const [name, text, spoken] of cases) {
    it(`takes ${name} for ${spoken}`, () => assert.equal(sniff(Buffer.from(text, 'latin1')), spoken));
  }

  it('never changes its mind: what a prefix means, the whole means', () => {
    for (const [, text] of cases) {
      const whole = Buffer.from(text, 'latin1');
      for (let length = 0; length <= whole.length; length += 1) {
        const verdict = sniff(whole.subarray(0, length));
        if (verdict !== 'more') assert.equal(sniff(whole), verdict, `${text} at ${length}`);
      }
    }
  });
});
