// What did not reach subscribers, or not as it is: summed over the doors and the time of an answer.
import type { Usage } from '~/api/activity';

export interface Kept {
  withheld: number;
  filtered: number;
  redacted: number;
  throttledMillis: number;
}

export const NOTHING: Kept = { withheld: 0, filtered: 0, redacted: 0, throttledMillis: 0 };
const COUNTS = Object.keys(NOTHING) as (keyof Kept)[];
/** A wait that is too short to be told. */
const WAIT_MIN_MS = 1000;

export function keptIn({ points }: Pick<Usage, 'points'>): Kept {
  const sum = { ...NOTHING };
  for (const point of points) for (const count of COUNTS) sum[count] += point[count];
  if (sum.throttledMillis < WAIT_MIN_MS) sum.throttledMillis = 0;
  return sum;
}

export const isNothing = (kept: Kept) => COUNTS.every((count) => kept[count] === 0);
