// What may look at the bytes of a pipe.

/** Sees what crosses a pipe, after it was handed on. The bytes may still be on their way out: it must not change them. */
export interface PipeObserver {
  /** Bytes of the client. */
  sent(bytes: Buffer): void;
  /** Bytes of upstream. */
  received(bytes: Buffer): void;
}
