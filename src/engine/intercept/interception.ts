// Who is intercepted: the setting, what is wired, the patterns, and the clients that did not take our certificate.
import type { Clock } from '../../base/clock.ts';
import type { InterceptDecision } from '../../contract/decisions.ts';
import type { EngineSettings } from '../../contract/settings.ts';
import { formatAuthority } from '../../http/target.ts';
import { Selection } from '../../rules/selection.ts';
import type { Authority } from './authority.ts';

/** ms for which a client's rejection counts. */
const REMEMBERED_FOR = 10 * 60 * 1000;
const REMEMBERED = 1000;

/** A client and whom it wanted to reach. */
export interface Asked {
  readonly host: string;
  readonly port: number;
  /** `address:port` of the client. */
  readonly client: string;
}

/** The protocols that we speak with clients inside TLS, the best first. */
export const OFFERED_PROTOCOLS: readonly string[] = ['h2', 'http/1.1'];

/** The same at a proxy port: a tunnel on a stream of HTTP/2 is not opened, so HTTP/1 shows more. */
export const PROXY_PROTOCOLS: readonly string[] = ['http/1.1', 'h2'];

/** Whether one of a client's protocols (ALPN) is ours; one that offers none speaks HTTP/1. */
export function speaksOurs(protocols: readonly string[]): boolean {
  return protocols.length === 0 || protocols.some((one) => OFFERED_PROTOCOLS.includes(one));
}

export class Interception {
  readonly #authority: Authority;
  readonly #clock: Clock;
  readonly #report: (error: Error) => void;
  readonly #rejections = new Map<string, number>();
  #settings: EngineSettings['https'];
  #selection: Selection;

  constructor(
    settings: EngineSettings['https'],
    parts: { readonly authority: Authority; readonly clock: Clock; report(error: Error): void },
  ) {
    this.#settings = settings;
    this.#selection = new Selection(settings.include, settings.exclude);
    this.#authority = parts.authority;
    this.#clock = parts.clock;
    this.#report = (error) => parts.report(error);
  }

  configure(settings: EngineSettings['https']): void {
    this.#settings = settings;
    this.#selection = new Selection(settings.include, settings.exclude);
    if (!settings.bypassAfterRejection) this.#rejections.clear();
  }

  /** Decides before anything is known of what is inside. */
  decide(asked: Asked): InterceptDecision {
    const { intercept, exclude } = this.#settings;
    if (intercept === 'off') return { kind: 'tunnel', reason: 'off' };
    const target = formatAuthority(asked.host, asked.port, undefined);
    if (!this.#selection.has(target)) {
      const excluded = new Selection(exclude, []).has(target) && exclude.length > 0;
      return { kind: 'tunnel', reason: excluded ? 'excluded' : 'not-included' };
    }
    if (this.#wasRejected(asked)) return { kind: 'tunnel', reason: 'rejected-before' };
    try {
      if (intercept === 'wired' && !this.#authority.exported) return { kind: 'tunnel', reason: 'not-wired' };
      // Makes it now, where that can still be decided otherwise.
      this.#authority.ensure();
      return opened(intercept);
    } catch (error) {
      this.#report(error instanceof Error ? error : new Error(String(error)));
      return { kind: 'tunnel', reason: 'no-authority' };
    }
  }

  /** A client did not take our certificate. */
  rejected(asked: Asked): void {
    if (!this.#settings.bypassAfterRejection) return;
    const key = keyOf(asked);
    this.#rejections.delete(key);
    this.#rejections.set(key, this.#clock.monotonic() + REMEMBERED_FOR);
    const [oldest] = this.#rejections.keys();
    if (this.#rejections.size > REMEMBERED && oldest !== undefined) this.#rejections.delete(oldest);
  }

  /** Clients may know another certificate by now. */
  forgetRejections(): void {
    this.#rejections.clear();
  }

  #wasRejected(asked: Asked): boolean {
    if (this.#rejections.size === 0) return false;
    const until = this.#rejections.get(keyOf(asked));
    if (until === undefined) return false;
    if (until > this.#clock.monotonic()) return true;
    this.#rejections.delete(keyOf(asked));
    return false;
  }
}

function opened(intercept: 'all' | 'wired'): InterceptDecision {
  return { kind: 'intercept', reason: intercept };
}

/** All connections of a client count as one: the next try comes from another port. */
function keyOf({ host, client }: Asked): string {
  return `${client.replace(/:\d+$/, '')} ${host}`;
}
