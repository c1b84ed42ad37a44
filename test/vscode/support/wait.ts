// Waiting for something to become true, with a limit.

/** Asks `condition` every 100 ms until it holds. Answers false when it did not within `limit` ms. */
export async function becomesTrue(condition: () => boolean | Promise<boolean>, limit: number): Promise<boolean> {
  const end = performance.now() + limit;
  while (!(await condition())) {
    if (performance.now() > end) return false;
    await new Promise((resolve) => {
      setTimeout(resolve, 100);
    });
  }
  return true;
}
