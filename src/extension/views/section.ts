// A part of what stands below a request.
import type { Item } from './item.ts';

/** A section and the rows below it. */
export interface Section {
  readonly item: Item;
  readonly children: readonly Item[];
}
