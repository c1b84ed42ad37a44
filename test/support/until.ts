// Waits for a condition that has no event of its own, by looking at it once in every turn of the event loop.

const patience = 8000;

/** Resolves as soon as `condition` holds; rejects with `what` and what `seen` says when it does not for a long time. */
export async function until(condition: () => boolean, what: string, seen?: () => unknown): Promise<void> {
  const since = performance.now();
  while (!condition()) {
    if (performance.now() - since > patience) {
      throw new Error(`${what}: never happened${seen === undefined ? '' : `; seen ${JSON.stringify(seen())}`}`);
    }
    await new Promise<void>((fulfil) => setImmediate(fulfil));
  }
}
