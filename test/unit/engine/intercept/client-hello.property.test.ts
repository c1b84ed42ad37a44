// The ClientHello of a real client, cut into pieces and records in every way: the same reading, and never a throw.
import assert from 'node:assert/strict';
import { createServer, type AddressInfo } from 'node:net';
import { connect } from 'node:tls';
import fc from 'fast-check';
import { readClientHello } from '../../../../src/engine/intercept/client-hello.ts';

/** What Node's own TLS client sends first. */
async function realHello(servername: string | undefined, protocols: string[]): Promise<Buffer> {
  const server = createServer();
  await new Promise<void>((fulfil) => server.listen(0, '127.0.0.1', fulfil));
  const { port } = server.address() as AddressInfo;
  const arrived = new Promise<Buffer>((fulfil) => {
    server.once('connection', (socket) => {
      socket.once('data', (chunk) => {
        socket.destroy();
        fulfil(chunk);
      });
    });
  });
  const client = connect({
    host: '127.0.0.1',
    port,
    ...(servername === undefined ? {} : { servername }),
    ...(protocols.length === 0 ? {} : { ALPNProtocols: protocols }),
  });
  client.on('error', () => undefined);
  const bytes = await arrived;
  client.destroy();
  server.close();
  return bytes;
}

/** The same message in records that are cut elsewhere (RFC 8446 §5.1). */
function inRecords(hello: Buffer, sizes: readonly number[]): Buffer {
  const content = hello.subarray(5);
  const records: Buffer[] = [];
  let at = 0;
  for (let index = 0; at < content.length; index += 1) {
    const part = content.subarray(at, at + (sizes[index % sizes.length] ?? 1));
    records.push(Buffer.from([0x16, 3, 1, part.length >> 8, part.length & 0xff]), part);
    at += part.length;
  }
  return Buffer.concat(records);
}

describe('the reader of a ClientHello', () => {
  let hello: Buffer;
  const wanted = { kind: 'hello', hello: { serverName: 'api.example.test', protocols: ['h2', 'http/1.1'] } };

  before(async () => {
    hello = await realHello('API.example.test', ['h2', 'http/1.1']);
  });

  it('finds name and protocols', () => assert.deepEqual(readClientHello(hello), wanted));

  it('finds none where none was sent', async () => {
    assert.deepEqual(readClientHello(await realHello(undefined, [])), { kind: 'hello', hello: { protocols: [] } });
  });

  it('asks for more until the last byte, whatever the records', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 1, max: 400 }), { minLength: 1, maxLength: 6 }),
        fc.nat(),
        (sizes, cut) => {
          const bytes = inRecords(hello, sizes);
          assert.deepEqual(readClientHello(bytes), wanted);
          assert.deepEqual(readClientHello(bytes.subarray(0, cut % bytes.length)), { kind: 'more' });
        },
      ),
      { numRuns: 200 },
    );
  });

  it('does not mind what comes behind it', () => {
    assert.deepEqual(readClientHello(Buffer.concat([hello, Buffer.from([0x14, 3, 3, 0, 1, 1])])), wanted);
  });

  it('never throws, and never finds a name in a message that says it is another', () => {
    fc.assert(
      fc.property(fc.nat(), fc.integer({ min: 0, max: 255 }), (at, value) => {
        const changed = Buffer.from(hello);
        changed[at % changed.length] = value;
        const reading = readClientHello(changed);
        if (changed[0] !== 0x16 || changed[5] !== 1) assert.equal(reading.kind, 'other');
      }),
      { numRuns: 500 },
    );
    fc.assert(fc.property(fc.uint8Array({ maxLength: 600 }), (bytes) => void readClientHello(Buffer.from(bytes))));
  });

  it('refuses one beyond all measure at once', () => {
    const endless = Buffer.from([0x16, 3, 1, 0x40, 0, 1, 0xff, 0xff, 0xff]);
    assert.deepEqual(readClientHello(endless), { kind: 'other' });
  });
});
