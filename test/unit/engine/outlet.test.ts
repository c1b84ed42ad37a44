// Gathering of what is written to a socket.
import assert from 'node:assert/strict';
import type { Socket } from 'node:net';
import { Writable } from 'node:stream';
import { Outlet } from '../../../src/engine/outlet.ts';

/** Notes every system call that a socket would make. */
class Wire extends Writable {
  readonly calls: string[] = [];

  override _write(chunk: Buffer, _encoding: string, done: () => void): void {
    this.calls.push(chunk.toString('latin1'));
    done();
  }

  override _writev(chunks: readonly { readonly chunk: Buffer }[], done: () => void): void {
    this.calls.push(Buffer.concat(chunks.map(({ chunk }) => chunk)).toString('latin1'));
    done();
  }
}

function outlet(highWaterMark = 64 * 1024): { wire: Wire; outlet: Outlet } {
  const wire = new Wire({ highWaterMark });
  return { wire, outlet: new Outlet(wire as unknown as Socket) };
}

describe('Outlet', () => {
  it('writes nothing before it is told to', () => {
    const { wire, outlet: out } = outlet();
    out.text('head');
    out.bytes(Buffer.from('body'));
    assert.deepEqual(wire.calls, []);
  });

  it('makes one write of text and small pieces, in order', () => {
    const { wire, outlet: out } = outlet();
    out.text('head\r\n');
    out.bytes(Buffer.from('one '));
    out.bytes(Buffer.from('two'));
    out.text('\r\nend');
    out.flush();
    assert.deepEqual(wire.calls, ['head\r\none two\r\nend']);
  });

  it('makes one gathering write of large pieces', () => {
    const { wire, outlet: out } = outlet();
    const large = 'x'.repeat(20_000);
    out.text('head');
    out.bytes(Buffer.from(large));
    out.bytes(Buffer.from(large));
    out.flush();
    assert.deepEqual(
      wire.calls.map(({ length }) => length),
      [40_004],
    );
  });

  it('writes text as latin1, one octet a character', () => {
    const { wire, outlet: out } = outlet();
    out.text('\xe4\xff');
    out.flush();
    assert.deepEqual(wire.calls, ['\xe4\xff']);
  });

  it('writes nothing twice', () => {
    const { wire, outlet: out } = outlet();
    out.text('once');
    out.flush();
    out.flush();
    assert.deepEqual(wire.calls, ['once']);
  });

  for (const [name, pieces] of [
    ['one piece', ['x'.repeat(2000)]],
    ['joined pieces', ['x'.repeat(1000), 'y'.repeat(1000)]],
    ['gathered pieces', ['x'.repeat(20_000), 'y'.repeat(20_000)]],
  ] as const) {
    it(`says that the socket wants a pause after ${name}, and goes on saying it`, () => {
      const { wire, outlet: out } = outlet(1000);
      // A stream that is not done with its write yet.
      wire._write = () => undefined;
      wire._writev = () => undefined;
      for (const piece of pieces) out.bytes(Buffer.from(piece));
      assert.equal(out.flush(), false);
      assert.equal(out.flush(), false);
    });
  }
});
