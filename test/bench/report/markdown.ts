// The tables of a run in Markdown: what the README's section on performance is made from.
import {
  metricOf,
  ratioOf,
  type CaseResult,
  type ContenderResult,
  type MemoryResult,
  type Results,
} from '../results.ts';
import { spreadOf, type Spread } from '../statistics.ts';
import { judge, targets, type Verdict } from '../targets.ts';

const ours = 'wirelens';
const mebibyte = 1024 * 1024;
const none = '–';

/** Three digits that count, with separators for thousands. */
export function figure(value: number | undefined): string {
  if (value === undefined || !Number.isFinite(value)) return none;
  const digits = Math.abs(value) >= 100 ? 0 : Math.abs(value) >= 10 ? 1 : 2;
  return value.toLocaleString('en-US', { minimumFractionDigits: digits, maximumFractionDigits: digits });
}

function withSpread(spread: Spread | undefined, unit = ''): string {
  if (spread === undefined) return none;
  const range = spread.least === spread.most ? '' : ` (${figure(spread.least)}–${figure(spread.most)})`;
  return `${figure(spread.median)}${unit}${range}`;
}

export function table(heads: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
  const rule = heads.map((_, index) => (index === 0 ? '---' : '---:'));
  return [line(heads), line(rule), ...rows.map(line)].join('\n');
}

function share(one: ContenderResult, of: 'proxy' | 'load' | 'origin' | 'others'): string {
  const values = one.samples.flatMap((sample) => (sample?.busy === undefined ? [] : [sample.busy[of]]));
  const spread = spreadOf(values);
  return spread === undefined ? none : `${Math.round(spread.median * 100)} %`;
}

function rate(result: CaseResult, one: ContenderResult): string {
  const spread = metricOf(one, result.rate);
  if (spread === undefined || result.rate === 'requests') return withSpread(spread);
  const scaled = (bytes: number): number => bytes / mebibyte;
  return withSpread({ median: scaled(spread.median), least: scaled(spread.least), most: scaled(spread.most) });
}

function rowOf(result: CaseResult, one: ContenderResult): string[] {
  if (one.failure !== undefined)
    return [one.title, `failed: ${one.failure.replaceAll(/\s+/g, ' ')}`, none, none, none, none, none];
  const against = (metric: 'requests' | 'bytes' | 'cpu'): string =>
    one.name === ours ? '1' : withSpread(ratioOf({ cases: [result] }, result.name, metric, [ours, one.name]), '×');
  const latency = metricOf(one, 'p50');
  return [
    one.title,
    rate(result, one),
    against(result.rate),
    figure(metricOf(one, 'cpu')?.median),
    one.samples.some((sample) => sample?.cpu !== undefined) ? against('cpu') : none,
    latency === undefined ? none : figure(latency.median / 1000),
    `${share(one, 'proxy')} / ${share(one, 'load')} / ${share(one, 'origin')}`,
  ];
}

/** How far the generator is from being what limits the figures. */
function proofOf(result: CaseResult): string | undefined {
  const direct = result.contenders.find(({ name }) => name === 'direct');
  const limit = direct === undefined ? undefined : metricOf(direct, result.rate);
  if (direct === undefined || limit === undefined) return undefined;
  const fastest = result.contenders
    .filter(({ name }) => name !== 'direct')
    .map((one) => ({ one, spread: metricOf(one, result.rate) }))
    .sort((a, b) => (b.spread?.median ?? 0) - (a.spread?.median ?? 0))[0];
  if (fastest?.spread === undefined) return undefined;
  const { one, spread } = fastest;
  const beside = `Beside the fastest proxy (${one.title}, itself ${share(one, 'proxy')} busy) the generator used ${share(one, 'load')} of a CPU and the origin ${share(one, 'origin')}`;
  // Hits do not reach the origin, which then has its CPU for nothing: no proxy is no mark for them.
  if (result.cached) return `${beside}.`;
  return `${beside}; without a proxy the same load reaches ${figure(limit.median / spread.median)}× its rate.`;
}

