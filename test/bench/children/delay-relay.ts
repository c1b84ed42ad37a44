// A relay that adds latency: half of it in either direction, and all of it to the connecting.
import { connect, createServer, type Socket } from 'node:net';

const [port, to, latency = 0] = process.argv.slice(2).map(Number);

/**
 * Passes on what `from` sends, `delay` ms later and not before `opens` (by performance.now). The order stays, since
 * nothing goes out before what came earlier.
 */
function passOn(from: Socket, target: Socket, delay: number, opens: number): void {
  const later = (work: () => void): void => {
    setTimeout(work, Math.max(0, Math.max(opens, performance.now()) + delay - performance.now()));
  };
  from.on('data', (piece: Buffer) => later(() => target.writable && target.write(piece)));
  from.on('end', () => later(() => target.end()));
  from.on('error', () => later(() => target.destroy()));
  from.on('close', () => later(() => target.end()));
}

createServer({ noDelay: true, allowHalfOpen: true }, (client) => {
  // The kernel has accepted already: what the client sends waits for as long as the handshake would have taken.
  const opens = performance.now() + latency;
  const upstream = connect({ port: to ?? 0, host: '127.0.0.1', noDelay: true, allowHalfOpen: true });
  passOn(client, upstream, latency / 2, opens);
  passOn(upstream, client, latency / 2, 0);
}).listen({ port: port ?? 0, host: '127.0.0.1', backlog: 4096 });
