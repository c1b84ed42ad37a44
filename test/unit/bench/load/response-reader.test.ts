// Tests that the load generator sees where responses end, however their bytes are cut.
import assert from 'node:assert/strict';
import { ResponseReader } from '../../../bench/load/response-reader.ts';

interface Seen {
  readonly statuses: number[];
  body: string;
}

function read(pieces: readonly string[], close = false): Seen & { clean: boolean } {
  const seen: Seen = { statuses: [], body: '' };
  const reader = new ResponseReader({
    body: (piece) => (seen.body += piece.toString('latin1')),
    end: (status) => seen.statuses.push(status),
  });
  for (const piece of pieces) reader.push(Buffer.from(piece, 'latin1'));
  return { ...seen, clean: close ? reader.close() : true };
}

const counted = 'HTTP/1.1 200 OK\r\nDate: today\r\ncontent-length: 5\r\n\r\nhello';
const chunked =
  'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3;x=y\r\nabc\r\nA\r\n0123456789\r\n0\r\nTrailer: x\r\n\r\n';

describe('the response reader', () => {
  it('reads a body of known length', () =>
    assert.deepEqual(read([counted]), { statuses: [200], body: 'hello', clean: true }));

  it('reads responses that come together', () => {
    assert.deepEqual(read([counted + chunked + counted]), {
      statuses: [200, 200, 200],
      body: 'helloabc0123456789hello',
      clean: true,
    });
  });

  it('reads the same byte by byte', () => {
    assert.deepEqual(read([...(counted + chunked + counted)]), read([counted + chunked + counted]));
  });

  it('skips interim responses', () => {
    assert.deepEqual(read([`HTTP/1.1 100 Continue\r\n\r\n${counted}`]).statuses, [200]);
  });

  it('knows responses without a body', () => {
    const text = 'HTTP/1.1 304 Not Modified\r\nContent-Length: 7\r\n\r\nHTTP/1.1 204 No Content\r\n\r\n';
    assert.deepEqual(read([text]), { statuses: [304, 204], body: '', clean: true });
  });

  it('lets a body without length end with the connection', () => {
    const text = 'HTTP/1.0 200 OK\r\n\r\nall there is';
    assert.deepEqual(read([text]).statuses, []);
    assert.deepEqual(read([text], true), { statuses: [200], body: 'all there is', clean: true });
  });

  it('says when a connection ended too early', () => {
    assert.equal(read([counted.slice(0, -1)], true).clean, false);
    assert.equal(read([counted], true).clean, true);
  });

  it('refuses what is no HTTP', () => {
    assert.throws(() => read(['SSH-2.0-OpenSSH\r\n\r\n']), /no status line/);
    assert.throws(() => read(['HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n']), /no chunk size/);
  });
});
