// One row of a tree as a plain value: what the builders make and the adapter shows.

/** A codicon, with a colour of the theme. */
export interface Icon {
  readonly id: string;
  readonly color?: string;
}

/** A command that a row runs when it is chosen. */
interface RowCommand {
  readonly command: string;
  readonly title: string;
  readonly arguments: readonly unknown[];
}

/** Lines of a tooltip, each a name and a value. */
export type TooltipLines = readonly (readonly [name: string, value: string])[];

export interface Item {
  /** The same for the same thing as long as it lives, and unique in its tree. */
  readonly id: string;
  readonly label: string;
  /** Dimmed, behind the label. */
  readonly description?: string;
  readonly icon?: Icon;
  readonly expandable?: 'collapsed' | 'expanded';
  /** For `when` clauses of menus; words separated by spaces. */
  readonly context?: string;
  readonly command?: RowCommand;
  readonly tooltip?: TooltipLines;
  /** What a screen reader says in place of label and description. */
  readonly spoken?: string;
  /** What *Copy value* puts on the clipboard, without any mask. */
  readonly copies?: string;
  /** Not shown: another number where what lies below the row has changed. */
  readonly revision?: number;
}

/** Joins what is there by the dot that stands between facts. */
export function facts(...parts: readonly (string | undefined)[]): string {
  return parts.filter((part) => part !== undefined && part !== '').join(' · ');
}
