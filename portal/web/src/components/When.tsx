// A moment as people say it; the exact one on hovering, and for machines.
import { Text } from '@mantine/core';

const LANGUAGE = 'en';
const ago = new Intl.RelativeTimeFormat(LANGUAGE, { numeric: 'auto' });
const exact = new Intl.DateTimeFormat(LANGUAGE, { dateStyle: 'medium', timeStyle: 'short' });
const days = new Intl.DateTimeFormat(LANGUAGE, { dateStyle: 'medium' });
const STEPS: [Intl.RelativeTimeFormatUnit, number][] = [
  ['year', 31_557_600], ['month', 2_629_800], ['day', 86_400], ['hour', 3600], ['minute', 60],
];

/** Such as “in 3 days” or “2 hours ago”. */
export function relative(iso: string, now = Date.now()): string {
  const seconds = (Date.parse(iso) - now) / 1000;
  for (const [unit, length] of STEPS) {
    if (Math.abs(seconds) >= length) return ago.format(Math.trunc(seconds / length), unit);
  }
  return ago.format(0, 'second');
}

export const moment = (iso: string) => exact.format(new Date(iso));

export const day = (iso: string) => days.format(new Date(iso));

export function When({ at }: { at: string }) {
  return <Text span inherit component="time" dateTime={at} title={moment(at)}>{relative(at)}</Text>;
}
