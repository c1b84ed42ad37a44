// Events and lines of streamed bodies, by the rules of browsers.
import assert from 'node:assert/strict';
import fc from 'fast-check';
import { parseEvent, splitterOf, streamFormOf, type StreamForm } from '../../../src/formats/event-stream.ts';
import { cutAt, everyOctet } from '../http/conversation.ts';

function split(form: StreamForm, pieces: readonly Buffer[]): string[] {
  const whole = Buffer.concat(pieces);
  const splitter = splitterOf(form);
  const messages: string[] = [];
  const found = (from: number, to: number): void => void messages.push(whole.toString('utf8', from, to));
  for (const piece of pieces) splitter.push(piece, found);
  splitter.end(found);
  return messages;
}

function dataOf(text: string): string[] {
  return split('events', [Buffer.from(text)]).map((event) => parseEvent(event).data);
}

/** The algorithm of the standard, word for word, on a whole text (WHATWG HTML §9.2.6). */
function dispatched(text: string): string[] {
  const events: string[] = [];
  let data = '';
  const lines = text.replace(/^\ufeff/, '').split(/\r\n|\n|\r/);
  // What follows the last line end is no line.
  for (const line of lines.slice(0, -1)) {
    if (line === '') {
      if (data !== '') events.push(data.slice(0, -1));
      data = '';
      continue;
    }
    const colon = line.indexOf(':');
    const name = colon < 0 ? line : line.slice(0, colon);
    const value = colon < 0 ? '' : line.slice(colon + 1);
    if (name === 'data') data += `${value.startsWith(' ') ? value.slice(1) : value}\n`;
  }
  return events;
}

describe('an event stream', () => {
  it('is what the standard’s examples are', () => {
    assert.deepEqual(dataOf('data: YHOO\ndata: +2\ndata: 10\n\n'), ['YHOO\n+2\n10']);
    assert.deepEqual(dataOf(': test stream\n\ndata: first event\nid: 1\n\ndata:second event\nid\n\ndata:  third\n\n'), [
      'first event',
      'second event',
      ' third',
    ]);
    assert.deepEqual(dataOf('data\n\ndata\ndata\n\ndata:'), ['', '\n']);
    assert.deepEqual(dataOf('data:test\n\ndata: test\n\n'), ['test', 'test']);
  });

  it('names its events', () => {
    assert.deepEqual(parseEvent('event: add\r\ndata: 7\rid: x\nretry: 3\nother: y\n'), {
      data: '7',
      event: 'add',
      id: 'x',
    });
    assert.deepEqual(parseEvent('data: a\nid: b\0'), { data: 'a' });
  });

  it('is the same in any pieces, and what the standard says', () => {
    const part = fc.constantFrom(
      'data',
      'data:',
      'data: x',
      ':',
      'dat',
      'datax',
      'id: 1',
      '\n',
      '\n',
      '\r',
      '\r\n',
      'é',
    );
    const text = fc
      .tuple(fc.constantFrom('', '\ufeff', '\ufeff\ufeff'), fc.array(part, { maxLength: 30 }))
      .map(([mark, parts]) => mark + parts.join(''));
    fc.assert(
      fc.property(text, fc.array(fc.nat(100), { maxLength: 6 }), (stream, positions) => {
        const bytes = Buffer.from(stream);
        const whole = split('events', [bytes]);
        assert.deepEqual(split('events', cutAt(bytes, positions)), whole);
        assert.deepEqual(split('events', everyOctet(bytes)), whole);
        assert.deepEqual(
          whole.map((event) => parseEvent(event).data),
          dispatched(stream),
        );
      }),
      { numRuns: 3000 },
    );
  });
});

describe('a body of a value a line', () => {
  it('is the same in any pieces', () => {
    const part = fc.constantFrom('{"a":1}', '[', ' ', '\t', '\n', '\r\n', '\x1e', 'é');
    fc.assert(
      fc.property(fc.array(part, { maxLength: 30 }), fc.array(fc.nat(100), { maxLength: 6 }), (parts, positions) => {
        const text = parts.join('');
        const bytes = Buffer.from(text);
        const expected = text.split('\n').filter((line) => line.replaceAll('\x1e', '').trim() !== '');
        assert.deepEqual(split('lines', [bytes]), expected);
        assert.deepEqual(split('lines', cutAt(bytes, positions)), expected);
        assert.deepEqual(split('lines', everyOctet(bytes)), expected);
      }),
      { numRuns: 1000 },
    );
  });
});

describe('a body of JSON that may be of a value a line', () => {
  const line = '{"type":"ADDED"}';

  it('is so where an object on a line is followed by another', () => {
    const stream = Buffer.from(`${line}\r\n${line} \n\n${line}`);
    const expected = [`${line}\r`, `${line} `, line];
    assert.deepEqual(split('lines-perhaps', [stream]), expected);
    assert.deepEqual(split('lines-perhaps', everyOctet(stream)), expected);
  });

  it('is one value otherwise', () => {
    for (const text of [
      `${line}\n`,
      line,
      `${line}\n[]`,
      '{\n  "a": 1\n}\n',
      '[{}\n,{}]',
      '{"a":\n{}}\n{',
      '',
      '\n{}\n{}',
    ]) {
      assert.deepEqual(split('lines-perhaps', [Buffer.from(text)]), [], text);
      assert.deepEqual(split('lines-perhaps', everyOctet(text)), [], text);
    }
  });

  it('is the same in any pieces', () => {
    const part = fc.constantFrom('{', '}', '{}', '{"a":1}', '\n', '\n', '\r\n', ' ', 'é');
    fc.assert(
      fc.property(fc.array(part, { maxLength: 20 }), fc.array(fc.nat(60), { maxLength: 6 }), (parts, positions) => {
        const bytes = Buffer.from(parts.join(''));
        const whole = split('lines-perhaps', [bytes]);
        assert.deepEqual(split('lines-perhaps', cutAt(bytes, positions)), whole);
        assert.deepEqual(split('lines-perhaps', everyOctet(bytes)), whole);
        if (whole.length > 0) assert.deepEqual(whole, split('lines', [bytes]));
      }),
      { numRuns: 2000 },
    );
  });
});

describe('streamFormOf', () => {
  it('knows streams by their types', () => {
    assert.equal(streamFormOf('Text/Event-Stream;charset=UTF-8', false), 'events');
    assert.equal(streamFormOf('application/x-ndjson', true), 'lines');
    assert.equal(streamFormOf('application/jsonl; a=b', false), 'lines');
    assert.equal(streamFormOf('application/json-seq', false), 'lines');
    assert.equal(streamFormOf('text/plain; x="text/event-stream"', false), undefined);
  });

  it('takes JSON for a stream at most where its length is unknown', () => {
    assert.equal(streamFormOf('application/json', false), 'lines-perhaps');
    assert.equal(streamFormOf('application/json', true), undefined);
    assert.equal(streamFormOf('application/problem+json', false), undefined);
  });
});
