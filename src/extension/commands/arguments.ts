// What commands are given: an element of a tree from its menu, a plain value from a row, nothing from the palette.
import { TreeNode } from '../views/described-tree.ts';
import { flowOf } from '../views/requests-view.ts';
import type { FlowId } from '../../contract/model.ts';

/** Which body a row stands for. */
export interface BodyArgument {
  readonly id: FlowId;
  readonly side: 'request' | 'response';
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null;
}

/** The row that a menu belongs to. */
export function rowOf(argument: unknown): TreeNode | undefined {
  return argument instanceof TreeNode ? argument : undefined;
}

/** The flow that is meant: by a row, one below it, or its id. */
export function flowFrom(argument: unknown): FlowId | undefined {
  if (typeof argument === 'string') return argument;
  const row = rowOf(argument);
  if (row !== undefined) return flowOf(row.item.id);
  return isRecord(argument) && typeof argument['id'] === 'string' ? argument['id'] : undefined;
}

/** The side of a body, where the argument names one. */
export function sideFrom(argument: unknown): BodyArgument['side'] | undefined {
  const value = rowOf(argument)?.item.command?.arguments[0] ?? argument;
  const side = isRecord(value) ? value['side'] : undefined;
  return side === 'request' || side === 'response' ? side : undefined;
}

/** The message that is meant, where the argument names one. */
export function messageFrom(argument: unknown): number | undefined {
  const value = rowOf(argument)?.item.command?.arguments[0] ?? argument;
  const message = isRecord(value) ? value['message'] : undefined;
  return typeof message === 'number' ? message : undefined;
}
