// Days as a field of a date has them: `2027-03-31`.
const DAY_MS = 86_400_000;

export function inDays(days: number, now = Date.now()): string {
  return new Date(now + days * DAY_MS).toISOString().slice(0, 10);
}

/** How many days there are until one; negative once it is over. */
export function daysUntil(day: string, now = Date.now()): number {
  return Math.round((Date.parse(day) - Date.parse(new Date(now).toISOString().slice(0, 10))) / DAY_MS);
}
