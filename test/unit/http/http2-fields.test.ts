// Field lines as HTTP/2 sends them.
import assert from 'node:assert/strict';
import { Fields } from '../../../src/http/fields.ts';
import { http2Fields } from '../../../src/http/http2-fields.ts';

function sent(...lines: readonly (readonly [string, string])[]): Record<string, string | string[]> {
  return { ...http2Fields(Fields.of(lines)) };
}

describe('http2Fields', () => {
  it('puts names in lower case and pseudo-header fields first', () => {
    const fields = http2Fields(Fields.of([['X-A', '1']]), { ':status': '200' });
    assert.deepEqual(Object.entries(fields), [
      [':status', '200'],
      ['x-a', '1'],
    ]);
  });

  it('keeps several lines with one name', () => {
    assert.deepEqual(sent(['Set-Cookie', 'a'], ['set-cookie', 'b'], ['Set-Cookie', 'c']), {
      'set-cookie': ['a', 'b', 'c'],
    });
  });

  it('joins lines of a field that may have one only, and keeps one of equal lengths', () => {
    assert.deepEqual(
      sent(['Content-Type', 'a'], ['Content-Type', 'b'], ['Content-Length', '1'], ['Content-Length', '1']),
      {
        'content-type': 'a, b',
        'content-length': '1',
      },
    );
  });

  it('drops what is meant for one connection of HTTP/1.1', () => {
    const lines = [
      ['Host', 'a'],
      ['Connection', 'close, X-Own'],
      ['X-Own', '1'],
      ['Keep-Alive', '1'],
      ['Proxy-Connection', '1'],
      ['Transfer-Encoding', 'chunked'],
      ['Upgrade', 'x'],
      ['HTTP2-Settings', 'x'],
      ['TE', 'gzip'],
    ] as const;
    assert.deepEqual(sent(...lines), {});
    assert.deepEqual(sent(['TE', 'trailers']), { te: 'trailers' });
  });

  it('has no prototype that a name could reach', () => {
    assert.deepEqual(Object.keys(http2Fields(Fields.of([['__proto__', '1']]))), ['__proto__']);
  });
});
