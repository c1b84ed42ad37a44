// Random traffic through the cache, judged by an oracle that reads RFC 9111 for itself: nothing is served that it forbids.
import assert from 'node:assert/strict';
import fc from 'fast-check';
import { HttpCache } from '../../../src/cache/cache.ts';
import type { Found } from '../../../src/cache/found.ts';
import type { Entry } from '../../../src/cache/entry.ts';
import type { Keeping } from '../../../src/cache/keeping.ts';
import type { CacheRequest } from '../../../src/cache/messages.ts';
import type { ExchangeTimes } from '../../../src/cache/policy.ts';
import { formatHttpDate } from '../../../src/http/date.ts';
import { Fields } from '../../../src/http/fields.ts';
import { START, standard } from './world.ts';

const TTL = 50;

/** What a response says of its caching, before it becomes header lines. */
interface Says {
  readonly noStore: boolean;
  readonly noCache: boolean;
  readonly private: boolean;
  readonly public: boolean;
  readonly revalidate: 'must-revalidate' | 'proxy-revalidate' | undefined;
  readonly maxAge: number | undefined;
  readonly sharedMaxAge: number | undefined;
  readonly expiresIn: number | undefined;
  readonly age: number;
  readonly vary: boolean;
  readonly cookie: boolean;
  readonly etag: boolean;
  readonly staleIfError: number | undefined;
  readonly staleWhileRevalidate: number | undefined;
}

interface Asks {
  readonly method: 'GET' | 'HEAD' | 'POST';
  readonly path: string;
  readonly foo: string | undefined;
  readonly source: string;
  readonly authorization: boolean;
  readonly noCache: boolean;
  readonly noStore: boolean;
  readonly onlyIfCached: boolean;
  readonly maxAge: number | undefined;
  readonly minFresh: number | undefined;
  readonly maxStale: number | true | undefined;
}

type Step =
  | { readonly do: 'wait'; readonly seconds: number }
  | {
      readonly do: 'ask';
      readonly asks: Asks;
      readonly says: Says;
      readonly status: number;
      readonly end: 'complete' | 'broken' | 'lost';
      readonly delay: number;
    };

type Asking = Extract<Step, { readonly do: 'ask' }>;

/** A response that upstream sent, as the oracle remembers it. Its content is its number. */
interface Sent {
  readonly number: number;
  readonly asks: Asks;
  readonly status: number;
  readonly complete: boolean;
  says: Says;
  /** ms since 1970 and seconds: when it or its last validation arrived, and how old it was then. */
  arrived: number;
  initialAge: number;
  /** Counts what arrived, responses and validations alike. */
  order: number;
  invalidated: boolean;
  /** Whether a request with credentials caused or validated it. */
  authorized: boolean;
  /** A later response to such a request has taken its place, or taken it out of the store. */
  superseded: boolean;
}

/** Directives in any order and any case, on one line or several, as servers write them. */
function lines(directives: readonly string[], seed: number): [string, string][] {
  if (directives.length === 0) return [];
  const written = directives.map((one, at) => ((seed + at) % 3 === 0 ? one.toUpperCase() : one));
  if (seed % 2 === 0) return written.map((one) => ['cache-control', one]);
  return [['Cache-Control', written.join(seed % 5 === 0 ? ' , ' : ',')]];
}

function argument(name: string, value: number | true | undefined): string[] {
  return value === undefined ? [] : [value === true ? name : `${name}=${value}`];
}

function flags(...named: readonly (readonly [name: string, said: boolean])[]): string[] {
  return named.filter(([, said]) => said).map(([name]) => name);
}

function line(name: string, value: string | undefined): [string, string][] {
  return value === undefined ? [] : [[name, value]];
}

