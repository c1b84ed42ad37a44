// What carries exchanges to upstream: one at a time with HTTP/1, many with HTTP/2.
import type { CloseReason } from '../../contract/decisions.ts';
import type { ConnectionSummary } from '../../contract/model.ts';
import type { UpstreamIdentity } from './identity.ts';

/** What an answer may do to where it comes from. */
export interface CarriesAnswer {
  pause(): void;
  resume(): void;
  /** Nobody wants the rest. */
  close(reason: CloseReason): void;
}

/** What the pool keeps of a connection. */
export interface Carrier {
  readonly id: number;
  identity: UpstreamIdentity;
  /** Set as soon as something happened after which no further exchange may use it. */
  spoiled: CloseReason | undefined;
  /** Ends the connection with all that runs on it; those exchanges hear nothing more. */
  close(reason: CloseReason): void;
  summary(): ConnectionSummary;
}
