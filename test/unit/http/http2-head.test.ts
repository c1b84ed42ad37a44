// Header lists of HTTP/2 as heads: what they become, and what is refused.
import assert from 'node:assert/strict';
import {
  http2RequestText,
  http2ResponseText,
  readHttp2Interim,
  readHttp2Request,
  readHttp2RequestTrailers,
  readHttp2Response,
  readHttp2Trailers,
  type ReadOptions,
} from '../../../src/http/http2-head.ts';
import { WireError } from '../../../src/http/wire-error.ts';

const options: ReadOptions = { ended: true, form: 'origin', webSocketKey: () => 'a2V5' };

/** A list from `name: value` lines. */
function listOf(...lines: readonly string[]): string[] {
  return lines.flatMap((line) => {
    const colon = line.indexOf(': ', 1);
    return [line.slice(0, colon), line.slice(colon + 2)];
  });
}

const get = [':method: GET', ':scheme: http', ':authority: a.test', ':path: /x?y'];

function refusal(list: readonly string[], given: Partial<ReadOptions> = {}): string {
  try {
    readHttp2Request(list, { ...options, ...given });
  } catch (error) {
    assert.ok(error instanceof WireError);
    return error.rule;
  }
  return 'accepted';
}

describe('readHttp2Request', () => {
  it('gives Host and the path where the client takes us for its server', () => {
    const { head, framing } = readHttp2Request(listOf(...get, 'a: 1', 'a: 2'), options);
    assert.deepEqual([head.method, head.target, head.minor, framing.kind], ['GET', '/x?y', 1, 'none']);
    assert.deepEqual(head.fields.toArray(), [
      ['Host', 'a.test'],
      ['a', '1'],
      ['a', '2'],
    ]);
  });

  it('gives an absolute target on a proxy port', () => {
    const { head } = readHttp2Request(listOf(...get), { ...options, form: 'absolute' });
    assert.equal(head.target, 'http://a.test/x?y');
  });

  it('gives OPTIONS of the whole server its two forms', () => {
    const list = listOf(':method: OPTIONS', ':scheme: http', ':authority: a.test', ':path: *');
    assert.equal(readHttp2Request(list, options).head.target, '*');
    assert.equal(readHttp2Request(list, { ...options, form: 'absolute' }).head.target, 'http://a.test');
  });

  it('takes Host where there is no :authority', () => {
    const list = listOf(':method: GET', ':scheme: http', ':path: /', 'host: b.test');
    assert.deepEqual(readHttp2Request(list, options).head.fields.toArray(), [['Host', 'b.test']]);
  });

  it('frames content of unknown length as chunks, and known length by that', () => {
    const chunked = readHttp2Request(listOf(...get), { ...options, ended: false });
    assert.equal(chunked.framing.kind, 'chunked');
    assert.equal(chunked.head.fields.get('transfer-encoding'), 'chunked');
    const known = readHttp2Request(listOf(...get, 'content-length: 7'), { ...options, ended: false });
    assert.deepEqual(known.framing, { kind: 'length', length: 7 });
    assert.equal(known.head.fields.has('transfer-encoding'), false);
  });

  it('joins the pieces of a cookie in the place of the first', () => {
    const { head } = readHttp2Request(listOf(...get, 'cookie: a=1', 'b: 2', 'cookie: c=3'), options);
    assert.deepEqual(head.fields.toArray().slice(1), [
      ['cookie', 'a=1; c=3'],
      ['b', '2'],
    ]);
  });

  it('keeps TE: trailers', () => {
    assert.equal(readHttp2Request(listOf(...get, 'te: trailers'), options).head.fields.get('te'), 'trailers');
  });

  it('reads CONNECT as an authority', () => {
    const { head } = readHttp2Request(listOf(':method: CONNECT', ':authority: a.test:443'), {
      ...options,
      ended: false,
    });
    assert.deepEqual([head.method, head.target], ['CONNECT', 'a.test:443']);
  });

  it('reads an extended CONNECT for a WebSocket as the upgrade of HTTP/1.1', () => {
    const list = listOf(
      ...get.map((line) => line.replace('GET', 'CONNECT')),
      ':protocol: websocket',
      'sec-websocket-version: 13',
    );
    const { head, protocol } = readHttp2Request(list, { ...options, ended: false });
    assert.deepEqual([head.method, protocol], ['GET', 'websocket']);
    assert.deepEqual(head.fields.toArray().slice(1), [
      ['sec-websocket-version', '13'],
      ['Connection', 'Upgrade'],
      ['Upgrade', 'websocket'],
      ['Sec-WebSocket-Key', 'a2V5'],
    ]);
  });

  const without = (name: string): string[] => get.filter((line) => !line.startsWith(name));
  const refused: readonly (readonly [string, readonly string[], RegExp])[] = [
    ['no :method', without(':method'), /without :method/],
    ['no :scheme', without(':scheme'), /without :scheme/],
    ['no :path', without(':path'), /without :path/],
    ['neither :authority nor Host', without(':authority'), /neither/],
    ['an empty :path', [...without(':path'), ':path: '], /without :path/],
    ['a :path that is a word', [...without(':path'), ':path: x'], /does not begin/],
    ['a space in :path', [...without(':path'), ':path: / HTTP/1.1'], /visible/],
    ['a line break in :path', [...without(':path'), ':path: /\r\nX: 1'], /visible/],
    ['a fragment', [...without(':path'), ':path: /#a'], /fragment/],
    ['a method that is no token', [':method: GET /', ...without(':method')], /token/],
    ['another scheme', [...without(':scheme'), ':scheme: ftp'], /scheme/],
    ['user information', [...without(':authority'), ':authority: u@a.test'], /user information/],
    ['a slash in :authority', [...without(':authority'), ':authority: a.test/x'], /character/],
    ['Host that differs', [...get, 'host: b.test'], /different servers/],
    ['Host twice', [...get, 'host: a.test', 'host: a.test'], /more than one Host/],
    ['a pseudo-header field twice', [...get, ':path: /'], /more than once/],
    ['a pseudo-header field that is none', [...get, ':status: 200'], /:status/],
    ['a pseudo-header field after a field', [...without(':path'), 'a: 1', ':path: /'], /after a regular/],
    ['a name in upper case', [...get, 'Aa: 1'], /upper case/],
    ['a name with a space', [...get, 'a b: 1'], /not a token/],
    ['a line break in a value', [...get, 'a: 1\r\nb: 2'], /character/],
    ['NUL in a value', [...get, 'a: 1\0'], /character/],
    ['space around a value', [...get, 'a:  1'], /whitespace/],
    ['Connection', [...get, 'connection: close'], /connection/],
    ['Transfer-Encoding', [...get, 'transfer-encoding: chunked'], /transfer-encoding/],
    ['Upgrade', [...get, 'upgrade: h2c'], /upgrade/],
    ['Keep-Alive', [...get, 'keep-alive: 1'], /keep-alive/],
    ['Proxy-Connection', [...get, 'proxy-connection: close'], /proxy-connection/],
    ['TE with more', [...get, 'te: gzip'], /TE/],
    ['a length without content', [...get, 'content-length: 1'], /without content/],
    ['two lengths', [...get, 'content-length: 0', 'content-length: 0'], /more than one/],
    ['a length that is no number', [...get, 'content-length: +1'], /decimal/],
    [':protocol without CONNECT', [...get, ':protocol: websocket'], /without CONNECT/],
  ];
  for (const [name, lines, rule] of refused) {
    it(`refuses ${name}`, () => assert.match(refusal(listOf(...lines)), rule));
  }

  it('refuses CONNECT with a path, with a length, and on a stream that has ended', () => {
    const connect = [':method: CONNECT', ':authority: a.test:1'];
    assert.match(refusal(listOf(...connect, ':path: /'), { ended: false }), /:path/);
    assert.match(refusal(listOf(...connect, 'content-length: 1'), { ended: false }), /length/);
    assert.match(refusal(listOf(...connect)), /ended/);
  });
});

