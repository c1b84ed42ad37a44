// The oracle for request parsing: what Node's own strict parser refuses, ours never accepts, nor does it read another body.
import assert from 'node:assert/strict';
import { METHODS, createServer, type IncomingMessage, type Server } from 'node:http';
import { Duplex } from 'node:stream';
import fc from 'fast-check';
import { RequestParser } from '../../src/http/parser.ts';
import { parseTarget } from '../../src/http/target.ts';
import { WireError } from '../../src/http/wire-error.ts';
import { messageBytes } from '../unit/http/arbitraries.ts';
import { roomyLimits } from '../unit/http/conversation.ts';

interface Reading {
  readonly method: string;
  readonly target: string;
  /** Names and values in turn, as received. */
  readonly fields: readonly string[];
  /** latin1 */
  readonly body: string;
}

/**
 * The differences that are allowed, each because what we accept is right by the RFC:
 * `method`: any token is a method (RFC 9110 §9.1), Node knows a list;
 * `connect`: what follows CONNECT is a tunnel, and Node tells it by another event without reading a body.
 */
function allowedDifference(reading: Reading): string | undefined {
  if (!METHODS.includes(reading.method)) return 'method';
  return reading.method === 'CONNECT' ? 'connect' : undefined;
}

/** The first request by our parser and the bytes it took, or undefined where it was refused or is not complete. */
function readByOurs(bytes: Buffer): { reading: Reading; taken: number } | undefined {
  let isComplete = false;
  let reading: Reading = { method: '', target: '', fields: [], body: '' };
  const parser = new RequestParser(roomyLimits, {
    head(head) {
      parseTarget(head.method, head.target);
      reading = { method: head.method, target: head.target, fields: head.fields.toArray().flat(), body: '' };
    },
    content(content) {
      reading = { ...reading, body: reading.body + content.toString('latin1') };
    },
    wire() {},
    end() {
      isComplete = true;
    },
  });
  try {
    const taken = parser.push(bytes);
    return isComplete ? { reading, taken } : undefined;
  } catch (error) {
    if (error instanceof WireError) return undefined;
    throw error;
  }
}

/** A connection without sockets: what is pushed is what the client sends. */
class MemoryConnection extends Duplex {
  override _read(): void {}

  override _write(_chunk: unknown, _encoding: string, done: () => void): void {
    done();
  }
}

describe('our request parser beside Node’s', () => {
  let server: Server;
  let hear: (reading: Reading | string) => void = () => {};

  before(() => {
    // Not listening: connections are handed to it. Without Expect handling, which is no matter of syntax.
    server = createServer({ insecureHTTPParser: false, requireHostHeader: true, keepAliveTimeout: 0 });
    const onRequest = (message: IncomingMessage): void => {
      let body = '';
      message.on('data', (piece: Buffer) => (body += piece.toString('latin1')));
      message.on('end', () => {
        hear({ method: message.method ?? '', target: message.url ?? '', fields: message.rawHeaders, body });
      });
      message.on('error', () => {});
    };
    server.on('request', onRequest);
    server.on('checkContinue', onRequest);
    server.on('checkExpectation', onRequest);
    server.on('clientError', (error: Error & { code?: string }, connection) => {
      hear(error.code ?? error.message);
      connection.destroy();
    });
  });

  after(() => server.close());

  function readByNode(bytes: Buffer): Promise<Reading | string> {
    return new Promise((resolve) => {
      const connection = new MemoryConnection();
      hear = (reading) => {
        resolve(reading);
        connection.destroy();
      };
      server.emit('connection', connection);
      connection.push(bytes);
      connection.push(null);
    });
  }

  /** True where there was something to compare. */
  async function compare(bytes: Buffer): Promise<boolean> {
    const ours = readByOurs(bytes);
    if (ours === undefined || allowedDifference(ours.reading) !== undefined) return false;
    const theirs = await readByNode(bytes.subarray(0, ours.taken));
    assert.deepEqual(theirs, ours.reading, JSON.stringify(bytes.toString('latin1')));
    return true;
  }

  it('agrees on generated requests with changes in them', async function () {
    this.timeout(60_000);
    let compared = 0;
    await fc.assert(
      fc.asyncProperty(messageBytes('request'), async (bytes) => {
        if (await compare(bytes)) compared += 1;
      }),
      { numRuns: 4000 },
    );
    // Else the test would say nothing.
    assert.ok(compared > 200, `only ${compared} requests were accepted`);
  });

  it('agrees where one octet of a good request is another one', async function () {
    this.timeout(60_000);
    const good = [
      'GET http://a/b?c HTTP/1.1\r\nHost: a\r\nX-Y: z\r\nConnection: keep-alive\r\n\r\n',
      'POST /b HTTP/1.1\r\nHost: a:80\r\nContent-Length: 3\r\n\r\nabc',
      'PUT /b HTTP/1.1\r\nhost: a\r\nTransfer-Encoding: chunked\r\n\r\n3;x=y;z="q"\r\nabc\r\n0\r\nT: u\r\n\r\n',
    ];
    const octets = [
      0x00, 0x09, 0x0a, 0x0b, 0x0d, 0x20, 0x22, 0x2c, 0x30, 0x31, 0x3a, 0x3b, 0x5c, 0x61, 0x7f, 0x80, 0xff,
    ];
    let compared = 0;
    for (const text of good) {
      for (let at = 0; at < text.length; at += 1) {
        for (const octet of octets) {
          const bytes = Buffer.from(text, 'latin1');
          bytes[at] = octet;
          if (await compare(bytes)) compared += 1;
        }
      }
    }
    assert.ok(compared > 500, `only ${compared} requests were accepted`);
  });

  it('would notice: Node refuses what a lenient parser accepts', async () => {
    for (const bad of ['GET / HTTP/1.1\r\nHost : a\r\n\r\n', 'GET / HTTP/1.1\nHost: a\n\n']) {
      const heard = await readByNode(Buffer.from(bad));
      assert.ok(typeof heard === 'string' && heard.startsWith('HPE_'), JSON.stringify(heard));
    }
  });
});