function responseLines(says: Says, now: number, number: number): [string, string][] {
  const directives = [
    ...flags(
      ['no-store', says.noStore],
      ['no-cache', says.noCache],
      ['private', says.private],
      ['public', says.public],
    ),
    ...(says.revalidate === undefined ? [] : [says.revalidate]),
    ...argument('max-age', says.maxAge),
    ...argument('s-maxage', says.sharedMaxAge),
    ...argument('stale-if-error', says.staleIfError),
    ...argument('stale-while-revalidate', says.staleWhileRevalidate),
  ];
  return [
    ['Date', formatHttpDate(now)],
    ...lines(directives, number),
    ...line('Expires', says.expiresIn === undefined ? undefined : formatHttpDate(now + says.expiresIn * 1000)),
    ...line('Age', says.age === 0 ? undefined : String(says.age)),
    ...line('Vary', says.vary ? 'Foo' : undefined),
    ...line('Set-Cookie', says.cookie ? 'a=b' : undefined),
    ...line('ETag', says.etag ? `"${number}"` : undefined),
  ];
}

function requestFrom(asks: Asks, number: number): CacheRequest {
  const directives = [
    ...flags(['no-cache', asks.noCache], ['no-store', asks.noStore], ['only-if-cached', asks.onlyIfCached]),
    ...argument('max-age', asks.maxAge),
    ...argument('min-fresh', asks.minFresh),
    ...argument('max-stale', asks.maxStale),
  ];
  const fields: [string, string][] = [['Host', 'a.test'], ...lines(directives, number)];
  if (asks.foo !== undefined) fields.push(['foo', asks.foo]);
  if (asks.authorization) fields.push(['Authorization', 'Basic eA==']);
  return { method: asks.method, url: `http://a.test${asks.path}`, source: asks.source, fields: Fields.of(fields) };
}

/** RFC 9111 §4.2.1, with the expiry of a response that says nothing taken as 0. */
function lifetimeOf(says: Says): number {
  return says.sharedMaxAge ?? says.maxAge ?? Math.max(0, says.expiresIn ?? 0);
}

function ageOf(sent: Sent, now: number): number {
  return sent.initialAge + (now - sent.arrived) / 1000;
}

/** Why a shared cache must not have stored this response (RFC 9111 §3), or the source rule of the project. */
function mustNotStore({ asks, says, complete, invalidated, authorized }: Sent): string | undefined {
  if (!complete) return 'incomplete (§3.3)';
  if (invalidated) return 'invalidated (§4.4)';
  if (asks.method !== 'GET') return 'method (§3)';
  if (asks.noStore) return 'no-store in its request (§5.2.1.5)';
  if (says.noStore) return 'no-store (§5.2.2.5)';
  if (says.private) return 'private (§5.2.2.7)';
  const allowed = says.public || says.sharedMaxAge !== undefined || says.revalidate === 'must-revalidate';
  return authorized && !allowed ? 'Authorization (§3.5)' : undefined;
}

/** Why it is not a response to this request (RFC 9111 §4, §4.1). */
function isForAnother({ asks, says }: Sent, request: Asks): string | undefined {
  if (request.method === 'POST') return 'method (§4)';
  if (request.path !== asks.path) return 'URL (§4)';
  if (says.vary && request.foo !== asks.foo) return 'Vary (§4.1)';
  return says.cookie && !says.public && request.source !== asks.source ? 'cookie of another source' : undefined;
}

/** The directives that speak against any reuse without validation, by their clause. */
function refusedByWords({ says }: Sent, request: Asks, age: number, staleFor: number): string | undefined {
  if (says.noCache) return 'no-cache (§5.2.2.4)';
  if (request.noCache) return 'no-cache in the request (§5.2.1.4)';
  if (request.maxAge !== undefined && age > request.maxAge) return 'max-age in the request (§5.2.1.1)';
  return request.minFresh !== undefined && -staleFor < request.minFresh ? 'min-fresh (§5.2.1.3)' : undefined;
}

/** Why a stale response must not be used (RFC 9111 §4.2.4); `failed` where upstream could not be asked. */
function refusedAsStale({ says }: Sent, request: Asks, staleFor: number, failed: boolean): string | undefined {
  if (says.revalidate !== undefined || says.sharedMaxAge !== undefined) return 'must-revalidate (§5.2.2.2)';
  if (failed) return staleFor > (says.staleIfError ?? staleFor) ? 'stale-if-error (RFC 5861 §4)' : undefined;
  if (staleFor <= (says.staleWhileRevalidate ?? -1)) return undefined;
  if (request.maxStale === undefined) return 'stale (§4.2.4)';
  return request.maxStale !== true && staleFor > request.maxStale ? 'max-stale (§5.2.1.2)' : undefined;
}

