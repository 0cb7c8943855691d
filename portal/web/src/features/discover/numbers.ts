import { s } from '~/strings';

const words = s.discover.topics;
const STEPS: [number, string][] = [[86_400_000, 'd'], [3_600_000, 'h'], [60_000, 'min'], [1000, 's']];

/** How long records are kept: `7 d`; negative: for ever. */
export function duration(ms: number | null | undefined): string {
  if (ms === null || ms === undefined) return '—';
  if (ms < 0) return words.forever;
  const [step, unit] = STEPS.find(([one]) => ms >= one) ?? [1, 'ms'];
  return `${String(Math.round((ms / step) * 10) / 10)} ${unit}`;
}
