// Sizes and times as people read them, every number with its unit.

/** At most one decimal, and none where it says nothing or the number is long enough without. */
function short(value: number): string {
  return value < 9.95 ? value.toFixed(1).replace(/\.0$/, '') : value.toFixed(0);
}

/** A size in bytes, as `512 B`, `1.2 kB` (thousands) or `3.4 MiB` (where budgets are counted in MiB). */
export function formatBytes(bytes: number): string {
  if (bytes < 1000) return `${Math.round(bytes)} B`;
  if (bytes < 999_500) return `${short(bytes / 1000)} kB`;
  const mebibytes = bytes / (1024 * 1024);
  return mebibytes < 1023.5 ? `${short(mebibytes)} MiB` : `${short(mebibytes / 1024)} GiB`;
}

/** How much of a limit is used, in bytes: `3.4 of 200 MiB`, or with both units where they differ. `of` is that word. */
export function formatShare(used: number, limit: number, of = 'of'): string {
  const [amount = '', unit] = formatBytes(used).split(' ');
  const whole = formatBytes(limit);
  return `${whole.endsWith(` ${unit}`) ? amount : `${amount} ${unit}`} ${of} ${whole}`;
}

/** A duration in ms, as `0.3 ms`, `34 ms`, `1.2 s`, `2 min 5 s`, `1 h 30 min` or `3 d 4 h`. */
export function formatDuration(ms: number): string {
  if (ms < 999.5) return `${short(ms)} ms`;
  if (ms < 59_500) return `${short(ms / 1000)} s`;
  const seconds = Math.round(ms / 1000);
  if (seconds < 3600) return pair(seconds, 60, 'min', 1, 's');
  if (seconds < 86_400) return pair(seconds, 3600, 'h', 60, 'min');
  return pair(seconds, 86_400, 'd', 3600, 'h');
}

function pair(seconds: number, large: number, largeName: string, small: number, smallName: string): string {
  const whole = Math.floor(seconds / large);
  const rest = Math.floor((seconds % large) / small);
  return rest === 0 ? `${whole} ${largeName}` : `${whole} ${largeName} ${rest} ${smallName}`;
}

/** A running time in ms as on a clock, in whole seconds: `00:12`, `1:02:03`. */
export function formatClock(ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / 1000));
  const two = (value: number): string => String(value).padStart(2, '0');
  const rest = `${two(Math.floor(seconds / 60) % 60)}:${two(seconds % 60)}`;
  return seconds < 3600 ? rest : `${Math.floor(seconds / 3600)}:${rest}`;
}
