// HTTP dates (RFC 9110 §5.6.7): the three formats read strictly, the first one written.

const days = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'];
const longDays = ['sunday', 'monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday'];
const months = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec'];

const dayNames = `(?:${days.join('|')})`;
const monthNames = `(${months.join('|')})`;
const timeOfDay = '([01]\\d|2[0-3]):([0-5]\\d):([0-5]\\d|60)';

/** `Sun, 06 Nov 1994 08:49:37 GMT` */
const fixed = new RegExp(`^${dayNames}, (\\d\\d) ${monthNames} (\\d{4}) ${timeOfDay} gmt$`, 'i');
/** `Sunday, 06-Nov-94 08:49:37 GMT` */
const rfc850 = new RegExp(`^(?:${longDays.join('|')}), (\\d\\d)-${monthNames}-(\\d\\d) ${timeOfDay} gmt$`, 'i');
/** `Sun Nov  6 08:49:37 1994` */
const asctime = new RegExp(`^${dayNames} ${monthNames} (\\d\\d| \\d) ${timeOfDay} (\\d{4})$`, 'i');

/**
 * A date in one of the three formats as ms since 1970, or undefined. Names count in any case. The name of the day must
 * be one, but need not be the right one. A year of two digits that would lie more than 50 years after `nowYear` is
 * the last one before that ends in them.
 */
export function parseHttpDate(text: string, nowYear: number): number | undefined {
  const standard = fixed.exec(text);
  if (standard !== null) return timeOf(standard[3], standard[2], standard[1], standard.slice(4));
  const old = rfc850.exec(text);
  if (old !== null) return timeOf(String(fullYear(Number(old[3]), nowYear)), old[2], old[1], old.slice(4));
  const ansi = asctime.exec(text);
  if (ansi !== null) return timeOf(ansi[6], ansi[1], ansi[2], ansi.slice(3, 6));
  return undefined;
}

function fullYear(lastDigits: number, nowYear: number): number {
  const year = nowYear - (nowYear % 100) + lastDigits;
  return year > nowYear + 50 ? year - 100 : year;
}

function timeOf(
  year: string | undefined,
  monthName: string | undefined,
  dayOfMonth: string | undefined,
  time: readonly string[],
): number | undefined {
  const month = months.indexOf((monthName ?? '').toLowerCase());
  const day = Number(dayOfMonth);
  const [hour, minute, second] = time.map(Number);
  const date = new Date(0);
  // Not Date.UTC, which takes the years 0 to 99 for 1900 to 1999.
  date.setUTCFullYear(Number(year), month, day);
  if (day === 0 || date.getUTCDate() !== day) return undefined;
  return date.setUTCHours(hour ?? 0, minute, second);
}

/** ms since 1970 as `Sun, 06 Nov 1994 08:49:37 GMT`; years 0 to 9999. */
export function formatHttpDate(time: number): string {
  return new Date(time).toUTCString();
}
