// Reads what VS Code draws: the rows of trees, the lines of editors, the classes of themes.
import type { Locator } from 'playwright-core';

/** One row of a tree view, as it is shown. */
export interface TreeRow {
  /** 1 for the rows at the top. */
  readonly level: number;
  readonly label: string;
  /** The dimmed text behind the label. */
  readonly description: string;
  /** Undefined for rows without children. */
  readonly expanded: boolean | undefined;
  /** What a screen reader says. */
  readonly spoken: string;
}

export type ThemeKind = 'dark' | 'light' | 'high-contrast';

export const themeClasses = { dark: 'vs-dark', light: 'vs', 'high-contrast': 'hc-black' } as const satisfies Record<
  ThemeKind,
  string
>;

export const themeLabels = {
  dark: 'Dark Modern',
  light: 'Light Modern',
  'high-contrast': 'Dark High Contrast',
} as const satisfies Record<ThemeKind, string>;

/** VS Code writes ordinary spaces as no-break spaces where layout would swallow them. */
export function plain(text: string): string {
  return text.replaceAll('\u00A0', ' ').replaceAll(/\s+/g, ' ').trim();
}

export async function readRows(tree: Locator): Promise<TreeRow[]> {
  const read = await tree.locator('.monaco-list-row').evaluateAll((elements) =>
    elements
      // The order in the page is that of drawing, not that on the screen.
      .toSorted((a, b) => Number(a.getAttribute('data-index')) - Number(b.getAttribute('data-index')))
      .map((element) => ({
        level: Number(element.getAttribute('aria-level')),
        label: element.querySelector('.label-name')?.textContent ?? '',
        description: element.querySelector('.label-description')?.textContent ?? '',
        expanded: element.getAttribute('aria-expanded'),
        spoken: element.getAttribute('aria-label') ?? '',
      })),
  );
  return read.map((row) => ({
    level: row.level,
    label: plain(row.label),
    description: plain(row.description),
    expanded: row.expanded === null ? undefined : row.expanded === 'true',
    spoken: plain(row.spoken),
  }));
}

/** The visible lines of an editor or of the Output panel, from top to bottom. */
export async function readLines(view: Locator): Promise<string> {
  await view.waitFor();
  const lines = await view.locator('.view-line').evaluateAll((elements) =>
    elements
      .map((element) => ({
        top: Number.parseFloat((element as HTMLElement).style.top),
        text: element.textContent ?? '',
      }))
      .toSorted((a, b) => a.top - b.top)
      .map((line) => line.text),
  );
  return lines.map((line) => line.replaceAll('\u00A0', ' ').trimEnd()).join('\n');
}