/** Why it must be validated first (RFC 9111 §4.2.4, §5.2). */
function mustNotReuse(sent: Sent, request: Asks, now: number, failed: boolean): string | undefined {
  const age = ageOf(sent, now);
  const staleFor = age - lifetimeOf(sent.says);
  const refused = refusedByWords(sent, request, age, staleFor);
  if (refused !== undefined) return refused;
  if ((now - sent.arrived) / 1000 >= TTL) return 'cache.ttl';
  return staleFor < 0 ? undefined : refusedAsStale(sent, request, staleFor, failed);
}

function deliver({ writer }: Keeping, content: string, complete: boolean): void {
  writer?.content(Buffer.from(content));
  if (complete) writer?.commit(Fields.none);
  else writer?.abandon('broken-off');
}

/** A proxy around the cache whose every answer is put before the oracle. */
class Run {
  readonly cache = new HttpCache({ ...standard, ttl: TTL, maxBytes: 40_000, maxEntryBytes: 10_000 });
  readonly sent: Sent[] = [];
  now = START;
  arrivals = 0;
  served = 0;
  refreshed = 0;

  step(step: Step): void {
    if (step.do === 'wait') this.now += step.seconds * 1000;
    else this.ask(step);
    const { bytes, maxBytes } = this.cache.snapshot(1, this.now);
    assert.ok(bytes <= maxBytes);
  }

  ask(step: Asking): void {
    const { asks } = step;
    const request = requestFrom(asks, this.sent.length);
    const found = this.cache.find(request, this.now);
    switch (found.kind) {
      case 'unsatisfiable':
        assert.ok(asks.onlyIfCached);
        return;
      case 'hit':
      case 'stale': {
        this.judge(found.entry, asks, false);
        const answer = this.cache.answer(found.entry, request, found.decision, this.now);
        assert.equal(answer.fields.get('age'), String(Math.floor(ageOf(this.behind(found.entry), this.now))));
        return;
      }
      default:
        assert.ok(!asks.onlyIfCached || asks.method === 'POST');
        this.forward(request, step, found);
    }
  }

  forward(request: CacheRequest, step: Asking, found: Found): void {
    const times = { requestTime: this.now, responseTime: this.now + step.delay * 1000 };
    this.now = times.responseTime;
    const entry = 'entry' in found ? found.entry : undefined;
    if (step.end === 'lost') {
      const decision = entry && this.cache.staleOnError(entry, request, this.now);
      if (entry !== undefined && decision !== undefined) this.judge(entry, step.asks, true);
    } else if (entry !== undefined && found.kind === 'validate' && step.status === 200 && step.says.etag) {
      this.validate(entry, request, step, times);
    } else this.receive(request, step, times);
  }

  /** Upstream says 304, with directives of its own. */
  validate(entry: Entry, request: CacheRequest, step: Asking, times: ExchangeTimes): void {
    const sent = this.behind(entry);
    const { age, maxAge, noStore } = step.says;
    const directives = [
      ...argument('max-age', maxAge),
      ...(noStore ? ['no-store'] : []),
      ...(sent.says.public ? ['public'] : []),
    ];
    const fields: [string, string][] = [['Date', formatHttpDate(this.now)], ...lines(directives, this.sent.length)];
    if (age > 0) fields.push(['Age', String(age)]);
    const validated = this.cache.validated(entry, request, Fields.of(fields), times, this.now);
    assert.ok(validated !== undefined);
    const { entry: answering, decision } = validated;
    assert.equal(answering.body.toString(), String(sent.number));
    if (decision.kind === 'updated') {
      this.refreshed++;
      sent.arrived = this.now;
      sent.initialAge = age + step.delay;
      sent.order = ++this.arrivals;
      if (directives.length > 0) {
        const none = {
          noStore: false,
          noCache: false,
          private: false,
          revalidate: undefined,
          sharedMaxAge: undefined,
          staleIfError: undefined,
          staleWhileRevalidate: undefined,
        };
        sent.says = { ...sent.says, ...none, maxAge, noStore };
      }
      // The Expires that stays was counted from the old Date; with the new one it has come nearer.
      if (sent.says.expiresIn !== undefined) {
        const expires = Date.parse(answering.fields.get('expires')!);
        sent.says = { ...sent.says, expiresIn: (expires - Date.parse(answering.fields.get('date')!)) / 1000 };
      }
      sent.authorized ||= step.asks.authorization;
    } else {
      this.supersede(step.asks);
      if (noStore && !step.asks.noStore) sent.invalidated = true;
    }
  }