export function caseTable(result: CaseResult): string {
  const unit = result.rate === 'requests' ? 'requests/s' : 'MiB/s';
  const heads = [
    'proxy',
    unit,
    `${unit}: Wirelens ÷ it`,
    'CPU µs/request',
    'CPU: Wirelens ÷ it',
    'p50 ms',
    'CPU busy: proxy / load / origin',
  ];
  const repeats = result.contenders.reduce((sum, one) => sum + one.repeats, 0);
  const disturbed = result.contenders.reduce((sum, one) => sum + one.disturbed, 0);
  const notes = [
    `Load: ${result.generator === 'wrk' ? 'wrk' : 'the benchmark’s own generator'}.`,
    proofOf(result),
    repeats > 0
      ? `${repeats} windows were repeated because other processes took CPU; ${disturbed} stayed disturbed.`
      : undefined,
    result.skipped.length > 0
      ? `Left out: ${result.skipped.map(({ name, reason }) => `${name} (${reason})`).join(', ')}.`
      : undefined,
  ].filter((note) => note !== undefined);
  const rows = result.contenders.map((one) => rowOf(result, one));
  return `### ${result.title}\n\n${table(heads, rows)}\n\n${notes.join(' ')}`;
}

function mebibytes(bytes: number | undefined): string {
  return bytes === undefined ? none : figure(bytes / mebibyte);
}

export function memoryTable(all: readonly MemoryResult[]): string {
  const [first] = all;
  if (first === undefined) return '';
  const large = figure((first.largeBytes ?? 0) / mebibyte);
  const heads = [
    'MiB',
    'idle',
    `after ${(first.flows ?? 0).toLocaleString('en-US')} small requests`,
    `growth, body of ${large} MiB`,
    'growth, slow reader',
    `with ${(first.connections ?? 0).toLocaleString('en-US')} idle connections`,
  ];
  const rows = all.map((one) => [
    one.title,
    ...[one.idle, one.afterFlows, one.largeGrowth, one.slowGrowth, one.idleConnections].map(mebibytes),
  ]);
  const failures = all.flatMap((one) => one.failures.map((failure) => `${one.name}: ${failure}.`));
  return `### Memory\n\n${table(heads, rows)}${failures.length > 0 ? `\n\nFailed: ${failures.join(' ')}` : ''}`;
}

function verdictRow(verdict: Verdict): string[] {
  const unit = verdict.unit === '×' ? '×' : ` ${verdict.unit}`;
  const sign = verdict.better === 'higher' ? '≥' : '≤';
  const mark = (value: number | undefined): string => (value === undefined ? none : `${sign} ${value}${unit}`);
  const met = {
    aim: 'aim met',
    must: 'met',
    missed: `missed by ${Math.round((verdict.missedBy ?? 0) * 100)} %`,
    'not measured': 'not measured',
  }[verdict.met];
  return [verdict.title, mark(verdict.must), mark(verdict.aim), withSpread(verdict.measured, unit), met];
}

export function targetTable(results: Pick<Results, 'cases' | 'memory'>): string {
  const rows = targets.map((target) => verdictRow(judge(target, results)));
  return `### Targets\n\n${table(['', 'must', 'aim', 'measured', ''], rows)}`;
}

/** The whole section, without a heading of its own. */
export function markdown(results: Results): string {
  const { machine, rounds, window, date } = results;
  const where = `Measured on ${date.slice(0, 10)}: ${machine.cores} × ${machine.cpu}, ${figure(machine.memory / 1024 ** 3)} GiB, ${machine.kernel}, Node ${machine.node}`;
  const how = `Origin: ${results.origin === 'nginx' ? 'nginx' : 'the benchmark’s own'}. ${machine.pinned ? 'The proxy has a CPU to itself; load and origin run on the other. ' : ''}Medians of ${rounds} alternating rounds of ${window} s, with least and most; ratios are taken within a round.`;
  const missing = results.missing.map(({ name, reason }) => `${name}: ${reason}`).join('; ');
  return [
    `${where}. ${how}`,
    ...(missing === '' ? [] : [`Not here: ${missing}.`]),
    targetTable(results),
    ...results.cases.map(caseTable),
    memoryTable(results.memory),
  ]
    .filter((part) => part !== '')
    .join('\n\n')
    .concat('\n');
}