describe('readHttp2Response', () => {
  it('frames by what is announced and by what may be', () => {
    const framing = (lines: readonly string[], ended: boolean, method = 'GET'): unknown =>
      readHttp2Response(listOf(...lines), ended, method).framing;
    assert.deepEqual(framing([':status: 200'], false), { kind: 'chunked' });
    assert.deepEqual(framing([':status: 200', 'content-length: 5'], false), { kind: 'length', length: 5 });
    assert.deepEqual(framing([':status: 200'], true), { kind: 'none' });
    assert.deepEqual(framing([':status: 200', 'content-length: 5'], true, 'HEAD'), { kind: 'none' });
    assert.deepEqual(framing([':status: 304', 'content-length: 5'], true), { kind: 'none' });
  });

  it('refuses 101, a bad status, and forbidden fields', () => {
    for (const lines of [[':status: 101'], [':status: 20'], [], [':status: 200', 'connection: close']]) {
      assert.throws(() => readHttp2Response(listOf(...lines), true, 'GET'), WireError);
    }
    assert.throws(() => readHttp2Interim(listOf(':status: 101')), WireError);
  });
});

describe('trailers of HTTP/2', () => {
  it('must not have what nobody could act on', () => {
    assert.throws(() => readHttp2RequestTrailers(listOf('content-length: 1')), WireError);
    assert.equal(readHttp2Trailers(listOf('content-length: 1', 'a: b')).text, 'a: b\r\n');
    assert.throws(() => readHttp2Trailers(listOf(':status: 200')), WireError);
  });
});

describe('the text of a header list', () => {
  it('has every line as it came, below a line for the eye', () => {
    assert.equal(
      http2RequestText(listOf(...get, 'a: 1')),
      'GET /x?y HTTP/2\r\n:method: GET\r\n:scheme: http\r\n:authority: a.test\r\n:path: /x?y\r\na: 1\r\n\r\n',
    );
    assert.equal(http2ResponseText(listOf(':status: 204')), 'HTTP/2 204\r\n:status: 204\r\n\r\n');
  });
});
