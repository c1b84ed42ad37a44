// Judges what a person types as a port.
import { settingsTable } from '../../contract/settings.ts';
import type { Translate } from '../translate.ts';

/** A complaint about the text; undefined where it is a port. */
export function complaintAboutPort(text: string, t: Translate): string | undefined {
  const { maximum } = settingsTable.port;
  const port = /^\d+$/.test(text.trim()) ? Number(text) : Number.NaN;
  if (port >= 0 && port <= maximum) return undefined;
  return t('A port is a whole number from 0 to {0}; 0 takes any free one.', maximum);
}
