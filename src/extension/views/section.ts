// A part of a flow's details in the tree: one row and the rows below it.
import type { Item } from './item.ts';

/** A section and the rows below it. */
export interface Section {
  readonly item: Item;
  readonly children: readonly Item[];
}

/** A row with a name and a value; `copies` is what goes to the clipboard. */
export function leaf(id: string, label: string, value: string, copies = value): Item {
  return { id, label, description: value, context: 'value', tooltip: [[label, value]], copies };
}
