// The contract's port over the channel to the process that started this one.
import { disposable, type Disposable } from '../../base/disposable.ts';
import type { Port } from '../../contract/port.ts';

/** The channel of this process; undefined where it was not started with one. */
export function processPort(): Port | undefined {
  if (process.send === undefined) return undefined;
  return {
    send(message) {
      // Who does not listen any more gets nothing; the end is announced by onClose.
      if (process.connected) process.send?.(message, undefined, undefined, () => undefined);
    },
    onMessage(listener): Disposable {
      process.on('message', listener);
      return disposable(() => process.off('message', listener));
    },
    onClose(listener): Disposable {
      process.once('disconnect', listener);
      return disposable(() => process.off('disconnect', listener));
    },
  };
}
