// Breaks a connection so that nobody takes it for a clean end: a reset of TCP, under however many layers of TLS.
import type { Socket } from 'node:net';

/** What each TLS socket of ours runs on. */
const carriers = new WeakMap<Socket, Socket>();

/** Notes that `secured` runs on `socket`. */
export function runsOn(secured: Socket, socket: Socket): void {
  carriers.set(secured, socket);
}

export function breakOff(socket: Socket): void {
  let lowest = socket;
  for (let below = carriers.get(lowest); below !== undefined; below = carriers.get(lowest)) lowest = below;
  // libuv refuses a reset while a FIN is on its way (uv_tcp_close_reset), and Node would then never say `close`.
  if (!lowest.writableEnded) lowest.resetAndDestroy();
  else lowest.destroy();
  socket.destroy();
}
