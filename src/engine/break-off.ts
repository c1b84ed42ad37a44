// Breaks a connection so that nobody takes it for a clean end: a reset of TCP.
import type { Socket } from 'node:net';

export function breakOff(socket: Socket): void {
  // libuv refuses a reset while a FIN is on its way (uv_tcp_close_reset), and Node would then never say `close`.
  if (socket.writableEnded) socket.destroy();
  else socket.resetAndDestroy();
}