  receive(request: CacheRequest, step: Asking, times: ExchangeTimes): void {
    const number = this.sent.length;
    const fields = Fields.of(responseLines(step.says, this.now, number));
    // An error says nothing of what is stored; what a HEAD updates is tested with the refreshing.
    const status = request.method === 'HEAD' ? 503 : step.status;
    const keeping = this.cache.keep(request, { status, reason: '', fields }, times, this.now);
    const complete = step.end === 'complete';
    const sent: Sent = {
      number,
      asks: step.asks,
      status,
      complete,
      says: step.says,
      arrived: this.now,
      initialAge: step.says.age + step.delay,
      order: ++this.arrivals,
      invalidated: false,
      authorized: step.asks.authorization,
      superseded: false,
    };
    deliver(keeping, String(number), complete);
    const stored = keeping.decision.kind === 'stored';
    if (stored) assert.equal(mustNotStore(sent), undefined);
    if (stored || status === 200) this.supersede(step.asks);
    this.sent.push(sent);
    this.cache.invalidate(request.method, request.url, status, fields);
    if (step.asks.method === 'POST' && status < 400) {
      for (const one of this.sent) if (one.asks.path === step.asks.path) one.invalidated = true;
    }
  }

  /** What came for such a request before counts no longer: it has been replaced or forgotten. */
  supersede(asks: Asks): void {
    for (const one of this.sent) if (isForAnother(one, asks) === undefined) one.superseded = true;
  }

  /** The response of upstream that an entry was made from. */
  behind(entry: Entry): Sent {
    const sent = this.sent[Number(entry.body.toString())];
    assert.ok(sent !== undefined);
    return sent;
  }

  judge(entry: Entry, asks: Asks, failed: boolean): void {
    const sent = this.behind(entry);
    this.served++;
    assert.equal(
      mustNotStore(sent) ?? isForAnother(sent, asks) ?? mustNotReuse(sent, asks, this.now, failed),
      undefined,
    );
    // RFC 9111 §4: of several suitable responses the most recent one. Those upstream sent later would all have suited.
    const newer = this.sent.find(
      (one) =>
        one.order > sent.order &&
        one.status === 200 &&
        !one.superseded &&
        (mustNotStore(one) ?? isForAnother(one, asks)) === undefined &&
        (lifetimeOf(one.says) > one.initialAge || one.says.etag) &&
        (!one.says.noCache || one.says.etag) &&
        [one.says.maxAge, one.says.sharedMaxAge, one.says.expiresIn].some((value) => value !== undefined),
    );
    assert.equal(newer, undefined, `served ${sent.number}, but ${newer?.number} is newer`);
  }
}

