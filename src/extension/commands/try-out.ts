// Sends one request through the proxy, as a client would, to show that it works.
import { connect } from 'node:net';

const target = 'http://wirelens.test/';
const request = [
  `GET ${target} HTTP/1.1`,
  'Host: wirelens.test',
  'User-Agent: Wirelens (try it)',
  'Accept: text/html',
  'Connection: close',
  '',
  '',
].join('\r\n');
/** ms until we stop to wait for the answer. */
const limit = 10_000;

/**
 * Gives the status code of the answer, or rejects. A plain socket, because the editor changes the http module to obey its
 * own proxy settings.
 */
export async function sendTryOut({ host, port }: { readonly host: string; readonly port: number }): Promise<string> {
  return new Promise((resolve, reject) => {
    const local = host === '0.0.0.0' ? '127.0.0.1' : host === '::' ? '::1' : host;
    let answer = '';
    const socket = connect({ host: local, port }, () => socket.write(request));
    socket.setTimeout(limit, () => socket.destroy(new Error(`${target}: no answer within ${limit / 1000} s`)));
    socket.setEncoding('latin1');
    socket.on('data', (piece: string) => {
      if (answer.length < 64) answer += piece;
    });
    socket.on('error', reject);
    socket.on('close', () => resolve(/^HTTP\/1\.\d (\d{3})/.exec(answer)?.[1] ?? '?'));
  });
}
