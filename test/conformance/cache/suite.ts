// The public HTTP cache suite as data: its tests as they stand in the file, and their score.
import { readFileSync } from 'node:fs';

export const howToGetTheSuite =
  'CACHE_SUITE names no file: clone https://github.com/http-tests/cache-tests, run its export script, and set CACHE_SUITE to the JSON that it writes';

/** A field line of a test; numbers are seconds relative to now where the name is that of a date. */
export type TestField = readonly [name: string, value: string | number, checked?: boolean];

/** What is expected of a field: that it is there, its value, or how it compares. */
export type ExpectedField =
  | string
  | readonly [name: string, value: string | number]
  | readonly [name: string, relation: '=' | '>', other: string | number];

type Interim = readonly [status: number, fields?: readonly (readonly [name: string, value: string])[]];

/** One request of a test, and what the origin answers to it. */
export interface TestRequest {
  readonly request_method?: string;
  readonly request_headers?: readonly TestField[];
  readonly request_body?: string;
  readonly filename?: string;
  readonly query_arg?: string;
  readonly magic_ims?: boolean;
  readonly magic_locations?: boolean;
  readonly rfc850date?: readonly string[];
  readonly pause_after?: boolean;
  readonly setup?: boolean;
  readonly setup_tests?: readonly string[];
  readonly disconnect?: boolean;
  readonly response_pause?: number;
  readonly response_status?: readonly [code: number, phrase: string];
  readonly response_headers?: readonly TestField[];
  readonly response_body?: string;
  readonly interim_responses?: readonly Interim[];
  readonly expected_type?: 'cached' | 'not_cached' | 'etag_validated' | 'lm_validated';
  readonly expected_status?: number | null;
  readonly expected_method?: string;
  readonly expected_request_headers?: readonly (string | readonly [name: string, value: string])[];
  readonly expected_request_headers_missing?: readonly (string | readonly [name: string, value: string])[];
  readonly expected_response_headers?: readonly ExpectedField[];
  readonly expected_response_headers_missing?: readonly (string | readonly [name: string, value: string])[];
  readonly expected_interim_responses?: readonly Interim[];
  readonly expected_response_text?: string | null;
  readonly check_body?: boolean;
}

export type Kind = 'required' | 'optimal' | 'check';

export interface SuiteTest {
  readonly id: string;
  readonly name: string;
  readonly kind?: Kind;
  readonly depends_on?: readonly string[];
  readonly browser_only?: boolean;
  readonly requests: readonly TestRequest[];
}

/** The tests that concern a proxy. */
export function readSuite(file: string): readonly SuiteTest[] {
  const suites = JSON.parse(readFileSync(file, 'utf8')) as readonly { readonly tests: readonly SuiteTest[] }[];
  return suites.flatMap(({ tests }) => tests).filter(({ browser_only: browserOnly }) => browserOnly !== true);
}

/** What a test came to: `problem` says what was not as expected. */
interface Outcome {
  readonly test: SuiteTest;
  readonly problem: string | undefined;
}

/** Tests by what they demand, those that failed with their problem. */
export interface Score {
  readonly kind: Kind;
  readonly total: number;
  readonly failed: readonly Outcome[];
}

/** A test passes if it and all that it depends on, directly or not, did what was expected. */
export function score(outcomes: readonly Outcome[], kind: Kind): Score {
  const byId = new Map(outcomes.map((outcome) => [outcome.test.id, outcome]));
  const problemOf = (id: string): string | undefined => {
    const outcome = byId.get(id);
    if (outcome === undefined) return undefined;
    if (outcome.problem !== undefined) return outcome.problem;
    const cause = (outcome.test.depends_on ?? []).find((other) => problemOf(other) !== undefined);
    return cause === undefined ? undefined : `${cause}, which it depends on, failed`;
  };
  const concerned = outcomes.filter(({ test }) => (test.kind ?? 'required') === kind);
  const judged = concerned.map(({ test }) => ({ test, problem: problemOf(test.id) }));
  return { kind, total: judged.length, failed: judged.filter(({ problem }) => problem !== undefined) };
}
