// Time as an argument: pure code and tests are given a clock instead of reading one.

export interface Clock {
  /** Milliseconds since 1970-01-01 UTC; may jump. For dates and ages. */
  wall(): number;
  /** Milliseconds since some fixed moment, with fractions; never goes back. For durations. */
  monotonic(): number;
}