function sometimes<T>(arbitrary: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> {
  return fc.option(arbitrary, { nil: undefined, freq: 2 });
}

const rarely = fc.integer({ min: 0, max: 7 }).map((value) => value === 0);
const often = fc.integer({ min: 0, max: 3 }).map((value) => value > 0);
const seconds = fc.constantFrom(0, 1, 2, 5, 10, 20, 60, 1000);

const says: fc.Arbitrary<Says> = fc.record({
  noStore: rarely,
  noCache: rarely,
  private: rarely,
  public: rarely,
  revalidate: fc.constantFrom(
    undefined,
    undefined,
    undefined,
    undefined,
    'must-revalidate' as const,
    'proxy-revalidate' as const,
  ),
  maxAge: fc.option(seconds, { nil: undefined, freq: 4 }),
  sharedMaxAge: fc.option(seconds, { nil: undefined, freq: 1 }).map((value) => (value === 0 ? undefined : value)),
  expiresIn: sometimes(fc.constantFrom(-5, 0, 5, 20)),
  age: fc.constantFrom(0, 0, 0, 3, 30),
  vary: rarely,
  cookie: rarely,
  etag: often,
  staleIfError: fc.option(seconds, { nil: undefined, freq: 1 }),
  staleWhileRevalidate: fc.option(seconds, { nil: undefined, freq: 1 }),
});

const asks: fc.Arbitrary<Asks> = fc.record({
  method: fc.constantFrom('GET', 'GET', 'GET', 'GET', 'GET', 'GET', 'HEAD', 'POST'),
  path: fc.constantFrom('/1', '/1', '/2'),
  foo: fc.constantFrom(undefined, undefined, '1', '2'),
  source: fc.constantFrom('one', 'one', 'two'),
  authorization: rarely,
  noCache: rarely,
  noStore: rarely,
  onlyIfCached: rarely,
  maxAge: fc.oneof({ weight: 5, arbitrary: fc.constant(undefined) }, { weight: 1, arbitrary: seconds }),
  minFresh: fc.oneof({ weight: 5, arbitrary: fc.constant(undefined) }, { weight: 1, arbitrary: seconds }),
  maxStale: fc.oneof(
    { weight: 5, arbitrary: fc.constant(undefined) },
    { weight: 1, arbitrary: seconds },
    { weight: 1, arbitrary: fc.constant(true as const) },
  ),
});

const steps: fc.Arbitrary<readonly Step[]> = fc.array(
  fc.oneof(
    {
      weight: 1,
      arbitrary: fc.record({ do: fc.constant('wait' as const), seconds: fc.constantFrom(1, 1, 2, 5, 10, 30) }),
    },
    {
      weight: 3,
      arbitrary: fc.record({
        do: fc.constant('ask' as const),
        asks,
        says,
        status: fc.constantFrom(200, 200, 200, 200, 200, 503),
        end: fc.constantFrom(
          'complete' as const,
          'complete' as const,
          'complete' as const,
          'complete' as const,
          'broken' as const,
          'lost' as const,
        ),
        delay: fc.constantFrom(0, 0, 0, 1),
      }),
    },
  ),
  { minLength: 10, maxLength: 60, size: 'max' },
);

describe('HttpCache under random traffic', () => {
  it('serves nothing that RFC 9111 forbids, with the right Age, within its budget', () => {
    let served = 0;
    let refreshed = 0;
    fc.assert(
      fc.property(steps, (all) => {
        const run = new Run();
        for (const step of all) run.step(step);
        served += run.served;
        refreshed += run.refreshed;
      }),
      { numRuns: 300 },
    );
    // It would be easy to serve nothing at all.
    assert.ok(served > 500 && refreshed > 100, `${served} served, ${refreshed} refreshed`);
  });

  it('serves every plain response while it is fresh', () => {
    const plain = fc.record({
      maxAge: fc.integer({ min: 1, max: TTL }),
      age: fc.integer({ min: 0, max: 20 }),
      wait: fc.integer({ min: 0, max: 70 }),
    });
    fc.assert(
      fc.property(plain, ({ maxAge, age, wait }) => {
        const cache = new HttpCache({ ...standard, ttl: TTL });
        const request: CacheRequest = { method: 'GET', url: 'http://a.test/', source: 'one', fields: Fields.none };
        const fields = Fields.of([
          ['Cache-Control', `max-age=${maxAge}`],
          ['Age', String(age)],
        ]);
        const times = { requestTime: START, responseTime: START };
        const { writer } = cache.keep(request, { status: 200, reason: 'OK', fields }, times, START);
        writer?.commit(Fields.none);
        const fresh = age + wait < maxAge;
        assert.equal(cache.find(request, START + wait * 1000).kind, fresh ? 'hit' : 'miss');
      }),
    );
  });
});
