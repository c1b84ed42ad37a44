// The floor: a relay in Node that reads nothing of what it passes on, one upstream connection for each client's.
import { connect, createServer } from 'node:net';

const [port, to] = process.argv.slice(2).map(Number);

createServer({ noDelay: true, allowHalfOpen: true }, (client) => {
  const upstream = connect({ port: to ?? 0, host: '127.0.0.1', noDelay: true, allowHalfOpen: true });
  client.on('error', () => upstream.destroy());
  upstream.on('error', () => client.destroy());
  client.on('close', () => upstream.destroy());
  client.pipe(upstream);
  upstream.pipe(client);
}).listen({ port: port ?? 0, host: '127.0.0.1', backlog: 4096 });
