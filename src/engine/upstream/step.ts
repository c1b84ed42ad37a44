// One step of opening a connection: it ends with the step's own result, an error of the socket, the time limit, or a cancellation.
import type { Socket } from 'node:net';
import type { Cancellation } from '../../base/cancellation.ts';
import type { Clock } from '../../base/clock.ts';

/** What bounds all steps of one dial together. */
export interface StepLimits {
  readonly clock: Clock;
  readonly cancellation: Cancellation;
  /** Monotonic ms until which it must be done. */
  readonly until: number;
}

interface StepParts<T> {
  readonly limits: StepLimits;
  /** Registers what leads to `done`, or to `fail` for what is no error of the socket. */
  readonly start: (done: (result: T) => void, fail: (error: Error) => void) => void;
  /** Names an error of the socket; a close without one comes as undefined. */
  readonly name: (error: Error | undefined) => Error;
  readonly late: () => Error;
}

/** Runs one step on a socket, which is destroyed where it fails. */
export async function step<T>(socket: Socket, { limits, start, name, late }: StepParts<T>): Promise<T> {
  return await new Promise<T>((fulfil, reject) => {
    const settle = (): void => {
      clearTimeout(timer);
      watching.dispose();
      socket.off('error', onError).off('close', onClose);
    };
    const fail = (error: Error): void => {
      settle();
      socket.on('error', () => undefined);
      socket.destroy();
      reject(error);
    };
    const timer = setTimeout(() => fail(late()), Math.max(1, limits.until - limits.clock.monotonic()));
    const watching = limits.cancellation.onCancel(fail);
    const onError = (error: Error): void => fail(name(error));
    const onClose = (): void => fail(name(undefined));
    socket.on('error', onError).on('close', onClose);
    start((result) => {
      settle();
      fulfil(result);
    }, fail);
  });
}

/** Waits for `work` within the limits. The work itself goes on unseen. */
export async function inTime<T>(work: Promise<T>, limits: StepLimits, late: () => Error): Promise<T> {
  return await new Promise<T>((fulfil, reject) => {
    const timer = setTimeout(() => reject(late()), Math.max(1, limits.until - limits.clock.monotonic()));
    const watching = limits.cancellation.onCancel(reject);
    void work.then(fulfil, reject).finally(() => {
      clearTimeout(timer);
      watching.dispose();
    });
  });
}

/** Gives what comes on a paused or new socket to `take` until that says how many bytes of a piece were its own. */
export function readUntil(socket: Socket, take: (chunk: Buffer) => number | undefined): void {
  const onData = (chunk: Buffer): void => {
    const consumed = take(chunk);
    if (consumed === undefined) return;
    socket.off('data', onData);
    socket.pause();
    if (consumed < chunk.length) socket.unshift(chunk.subarray(consumed));
  };
  socket.on('data', onData);
  socket.resume();
}
