// Numbers, sizes and times as people read them.
const LANGUAGE = 'en';
const compact = new Intl.NumberFormat(LANGUAGE, { notation: 'compact', maximumFractionDigits: 1 });
const longDays = new Intl.DateTimeFormat(LANGUAGE, { dateStyle: 'long' });
const days = new Intl.DateTimeFormat(LANGUAGE, { dateStyle: 'medium' });
const moments = new Intl.DateTimeFormat(LANGUAGE, { dateStyle: 'medium', timeStyle: 'short' });
const ago = new Intl.RelativeTimeFormat(LANGUAGE, { numeric: 'auto' });

export const many = (count: number) => compact.format(count);
export const exactly = (count: number) => count.toLocaleString(LANGUAGE);
export const longDay = (iso: string) => longDays.format(new Date(iso));
export const day = (iso: string) => days.format(new Date(iso));
export const moment = (iso: string) => moments.format(new Date(iso));

const UNITS = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];

export function bytes(count: number): string {
  const power = Math.min(Math.floor(Math.log2(Math.max(count, 1)) / 10), UNITS.length - 1);
  const size = count / 2 ** (10 * power);
  return `${size >= 100 || power === 0 ? size.toFixed(0) : size.toFixed(1).replace(/\.0$/, '')} ${UNITS[power] ?? ''}`;
}

const MINUTE = 60;
const STEPS: [Intl.RelativeTimeFormatUnit, number][] = [
  ['year', 31_557_600], ['month', 2_629_800], ['day', 86_400], ['hour', 3600], ['minute', MINUTE],
];

const LENGTHS: [string, number][] = [['day', 86_400], ['hour', 3600], ['minute', MINUTE], ['second', 1]];

/** Such as “in 3 days” or “2 hours ago”. */
export function relative(iso: string, now = Date.now()): string {
  const seconds = (Date.parse(iso) - now) / 1000;
  for (const [unit, length] of STEPS) {
    if (Math.abs(seconds) >= length) return ago.format(Math.trunc(seconds / length), unit);
  }
  return ago.format(0, 'second');
}

/** How long ago something was, from a minute on; `undefined` before. */
export function since(iso: string, now = Date.now()): string | undefined {
  return now - Date.parse(iso) >= MINUTE * 1000 ? relative(iso, now) : undefined;
}

/** Such as “4 minutes” or “1.5 seconds”: for how long something was. */
export function duration(millis: number, unitDisplay: 'long' | 'short' = 'long'): string {
  const seconds = millis / 1000;
  const [unit, length] = LENGTHS.find(([, one]) => seconds >= one) ?? ['second', 1];
  return new Intl.NumberFormat(LANGUAGE, { style: 'unit', unit, unitDisplay, maximumFractionDigits: seconds / length < 10 ? 1 : 0 }).format(seconds / length);
}
