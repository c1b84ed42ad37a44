// A cache with a clock and an upstream that says what the test says: requests, responses and time as short calls.
import assert from 'node:assert/strict';
import { HttpCache, type Validated } from '../../../src/cache/cache.ts';
import type { Found } from '../../../src/cache/found.ts';
import type { Entry } from '../../../src/cache/entry.ts';
import type { Keeping } from '../../../src/cache/keeping.ts';
import type { CacheAnswer, CacheRequest } from '../../../src/cache/messages.ts';
import type { FindDecision, StoreDecision } from '../../../src/contract/decisions.ts';
import type { EngineSettings } from '../../../src/contract/settings.ts';
import { formatHttpDate } from '../../../src/http/date.ts';
import { Fields } from '../../../src/http/fields.ts';

export type Lines = readonly (readonly [name: string, value: string])[];

export interface Ask {
  readonly method?: string;
  readonly url?: string;
  readonly fields?: Lines;
  readonly source?: string;
}

export interface Reply {
  readonly status?: number;
  readonly fields?: Lines;
  readonly body?: string;
  /** ms that upstream took. */
  readonly delay?: number;
}

export const standard: EngineSettings['cache'] = {
  mode: 'standard',
  scope: 'shared',
  maxBytes: 1024 * 1024,
  maxEntryBytes: 64 * 1024,
  ttl: 3600,
  statusOnForwarded: false,
};

export const START = Date.UTC(2026, 0, 1, 12);

export function requestOf({
  method = 'GET',
  url = 'http://a.test/',
  fields = [],
  source = 'main',
}: Ask = {}): CacheRequest {
  return { method, url, source, fields: Fields.of([['Host', 'a.test'], ...fields]) };
}

export class World {
  readonly cache: HttpCache;
  readonly settings: EngineSettings['cache'];
  now = START;

  constructor(settings: Partial<EngineSettings['cache']> = {}) {
    this.settings = { ...standard, ...settings };
    this.cache = new HttpCache(this.settings);
  }

  /** The time as an HTTP date, some seconds from now. */
  date(seconds = 0): string {
    return formatHttpDate(this.now + seconds * 1000);
  }

  wait(seconds: number): void {
    this.now += seconds * 1000;
  }

  find(ask?: Ask): Found {
    return this.cache.find(requestOf(ask), this.now);
  }

  /** A response with a Date passes through: the decision, and the whole content stored where it says so. */
  store(reply: Reply = {}, ask?: Ask): StoreDecision {
    const keeping = this.begin(reply, ask);
    keeping.writer?.content(Buffer.from(reply.body ?? 'content'));
    return keeping.writer?.commit(Fields.none) ?? keeping.decision;
  }

  /** The head of a response with a Date passes through; its content is still to come. */
  begin(reply: Reply = {}, ask?: Ask): Keeping {
    const { status = 200, fields = [], delay = 0 } = reply;
    const hasDate = fields.some(([name]) => name.toLowerCase() === 'date');
    const all = Fields.of(hasDate ? fields : [['Date', this.date()], ...fields]);
    const times = { requestTime: this.now - delay, responseTime: this.now };
    return this.cache.keep(requestOf(ask), { status, reason: 'Reason', fields: all }, times, this.now);
  }

  /** The entry that a request gets, whether it may answer or not. */
  entry(ask?: Ask): Entry {
    const found = this.find(ask);
    assert.ok('entry' in found && found.entry !== undefined, `no entry: ${JSON.stringify(found.decision)}`);
    return found.entry;
  }

  /** The answer to a request that must be a hit or stale. */
  answer(ask?: Ask): CacheAnswer {
    const found = this.find(ask);
    assert.ok(found.kind === 'hit' || found.kind === 'stale', `no answer: ${JSON.stringify(found.decision)}`);
    return this.cache.answer(found.entry, requestOf(ask), found.decision, this.now);
  }

  /** Asks, expects a validation, and lets upstream say 304 with these fields. */
  validate(fields: Lines = [], ask?: Ask): Validated & { readonly answer: CacheAnswer } {
    const found = this.find(ask);
    assert.equal(found.kind, 'validate');
    assert.ok('entry' in found && found.entry !== undefined);
    const times = { requestTime: this.now, responseTime: this.now };
    const validated = this.cache.validated(found.entry, requestOf(ask), Fields.of(fields), times, this.now);
    assert.ok(validated !== undefined, 'the 304 is about another representation');
    return { ...validated, answer: this.cache.answer(validated.entry, requestOf(ask), found.decision, this.now) };
  }

  stale(ask?: Ask, status?: number): FindDecision | undefined {
    return this.cache.staleOnError(this.entry(ask), requestOf(ask), this.now, status);
  }
}

/** A decision as one word, for tables: `hit`, `stale:max-stale`, `miss:vary`, `stored`, `not-stored:private`. */
export function word(decision: FindDecision | StoreDecision | undefined): string {
  if (decision === undefined) return 'none';
  if ('reason' in decision) return `${decision.kind}:${decision.reason}`;
  return decision.kind === 'stale' ? `stale:${decision.allowed}` : decision.kind;
}
