// One test of the suite from beginning to end, through the proxy.
import { randomUUID } from 'node:crypto';
import { setTimeout as wait } from 'node:timers/promises';
import { judgeAnswer, judgeState, type Case } from './checks.ts';
import { outgoing, type SuiteClient } from './client.ts';
import type { Seen } from './origin.ts';
import type { SuiteTest } from './suite.ts';
import { joined } from './values.ts';

/** ms that a test waits where it says so. */
const PAUSE = 3000;

/** What came of a test: its answers, and what is wrong with them. */
export interface Course {
  readonly test: SuiteTest;
  readonly uuid: string;
  readonly cases: readonly Case[];
  readonly problem: string | undefined;
}

/** Sends the requests of a test one after the other, and judges the answers. */
export async function runCourse(test: SuiteTest, client: SuiteClient): Promise<Course> {
  const uuid = randomUUID();
  const cases: Case[] = [];
  try {
    const problem = await follow(test, uuid, client, cases);
    return { test, uuid, cases, problem };
  } catch (error) {
    return { test, uuid, cases, problem: error instanceof Error ? error.message : String(error) };
  }
}

async function follow(test: SuiteTest, uuid: string, client: SuiteClient, cases: Case[]): Promise<string | undefined> {
  const body = JSON.stringify(test.requests);
  const configured = await client.exchange({ method: 'PUT', path: `/config/${uuid}`, fields: [], body });
  if (configured.status !== 201) return `the origin took the test with ${configured.status}`;
  let serverNow = Date.now();
  let problem: string | undefined;
  for (const [index, request] of test.requests.entries()) {
    const number = index + 1;
    const reception = await client.exchange(outgoing({ id: test.id, uuid }, request, number, serverNow));
    const one = { request, number, uuid, reception };
    cases.push(one);
    problem ??= judgeAnswer(one);
    serverNow = Number(joined(reception.fields, 'server-now') ?? Date.now());
    if (request.pause_after === true) await wait(PAUSE);
  }
  const told = await client.exchange({ method: 'GET', path: `/state/${uuid}`, fields: [] });
  return problem ?? judgeState(cases, JSON.parse(told.body) as Seen[]);
}
