// Names the machine, without which no figure means anything.
import { cpus, release, totalmem, type } from 'node:os';
import type { Machine } from './results.ts';
import type { CpuPlan } from './system/cpus.ts';

export function describeMachine(plan: CpuPlan): Machine {
  const all = cpus();
  return {
    cpu: all[0]?.model.trim() ?? 'unknown CPU',
    cores: all.length,
    memory: totalmem(),
    kernel: `${type()} ${release()}`,
    node: process.versions.node,
    pinned: plan.proxy !== undefined,
  };
}
