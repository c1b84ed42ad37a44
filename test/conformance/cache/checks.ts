// What the suite checks of each answer and of what the origin saw; a check answers with what is wrong.
import type { Reception } from './client.ts';
import type { Seen } from './origin.ts';
import type { ExpectedField, TestRequest } from './suite.ts';
import { joined, valueOf, type Lines } from './values.ts';

/** One answer of a test with what it is to be held against. */
export interface Case {
  readonly request: TestRequest;
  /** From 1. */
  readonly number: number;
  readonly uuid: string;
  readonly reception: Reception;
}

type Check = (one: Case) => string | undefined;

function count({ reception }: Case): number | undefined {
  const value = joined(reception.fields, 'server-request-count');
  return value === undefined ? undefined : Number(value);
}

const notRepeated: Check = ({ reception }) => {
  const numbers = (joined(reception.fields, 'request-numbers') ?? '').split(' ').filter((one) => one !== '');
  return new Set(numbers).size === numbers.length ? undefined : `a request was repeated: ${numbers.join(' ')}`;
};

const expectedType: Check = (one) => {
  const { request, number, reception } = one;
  const served = count(one);
  if (request.expected_type === 'cached') {
    if (reception.status === 304 && served === undefined) return undefined;
    return served !== undefined && served < number ? undefined : 'it does not come from the cache';
  }
  if (request.expected_type === 'not_cached') return served === number ? undefined : 'it comes from the cache';
  return undefined;
};

const status: Check = ({ request, reception }) => {
  if (reception.status === 999) return 'the request to the origin should have been conditional';
  const expected =
    request.expected_status === undefined ? (request.response_status?.[0] ?? 200) : request.expected_status;
  return expected === null || reception.status === expected ? undefined : `status ${reception.status}, not ${expected}`;
};

function expectedValue(expected: ExpectedField, { request, reception }: Case): string | undefined {
  const { fields } = reception;
  if (typeof expected === 'string') return joined(fields, expected) === undefined ? `no ${expected}` : undefined;
  const [name, second, third] = expected;
  const value = joined(fields, name);
  if (third === undefined) {
    const now = Number(joined(fields, 'server-now'));
    const wanted = valueOf([name, second], request, now, joined(fields, 'server-base-url') ?? '');
    return value === wanted ? undefined : `${name} is ${value}, not ${wanted}`;
  }
  const holds = second === '=' ? value === joined(fields, String(third)) : Number(value) > Number(third);
  return holds ? undefined : `${name} is ${value}, not ${second} ${third}`;
}

const responseHeaders: Check = (one) => {
  const problems = (one.request.expected_response_headers ?? []).map((expected) => expectedValue(expected, one));
  return problems.find((problem) => problem !== undefined);
};

function missing(lines: Lines, unwanted: readonly (string | readonly [string, string])[] = []): string | undefined {
  const found = unwanted.find((one) => {
    if (typeof one === 'string') return joined(lines, one) !== undefined;
    return joined(lines, one[0])?.includes(one[1]) === true;
  });
  return found === undefined ? undefined : `${typeof found === 'string' ? found : found.join(': ')} is there`;
}

const interim: Check = ({ request, reception }) => {
  const expected = request.expected_interim_responses;
  if (expected === undefined) return undefined;
  const same =
    expected.length === reception.interim.length &&
    expected.every(([code, fields = []], index) => {
      const received = reception.interim[index];
      return received?.status === code && fields.every(([name, value]) => joined(received.fields, name) === value);
    });
  return same ? undefined : `interim responses are ${JSON.stringify(reception.interim)}`;
};

const body: Check = ({ request, reception, uuid }) => {
  if (request.check_body === false || request.expected_response_text === null) return undefined;
  const bare = reception.status === 204 || reception.status === 304 || request.request_method === 'HEAD';
  const expected = request.expected_response_text ?? request.response_body ?? (bare ? undefined : uuid);
  return expected === undefined || reception.body === expected ? undefined : `the body is ${reception.body}`;
};

/** The checks of an answer by the names that `setup_tests` has for them. */
const CHECKS: readonly (readonly [name: string, check: Check])[] = [
  ['retry', notRepeated],
  ['expected_type', expectedType],
  ['expected_status', status],
  ['expected_response_headers', responseHeaders],
  [
    'expected_response_headers_missing',
    ({ request, reception }) => missing(reception.fields, request.expected_response_headers_missing),
  ],
  ['expected_interim_responses', interim],
  ['expected_response_text', body],
];

/** What is wrong with one answer. */
export function judgeAnswer(one: Case): string | undefined {
  for (const [name, check] of CHECKS) {
    const problem = check(one);
    if (problem !== undefined) return `request ${one.number}, ${name}: ${problem}`;
  }
  return undefined;
}

function validated({ request }: Case, seen: Seen): string | undefined {
  const needed = { etag_validated: 'if-none-match', lm_validated: 'if-modified-since' } as const;
  const type = request.expected_type;
  const name = type === 'etag_validated' || type === 'lm_validated' ? needed[type] : undefined;
  return name === undefined || joined(seen.fields, name) !== undefined ? undefined : `the origin saw no ${name}`;
}

function requestHeaders({ request }: Case, seen: Seen): string | undefined {
  for (const expected of request.expected_request_headers ?? []) {
    const [name, value] = typeof expected === 'string' ? [expected] : expected;
    const found = joined(seen.fields, name);
    if (found === undefined || (value !== undefined && found !== value)) return `the origin saw ${name}: ${found}`;
  }
  return missing(seen.fields, request.expected_request_headers_missing);
}

function arrived({ reception }: Case, seen: Seen): string | undefined {
  for (const [name] of seen.checked) {
    if (name.toLowerCase() === 'date') continue;
    const [sent, received] = [joined(seen.checked, name), joined(reception.fields, name)];
    if (sent !== received) return `${name} was sent as ${sent} and arrived as ${received}`;
  }
  return undefined;
}

/** What is wrong with what the origin saw of one request. */
function judgeSeen(one: Case, seen: Seen): string | undefined {
  const { expected_method: method } = one.request;
  if (method !== undefined && seen.method !== method) return `the origin saw the method ${seen.method}`;
  return validated(one, seen) ?? requestHeaders(one, seen) ?? arrived(one, seen);
}

/** What is wrong with what the origin saw of a whole test. */
export function judgeState(cases: readonly Case[], state: readonly Seen[]): string | undefined {
  for (const seen of state) {
    const one = cases.find(({ number }) => number === seen.number);
    const problem = one === undefined ? undefined : judgeSeen(one, seen);
    if (problem !== undefined) return `request ${seen.number}: ${problem}`;
  }
  for (const one of cases) {
    const unseen = !state.some(({ number }) => number === one.number);
    if (unseen && one.request.expected_type?.endsWith('validated') === true) {
      return `request ${one.number}: the origin was not asked`;
    }
  }
  return undefined;
}
