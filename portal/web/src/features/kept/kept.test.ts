import { describe, expect, it } from 'vitest';
import { duration } from '~/format';
import { isNothing, keptIn, NOTHING } from './kept';

const point = (door: string, more: object) => ({ at: '2026-11-27T00:00:00Z', door, events: 1, bytes: 1, ...NOTHING, ...more });

describe('keptIn', () => {
  it('sums doors and times, and tells no wait of a moment', () => {
    const kept = keptIn({ points: [point('sse', { withheld: 2, throttledMillis: 400 }), point('kafka', { withheld: 1, redacted: 7, throttledMillis: 300 })] });
    expect(kept).toEqual({ withheld: 3, filtered: 0, redacted: 7, throttledMillis: 0 });
    expect(isNothing(kept)).toBe(false);
    expect(isNothing(keptIn({ points: [point('sse', {})] }))).toBe(true);
    expect(keptIn({ points: [point('sse', { throttledMillis: 1500 })] }).throttledMillis).toBe(1500);
  });
});

describe('duration', () => {
  it('says how long something was in its largest unit', () => {
    expect([1500, 59_000, 90_000, 7_200_000, 200_000_000].map((millis) => duration(millis))).toEqual(['1.5 seconds', '59 seconds', '1.5 minutes', '2 hours', '2.3 days']);
  });
});
