// What is written to a client for one response.
import assert from 'node:assert/strict';
import { Fields } from '../../../../src/http/fields.ts';
import type { Framing } from '../../../../src/http/framing.ts';
import type { ResponseHead } from '../../../../src/http/head.ts';
import { Http1Responder, type ResponderContext } from '../../../../src/engine/listen/http1-responder.ts';
import type { Outlet } from '../../../../src/engine/outlet.ts';

/** Only its bytes go to a client of HTTP/1. */
const anyHead: ResponseHead = { status: 103, reason: '', minor: 1, fields: Fields.none };

/** An outlet that keeps what it is given. */
class Paper {
  pending = '';
  written = '';
  takes = true;

  text(latin1: string): void {
    this.pending += latin1;
  }

  bytes(piece: Buffer): void {
    this.pending += piece.toString('latin1');
  }

  flush(): boolean {
    this.written += this.pending;
    this.pending = '';
    return this.takes;
  }
}

function make(given: Partial<Omit<ResponderContext, 'outlet'>> = {}): {
  paper: Paper;
  responder: Http1Responder;
  stalls: boolean[];
  resets: number[];
} {
  const paper = new Paper();
  const stalls: boolean[] = [];
  const resets: number[] = [];
  const context: ResponderContext = {
    outlet: paper as unknown as Outlet,
    minor: 1,
    head: false,
    persistent: () => true,
    stalled: (waiting) => void stalls.push(waiting),
    reset: () => void resets.push(1),
    ...given,
  };
  return { paper, responder: new Http1Responder(context), stalls, resets };
}

function headOf(...lines: readonly (readonly [string, string])[]): ResponseHead {
  return { status: 200, reason: 'OK', minor: 1, fields: Fields.of(lines) };
}

const chunked: Framing = { kind: 'chunked' };

describe('Responder', () => {
  it('writes head and body together', () => {
    const { paper, responder } = make();
    responder.begin(headOf(['Content-Length', '2']), { kind: 'length', length: 2 });
    responder.content(Buffer.from('ok'));
    responder.wire(Buffer.from('ok'));
    assert.equal(paper.written, '');
    responder.end(Fields.none);
    assert.equal(paper.written, 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok');
    assert.deepEqual([responder.started, responder.finished, responder.closeAfter], [true, true, false]);
  });

  it('forwards the received head byte for byte where nothing has to be said', () => {
    const { paper, responder } = make();
    responder.begin(headOf(['X', 'y']), { kind: 'none' }, Buffer.from('HTTP/1.1 200 OK\r\nX:y\r\n\r\n'));
    responder.end(Fields.none);
    assert.equal(paper.written, 'HTTP/1.1 200 OK\r\nX:y\r\n\r\n');
  });

  it('writes the head anew where the connection closes', () => {
    const { paper, responder } = make({ persistent: () => false });
    responder.begin(headOf(['X', 'y']), { kind: 'none' }, Buffer.from('HTTP/1.1 200 OK\r\nX:y\r\n\r\n'));
    responder.end(Fields.none);
    assert.equal(paper.written, 'HTTP/1.1 200 OK\r\nX:y\r\nConnection: close\r\n\r\n'.replace('X:y', 'X: y'));
    assert.equal(responder.closeAfter, true);
  });

  it('closes after a body without an end of its own', () => {
    const { responder } = make();
    responder.begin(headOf(), { kind: 'close' });
    assert.equal(responder.closeAfter, true);
  });

  it('forwards chunks as received, and the trailers after them', () => {
    const { paper, responder } = make();
    responder.begin(headOf(['Transfer-Encoding', 'chunked']), chunked);
    responder.content(Buffer.from('abc'));
    responder.wire(Buffer.from('3;x\r\nabc\r\n'));
    responder.wire(Buffer.from('0\r\n'));
    responder.end(Fields.of([['X-Sum', '1']]));
    assert.ok(paper.written.endsWith('\r\n\r\n3;x\r\nabc\r\n0\r\nX-Sum: 1\r\n\r\n'));
  });

  it('writes content instead of chunks for HTTP/1.0', () => {
    const { paper, responder } = make({ minor: 0 });
    responder.begin(headOf(['Transfer-Encoding', 'chunked'], ['X', 'y']), chunked);
    responder.content(Buffer.from('abc'));
    responder.wire(Buffer.from('3\r\nabc\r\n'));
    responder.end(Fields.none);
    assert.equal(paper.written, 'HTTP/1.1 200 OK\r\nX: y\r\nConnection: close\r\n\r\nabc');
  });

  it('passes interim responses on, but not to HTTP/1.0 and not after the final head', () => {
    const hints = Buffer.from('HTTP/1.1 103 Early Hints\r\n\r\n');
    const { paper, responder } = make();
    responder.interim(anyHead, hints);
    assert.equal(paper.written, hints.toString());
    responder.begin(headOf(), { kind: 'none' });
    responder.interim(anyHead, hints);
    responder.end(Fields.none);
    assert.equal(paper.written.indexOf('103', 12), -1);
    const old = make({ minor: 0 });
    old.responder.interim(anyHead, hints);
    assert.equal(old.paper.written, '');
  });

  it('says when the client does not read, once, and when it does again', () => {
    const { paper, responder, stalls } = make();
    let drains = 0;
    responder.onDrain = () => (drains += 1);
    responder.begin(headOf(), { kind: 'close' });
    paper.takes = false;
    responder.flush();
    responder.wire(Buffer.from('x'));
    responder.flush();
    assert.deepEqual([stalls, responder.needsDrain], [[true], true]);
    responder.drained();
    responder.drained();
    assert.deepEqual([stalls, responder.needsDrain, drains], [[true, false], false, 1]);
  });

  it('breaks off once, and never after a clean end', () => {
    const broken = make();
    broken.responder.begin(headOf(), { kind: 'close' });
    broken.responder.abort();
    broken.responder.abort();
    assert.deepEqual([broken.resets.length, broken.responder.closeAfter], [1, true]);
    const ended = make();
    ended.responder.begin(headOf(), { kind: 'none' });
    ended.responder.end(Fields.none);
    ended.responder.abort();
    assert.equal(ended.resets.length, 0);
  });
});
