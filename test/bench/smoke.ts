// Judges the short form: that everything worked and that its figures are sane, not how fast anything was.
import { metricOf, ratioOf, type Results } from './results.ts';

export interface Check {
  readonly title: string;
  /** Undefined where it holds. */
  readonly problem: string | undefined;
}

function sane(value: number | undefined, title: string): Check {
  const fine = value !== undefined && Number.isFinite(value) && value > 0;
  return { title, problem: fine ? undefined : `${String(value)} is no figure` };
}

/** Counts and hashes are part of `failure`: what was fast and wrong has one. */
export function checkResults(results: Results, cpuKnown: boolean): Check[] {
  const checks: Check[] = [];
  for (const result of results.cases) {
    for (const one of result.contenders) {
      const title = `${result.name}, ${one.name}`;
      checks.push({ title: `${title}: right`, problem: one.failure });
      if (one.failure !== undefined) continue;
      checks.push(sane(metricOf(one, result.rate)?.median, `${title}: ${result.rate}/s`));
      const ratio = ratioOf(results, result.name, result.rate, ['wirelens', one.name]);
      checks.push(sane(ratio?.median, `${title}: ratio`));
      if (cpuKnown && one.name !== 'direct') checks.push(sane(metricOf(one, 'cpu')?.median, `${title}: CPU`));
    }
  }
  for (const one of results.memory) {
    checks.push({ title: `memory, ${one.name}: right`, problem: one.failures[0] });
    if (cpuKnown) checks.push(sane(one.afterFlows, `memory, ${one.name}: after flows`));
  }
  return checks;
}
