// Numbers, sizes and times as people read them.
const LANGUAGE = 'en';
const compact = new Intl.NumberFormat(LANGUAGE, { notation: 'compact', maximumFractionDigits: 1 });
const days = new Intl.DateTimeFormat(LANGUAGE, { dateStyle: 'long' });
const moments = new Intl.DateTimeFormat(LANGUAGE, { dateStyle: 'medium', timeStyle: 'short' });
const ago = new Intl.RelativeTimeFormat(LANGUAGE, { numeric: 'auto' });

export const many = (count: number) => compact.format(count);
export const exactly = (count: number) => count.toLocaleString(LANGUAGE);
export const day = (iso: string) => days.format(new Date(iso));
export const moment = (iso: string) => moments.format(new Date(iso));

const UNITS = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];

export function bytes(count: number): string {
  const power = Math.min(Math.floor(Math.log2(Math.max(count, 1)) / 10), UNITS.length - 1);
  const size = count / 2 ** (10 * power);
  return `${size >= 100 || power === 0 ? size.toFixed(0) : size.toFixed(1).replace(/\.0$/, '')} ${UNITS[power] ?? ''}`;
}

const STEPS: [Intl.RelativeTimeFormatUnit, number][] = [['day', 86_400], ['hour', 3600], ['minute', 60]];

/** How long ago something was, from a minute on; `undefined` before. */
export function since(iso: string, now = Date.now()): string | undefined {
  const seconds = (now - Date.parse(iso)) / 1000;
  for (const [unit, length] of STEPS) {
    if (seconds >= length) return ago.format(-Math.floor(seconds / length), unit);
  }
  return undefined;
}
