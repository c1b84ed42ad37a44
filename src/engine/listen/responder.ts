// What a flow writes its response to, whatever the client speaks.
import type { Fields } from '../../http/fields.ts';
import type { Framing } from '../../http/framing.ts';
import type { ResponseHead } from '../../http/head.ts';

/** One response to a client. Heads and framing are given as in HTTP/1.1, bodies both with and without it. */
export interface Responder {
  /** Whether a byte of the final response may have been written. */
  readonly started: boolean;
  readonly finished: boolean;
  /** True while the client does not read as fast as it is written to. */
  readonly needsDrain: boolean;
  /** Set by whoever feeds the body: the client reads again. */
  onDrain: (() => void) | undefined;
  /** Passes an interim response on; `raw` as in `begin`. */
  interim(head: ResponseHead, raw?: Buffer): void;
  /**
   * Writes the head. Nothing reaches the client before `flush` or `end`, so that a small response takes one write.
   * @param raw the head as received, where its fields are unchanged: an HTTP/1 client gets it byte for byte.
   */
  begin(head: ResponseHead, framing: Framing, raw?: Buffer): void;
  /** Content octets. `wire` follows for the same bytes; each client takes one of the two. */
  content(bytes: Buffer): void;
  /** Body bytes with their framing, as received. */
  wire(bytes: Buffer): void;
  flush(): void;
  /** Ends the message cleanly. */
  end(trailers: Fields): void;
  /** Breaks off in the middle: never a clean end. */
  abort(): void;
}
