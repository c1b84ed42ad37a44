// The real clock; everything below the composition root is given it.
import type { Clock } from '../base/clock.ts';

export const systemClock: Clock = {
  wall: () => Date.now(),
  monotonic: () => performance.now(),
};
