// The origin where nginx is not installed: answers GET with files of a folder, plain and by TLS, and counts requests.
import { createReadStream, readFileSync, statSync } from 'node:fs';
import { createServer as createPlainServer, type Socket } from 'node:net';
import path from 'node:path';
import { createServer as createTlsServer } from 'node:tls';

const [folder = '', plainPort, tlsPort, cert = '', key = ''] = process.argv.slice(2);

/** Bodies up to this size are answered from memory, in one write. */
const small = 2 * 1024 * 1024;

interface Answer {
  /** The head, with the body where that is small. */
  readonly first: Buffer;
  /** Where the rest is. */
  readonly file?: string;
}

const answers = new Map<string, Answer>();
let requests = 0;

function answerFor(target: string): Answer {
  const known = answers.get(target);
  if (known !== undefined) return known;
  const pathname = /^https?:\/\/[^/]+(\/.*)$/.exec(target)?.[1] ?? target;
  const cached = pathname.startsWith('/cached/');
  const file = path.join(folder, path.basename(pathname));
  const { size } = statSync(file);
  const head = Buffer.from(
    `HTTP/1.1 200 OK\r\nServer: origin\r\nDate: ${new Date().toUTCString()}\r\nContent-Type: application/octet-stream\r\n` +
      `Content-Length: ${size}\r\nCache-Control: ${cached ? 'public, max-age=3600' : 'no-store'}\r\n\r\n`,
  );
  const answer = size <= small ? { first: Buffer.concat([head, readFileSync(file)]) } : { first: head, file };
  answers.set(target, answer);
  return answer;
}

/** Requests come one after the other: the next one only when the answer is complete. */
function serve(socket: Socket): void {
  let text = '';
  socket.setNoDelay(true);
  socket.on('error', () => undefined);
  socket.on('data', (piece: Buffer) => {
    text += piece.toString('latin1');
    const end = text.indexOf('\r\n\r\n');
    if (end < 0) return;
    const head = text.slice(0, end + 2);
    text = text.slice(end + 4);
    requests += 1;
    const close = /\r\nconnection:[ \t]*close\r\n/i.test(head);
    const answer = answerFor(head.split(' ', 2)[1] ?? '/');
    socket.write(answer.first);
    if (answer.file === undefined) {
      if (close) socket.end();
      return;
    }
    const stream = createReadStream(answer.file, { highWaterMark: 256 * 1024 });
    stream.pipe(socket, { end: close });
    socket.once('close', () => stream.destroy());
  });
}

createPlainServer(serve).listen({ port: Number(plainPort), host: '127.0.0.1', backlog: 4096 });
createTlsServer({ cert: readFileSync(cert), key: readFileSync(key) }, serve).listen({
  port: Number(tlsPort),
  host: '127.0.0.1',
  backlog: 4096,
});
process.on('message', () => process.send?.(requests));
process.once('disconnect', () => process.exit());
