// What is stored of a response (RFC 9111 §3.1), and how it is served.
import assert from 'node:assert/strict';
import { StoredFields, storableFields } from '../../../src/cache/entry.ts';
import { parseDirectives } from '../../../src/cache/directives.ts';
import { Fields } from '../../../src/http/fields.ts';
import { START, World, type Lines } from './world.ts';

function stored(lines: Lines, cacheControl = ''): string[] {
  return Array.from(storableFields(Fields.of(lines), parseDirectives([cacheControl]), START), ([name]) => name);
}

describe('the fields that are stored', () => {
  it('keep their order, case and duplicates', () => {
    assert.deepEqual(
      stored([
        ['b', '1'],
        ['DATE', 'x'],
        ['A', '2'],
        ['b', '3'],
      ]),
      ['b', 'DATE', 'A', 'b'],
    );
  });

  it('are without those of the connection, and what Connection names (RFC 9110 §7.6.1)', () => {
    const names = [
      'Keep-Alive',
      'Proxy-Connection',
      'TE',
      'Trailer',
      'Transfer-Encoding',
      'Upgrade',
      'Proxy-Authenticate',
      'Proxy-Authentication-Info',
      'Proxy-Authorization',
      'Age',
    ];
    const lines: Lines = [
      ['Date', 'x'],
      ['Connection', 'X-Own, close'],
      ['X-Own', '1'],
      ...names.map((name) => [name, '1'] as const),
      ['X-B', '1'],
    ];
    assert.deepEqual(stored(lines), ['Date', 'X-B']);
  });

  it('are without those that private or no-cache list (§5.2.2.4, §5.2.2.7)', () => {
    assert.deepEqual(
      stored(
        [
          ['Date', 'x'],
          ['A', '1'],
          ['b', '1'],
          ['C', '1'],
        ],
        'no-cache="a", private="B"',
      ),
      ['Date', 'C'],
    );
  });

  it('get a Date where there is none (RFC 9110 §6.6.1)', () => {
    const fields = storableFields(Fields.of([['A', '1']]), new Map(), START);
    assert.equal(fields.get('date'), 'Thu, 01 Jan 2026 12:00:00 GMT');
  });
});

describe('a served answer', () => {
  it('carries the stored lines, Age in whole seconds and Cache-Status', () => {
    const world = new World();
    world.store({
      fields: [
        ['Date', world.date()],
        ['cache-control', 'max-age=60'],
        ['Age', '3'],
        ['Content-Length', '7'],
      ],
    });
    world.wait(20.9);
    const { fields, contentLength, body, status, reason } = world.answer();
    assert.equal(
      fields.text,
      'Date: Thu, 01 Jan 2026 12:00:00 GMT\r\ncache-control: max-age=60\r\nContent-Length: 7\r\nAge: 23\r\nCache-Status: Wirelens; hit; ttl=36\r\n',
    );
    assert.deepEqual([status, reason, contentLength, body.toString()], [200, 'Reason', 7, 'content']);
    assert.deepEqual([fields.count, fields.get('age'), fields.get('cache-status')], [5, '23', 'Wirelens; hit; ttl=36']);
  });

  it('has the Content-Length of what was stored, whatever came with it', () => {
    for (const lines of [
      [],
      [['Content-Length', '3']],
      [
        ['Content-Length', '7'],
        ['Content-Length', '7'],
      ],
    ] as Lines[]) {
      const world = new World();
      world.store({ fields: [['Cache-Control', 'max-age=60'], ...lines] });
      assert.deepEqual(world.answer().fields.values('content-length'), ['7']);
    }
  });

  it('has no Content-Length where the status has no content', () => {
    const world = new World();
    world.store({ status: 204, body: '', fields: [['Cache-Control', 'max-age=60']] });
    assert.equal(world.answer().fields.has('content-length'), false);
  });

  it('has no content for HEAD, and the length of it', () => {
    const world = new World();
    world.store({ fields: [['Cache-Control', 'max-age=60']] });
    const { body, contentLength, fields } = world.answer({ method: 'HEAD' });
    assert.deepEqual([body.length, contentLength, fields.get('content-length')], [0, 7, '7']);
  });

  it('keeps the Cache-Status of caches before it, and adds its own behind (RFC 9211 §2)', () => {
    const world = new World();
    world.store({
      fields: [
        ['Cache-Control', 'max-age=60'],
        ['Cache-Status', 'Other; hit'],
      ],
    });
    assert.deepEqual(world.answer().fields.values('cache-status'), ['Other; hit', 'Wirelens; hit; ttl=60']);
  });
});

describe('stored fields', () => {
  it('may be none', () => {
    const served = new StoredFields(Fields.none).served(1, 'x');
    assert.equal(served.text, 'Age: 1\r\nCache-Status: x\r\n');
    assert.deepEqual([served.name(1), served.value(1)], ['Cache-Status', 'x']);
  });

  it('are the same when they come from the middle of a message', () => {
    const fields = Fields.of([
      ['A', '1'],
      ['B', '2'],
      ['C', '3'],
    ]).without(new Set(['b']));
    const { fields: own } = new StoredFields(fields);
    assert.deepEqual(
      [...own],
      [
        ['A', '1'],
        ['C', '3'],
      ],
    );
    assert.equal(own.text, 'A: 1\r\nC: 3\r\n');
  });
});
