// The request that *Try it* sends: a proxy request on a plain socket, and its status.
import assert from 'node:assert/strict';
import { createServer, type AddressInfo } from 'node:net';
import { sendTryOut } from '../../../../src/extension/commands/try-out.ts';

describe('sendTryOut', () => {
  async function served(answer: string): Promise<{ status: string; asked: string }> {
    let asked = '';
    const server = createServer((socket) => {
      socket.on('data', (piece) => {
        asked += piece.toString();
        if (asked.endsWith('\r\n\r\n')) socket.end(answer);
      });
    });
    await new Promise<void>((resolve) => {
      server.listen(0, '127.0.0.1', resolve);
    });
    try {
      return { status: await sendTryOut({ host: '127.0.0.1', port: (server.address() as AddressInfo).port }), asked };
    } finally {
      server.close();
    }
  }

  it('asks for the page that proves it, and gives the status', async () => {
    const { status, asked } = await served('HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n');
    assert.equal(status, '200');
    assert.match(asked, /^GET http:\/\/wirelens\.test\/ HTTP\/1\.1\r\nHost: wirelens\.test\r\n/);
  });

  it('rejects where nobody listens', async () => {
    const server = createServer();
    await new Promise<void>((resolve) => {
      server.listen(0, '127.0.0.1', resolve);
    });
    const { port } = server.address() as AddressInfo;
    await new Promise((resolve) => {
      server.close(resolve);
    });
    await assert.rejects(sendTryOut({ host: '127.0.0.1', port }), /ECONNREFUSED/);
  });
});
