// The last branch of a switch over a closed union.

/** Does not compile when a member of the union was forgotten, and throws if a foreign value arrives at run time. */
export function assertNever(value: never): never {
  throw new Error(`Unexpected value: ${JSON.stringify(value)}`);
}
