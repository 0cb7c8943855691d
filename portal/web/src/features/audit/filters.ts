// What the address of the audit says: whose doings, about what, when, and which record is open.
import type { AuditQuestion } from '~/api/audit';

export interface AuditFilters {
  kind?: string;
  name?: string;
  type?: string;
  actor?: string;
  /** Days, as they are where one sits: `2026-11-27`. Both are included. */
  since?: string;
  until?: string;
  /** The number of the record that is open. */
  record?: number;
}

const TEXTS = ['kind', 'name', 'type', 'actor'] as const;
const DAY = /^\d{4}-\d{2}-\d{2}$/;

export function readAuditFilters(search: Record<string, unknown>): AuditFilters {
  const filters: AuditFilters = {};
  for (const key of TEXTS) {
    const value = search[key];
    if ((typeof value === 'string' && value !== '') || typeof value === 'number') filters[key] = String(value);
  }
  for (const key of ['since', 'until'] as const) {
    const value = search[key];
    if (typeof value === 'string' && DAY.test(value)) filters[key] = value;
  }
  if (typeof search.record === 'number') filters.record = search.record;
  return filters;
}

function moment(day: string, daysLater = 0): string {
  const [year = 0, month = 1, date = 1] = day.split('-').map(Number);
  return new Date(year, month - 1, date + daysLater).toISOString();
}

export function questionOf({ kind, name, type, actor, since, until }: AuditFilters): AuditQuestion {
  return {
    kind,
    // A name is one of a kind.
    name: kind ? name : undefined,
    type,
    actor,
    since: since && moment(since),
    until: until && moment(until, 1),
  };
}

export function isFiltered(filters: AuditFilters): boolean {
  return Object.values(questionOf(filters)).some(Boolean);
}

/** `io.sluicegate.subscription.approved.v1` as people say it: `Subscription approved`. */
export function said(type: string): string {
  const words = type
    .replace(/^io\.sluicegate\./, '')
    .replace(/\.v\d+$/, '')
    .replace(/([a-z])([A-Z])/g, '$1 $2')
    .replaceAll('.', ' ')
    .toLowerCase();
  return words.charAt(0).toUpperCase() + words.slice(1);
}

const MOMENT = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeStyle: 'medium' });

export function when(time: string): string {
  return MOMENT.format(new Date(time));
}
