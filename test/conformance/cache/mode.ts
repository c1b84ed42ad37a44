// The whole suite in one mode of the proxy: its score, and the proof that the proxy was asked and told the truth.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { EngineEvents } from '../../../src/contract/engine.ts';
import type { FlowDetail, FlowSummary } from '../../../src/contract/model.ts';
import { defaultSettings, resolveSettings } from '../../../src/contract/settings.ts';
import { certificateFile } from '../../support/certificates.ts';
import { forkEngine, type EngineProcess } from '../../support/engine-process.ts';
import { disagreement } from './agreement.ts';
import { SuiteClient, type Way } from './client.ts';
import { runCourse, type Course } from './course.ts';
import { SuiteOrigin } from './origin.ts';
import { score, type Score, type SuiteTest } from './suite.ts';
import { joined } from './values.ts';

/** How the client reaches the origin. */
export type Mode = 'forward' | 'reverse' | 'intercepted';

/** What a run came to. */
export interface Result {
  readonly mode: Mode;
  readonly required: Score;
  readonly optimal: Score;
  readonly checks: Score;
  /** Where the record of the proxy is not what happened. */
  readonly untrue: readonly string[];
}

const OWN_PAGES = 'http://wirelens.test/';

/** The source of flows that the proxy made itself, to validate in the background. */
const BACKGROUND = 'cache';

/** @param folder where it keeps its certificate authority. */
async function startEngine(
  mode: Mode,
  origin: string,
  folder: string,
): Promise<EngineProcess & { readonly port: number }> {
  const env = { PATH: process.env['PATH'] ?? '', HOME: folder, XDG_DATA_HOME: folder, LOCALAPPDATA: folder };
  const engine = forkEngine({ execArgv: [], env });
  await new Promise<EngineEvents['ready']>((fulfil) => void engine.client.on('ready', fulfil));
  const user = {
    ...defaultSettings,
    port: 0,
    maxConcurrent: 2000,
    'cache.statusOnForwarded': true,
    'https.intercept': 'all' as const,
    'https.extraCaFiles': [certificateFile('authority.pem')],
  };
  await engine.client.call('configure', resolveSettings(user, mode === 'reverse' ? origin : undefined));
  const listening = await engine.client.call('listen', undefined);
  assert.equal(listening.kind, 'listening');
  return { ...engine, port: listening.kind === 'listening' ? listening.port : 0 };
}

/** All flows of the engine, oldest first. */
async function flowsOf({ client }: EngineProcess): Promise<readonly FlowDetail[]> {
  const summaries: FlowSummary[] = [];
  for (;;) {
    const before = summaries.at(-1)?.id;
    const more = await client.call('flowsBefore', { count: 1000, ...(before === undefined ? {} : { before }) });
    if (more.length === 0) break;
    summaries.push(...more);
  }
  const details = await Promise.all(summaries.reverse().map(({ id }) => client.call('flowDetail', id)));
  // The tunnels around what is intercepted are flows too, and so is fetching the authority's certificate.
  return details.flatMap((detail) =>
    detail?.kind === 'exchange' && !detail.url.startsWith(OWN_PAGES) ? [detail] : [],
  );
}

/** Which test and which of its requests a flow is for. */
function keyOf(flow: FlowDetail): string {
  const [, , , place, uuid = ''] = flow.url.split(/[/?]/);
  return `${place} ${uuid} ${joined(flow.request?.fields ?? [], 'req-num') ?? ''}`;
}

/** Where the decisions on the flows of a test are not what the origin and the client saw. */
function untruths(course: Course, origin: SuiteOrigin, flows: ReadonlyMap<string, FlowDetail[]>): readonly string[] {
  const { test, uuid, cases } = course;
  const before: FlowDetail[] = [];
  const found: string[] = [];
  for (const { number, reception } of cases) {
    const all = flows.get(`test ${uuid} ${number}`) ?? [];
    const own = all.filter(({ source }) => source !== BACKGROUND);
    const [flow] = own;
    const background = own.length < all.length;
    const seen = origin.seen(uuid).filter((one) => one.number === number);
    const problem =
      flow === undefined || own.length > 1
        ? `${own.length} flows`
        : disagreement({ flow, reception, seen, background, before: [...before] });
    if (problem !== undefined) found.push(`${test.id}, request ${number}: ${problem}`);
    before.push(...all);
  }
  return found;
}

/** How the client speaks to the proxy; where that opens TLS, the client trusts the authority that the proxy hands out. */
async function wayOf(mode: Mode, port: number): Promise<Way> {
  if (mode !== 'intercepted') return { kind: mode === 'forward' ? 'absolute' : 'direct' };
  const asking = new SuiteClient(port, OWN_PAGES.slice(0, -1), { kind: 'absolute' });
  const { body } = await asking.exchange({ method: 'GET', path: '/ca.pem', fields: [] });
  return { kind: 'tunnel', ca: body };
}

/** Runs all tests at once through an engine of their own. */
export async function runMode(mode: Mode, tests: readonly SuiteTest[]): Promise<Result> {
  const origin = await SuiteOrigin.start(mode === 'intercepted');
  const folder = await mkdtemp(path.join(tmpdir(), 'wirelens-suite-'));
  const engine = await startEngine(mode, origin.url, folder);
  try {
    const client = new SuiteClient(engine.port, origin.url, await wayOf(mode, engine.port));
    const courses = await Promise.all(tests.map((test) => runCourse(test, client)));
    const flows = await flowsOf(engine);
    const byKey = Map.groupBy(flows, keyOf);
    const untrue = courses.flatMap((course) => untruths(course, origin, byKey));
    const asked = flows.filter(({ source }) => source !== BACKGROUND).length;
    if (asked !== client.sent) untrue.push(`${client.sent} requests were sent, and ${asked} went through the proxy`);
    return {
      mode,
      required: score(courses, 'required'),
      optimal: score(courses, 'optimal'),
      checks: score(courses, 'check'),
      untrue,
    };
  } finally {
    engine.child.kill('SIGKILL');
    await once(engine.child, 'exit');
    await origin.close();
    await rm(folder, { recursive: true });
  }
}
