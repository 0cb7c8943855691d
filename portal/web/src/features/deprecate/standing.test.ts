import { describe, expect, it } from 'vitest';
import type { OfSubscription } from '~/features/subscribers/moves';
import { daysUntil, inDays } from './days';
import { readersOf, standingOf } from './standing';

const subscription = (application: string, endpoint: string, state: OfSubscription['spec']['state']): OfSubscription => ({
  apiVersion: 'sluicegate/v1', kind: 'Subscription', metadata: { name: `${application}-${endpoint}-${state ?? ''}` },
  spec: { application, endpoint, plan: 'p', state },
});

describe('readersOf', () => {
  it('has a line for each application that reads, or has moved', () => {
    const old = [
      subscription('b', 'old', 'revoked'), subscription('b', 'old', 'active'), subscription('a', 'old', 'pending'),
      subscription('gone', 'old', 'revoked'), subscription('moved', 'old', 'expired'), subscription('never', 'old', 'rejected'),
    ];
    const next = [subscription('moved', 'new', 'active'), subscription('never', 'new', 'active'), subscription('stranger', 'new', 'active')];
    expect(readersOf(old, next).map(({ application, old: one }) => [application, one.spec.state])).toEqual([
      ['a', 'pending'], ['b', 'active'], ['moved', 'expired'],
    ]);
  });
});

describe('standingOf', () => {
  const old = subscription('a', 'old', 'active');
  const ended = subscription('a', 'old', 'revoked');
  const next = subscription('a', 'new', 'active');
  const waits = subscription('a', 'new', 'pending');
  it('tells who has moved, who is on the way, and who is not', () => {
    expect(standingOf({ application: 'a', old: ended, next }, undefined)).toBe('moved');
    expect(standingOf({ application: 'a', old, next }, false)).toBe('moved');
    expect(standingOf({ application: 'a', old, next }, true)).toBe('both');
    expect(standingOf({ application: 'a', old, next }, undefined)).toBe('both');
    expect(standingOf({ application: 'a', old, next: waits }, true)).toBe('asked');
    expect(standingOf({ application: 'a', old }, true)).toBe('reads');
    expect(standingOf({ application: 'a', old }, false)).toBe('idle');
  });
});

describe('days', () => {
  it('counts whole days, whatever the hour', () => {
    const late = Date.parse('2026-11-27T23:30:00Z');
    expect(inDays(90, late)).toBe('2027-02-25');
    expect(daysUntil('2027-02-25', late)).toBe(90);
    expect(daysUntil('2026-11-27', late)).toBe(0);
    expect(daysUntil('2026-11-20', late)).toBe(-7);
  });
});
